/** A number as Python holds it: whole numbers are exact, everything else is a double. */
export type PythonNumber = bigint | number;

/** Whether Python's `float()` takes the text. */
export function isFloat(text: string): boolean {
  return (
    text.length <= 65_536 &&
    /^\s*[+-]?(?:(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?|inf(?:inity)?|nan)\s*$/i.test(
      text,
    )
  );
}

/** `float(text)`, undefined where it raises. */
export function pythonFloat(text: string): number | undefined {
  if (!isFloat(text)) return undefined;
  const plain = text.trim().replaceAll('_', '').toLowerCase();
  if (/n$|y$|f$/.test(plain)) {
    if (plain.endsWith('nan')) return Number.NaN;
    return plain.startsWith('-') ? -Infinity : Infinity;
  }
  return Number(plain);
}

/** `round(value, places)`: the exact binary value, ties to even. Infinity and NaN stay. */
export function pythonRound(value: number, places: number): number {
  if (!Number.isFinite(value) || Number.isInteger(value)) return value;
  let [numerator, denominator] = [Math.abs(value), 1n];
  while (!Number.isInteger(numerator)) [numerator, denominator] = [numerator * 2, denominator * 2n];
  const scaled = BigInt(numerator) * 10n ** BigInt(places);
  let units = scaled / denominator;
  const twice = 2n * (scaled % denominator);
  if (twice > denominator || (twice === denominator && units % 2n === 1n)) units += 1n;
  const rounded = trueDivision(units, 10n ** BigInt(places));
  return value < 0 ? -rounded : rounded;
}

/** `a / b` of whole numbers, correctly rounded; NaN where `b` is zero. */
export function trueDivision(a: bigint, b: bigint): number {
  if (b === 0n) return Number.NaN;
  const negative = a < 0n !== b < 0n;
  const [n, d] = [a < 0n ? -a : a, b < 0n ? -b : b];
  const limit = 2n ** 53n;
  if (n <= limit && d <= limit) return (negative ? -1 : 1) * (Number(n) / Number(d));
  // 66 bits of the quotient, the last one set where anything is left: `Number` then rounds once.
  const shift = 66 - (bitLength(n) - bitLength(d));
  const [over, under] = shift >= 0 ? [n << BigInt(shift), d] : [n, d << BigInt(-shift)];
  const quotient = (over / under) | (over % under === 0n ? 0n : 1n);
  const value = scaledBy(Number(quotient), -shift);
  return negative ? -value : value;
}

const bitLength = (value: bigint): number => value.toString(2).length;

function scaledBy(value: number, power: number): number {
  const half = Math.trunc(power / 2);
  return value * 2 ** half * 2 ** (power - half);
}

/** `str(value)`: a whole double keeps its `.0`, exponents have two digits. */
export function pythonText(value: PythonNumber): string {
  if (typeof value === 'bigint') return value.toString();
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e');
    const digits = exponent.replace(/^[+-]/, '').padStart(2, '0');
    return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${digits}`;
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}
