import type { Meter } from '../budget.ts';
import { integerRoot } from './exact.ts';
import type { FunctionName, Node } from './node.ts';
import { bitsOf } from './rational.ts';

/** Fraction bits of a fixed-point number: 64 significant decimal digits and a reserve for cancellation. */
const P = 320n;
const unit = 1n << P;
/** Two values closer than this count as one: 2^-232 is about 10^-70. */
const tolerance = 1n << (P - 232n);
/** Largest magnitude that is still computed, in bits before the point. */
const widest = 4_096;

interface Fixed {
  readonly re: bigint;
  readonly im: bigint;
}

const mulFixed = (a: bigint, b: bigint): bigint => (a * b) >> P;
const divFixed = (a: bigint, b: bigint): bigint => (a << P) / b;

/**
 * Whether two constants agree to 64 significant digits. Undefined when one of them cannot be
 * computed here, which counts as "not equal".
 */
export function agreeTo64Digits(a: Node, b: Node, meter: Meter): boolean | undefined {
  const x = evaluate(a, meter);
  const y = x && evaluate(b, meter);
  if (x === undefined || y === undefined) return undefined;
  return close(x.re, y.re) && close(x.im, y.im);
}

function close(a: bigint, b: bigint): boolean {
  const difference = a > b ? a - b : b - a;
  const magnitude = a < 0n ? -a : a;
  const bits = bitsOf(magnitude) - Number(P);
  const allowed =
    bits > 0
      ? tolerance << BigInt(bits)
      : bits < -40 && magnitude > tolerance
        ? tolerance >> BigInt(Math.min(80, -bits))
        : tolerance;
  return difference <= allowed;
}

function evaluate(node: Node, meter: Meter): Fixed | undefined {
  const value = compute(node, meter);
  if (value === undefined) return undefined;
  const bits = Math.max(bitsOf(value.re), bitsOf(value.im)) - Number(P);
  return bits > widest ? undefined : value;
}

function compute(node: Node, meter: Meter): Fixed | undefined {
  meter.spend(2);
  switch (node.t) {
    case 'num':
      return { re: (node.v.n << P) / node.v.d, im: 0n };
    case 'const':
      if (node.name === 'i') return { re: 0n, im: unit };
      return node.name === 'inf'
        ? undefined
        : { re: node.name === 'pi' ? pi() : expFixed(unit), im: 0n };
    case 'neg': {
      const a = evaluate(node.a, meter);
      return a && { re: -a.re, im: -a.im };
    }
    case 'add':
    case 'mul': {
      let total: Fixed = { re: node.t === 'add' ? 0n : unit, im: 0n };
      for (const arg of node.args) {
        const value = evaluate(arg, meter);
        if (value === undefined) return undefined;
        total =
          node.t === 'add'
            ? { re: total.re + value.re, im: total.im + value.im }
            : times(total, value);
      }
      return total;
    }
    case 'div': {
      const a = evaluate(node.a, meter);
      const b = a && evaluate(node.b, meter);
      return a && b && over(a, b);
    }
    case 'pow':
      return power(node.a, node.b, meter);
    case 'root': {
      const a = evaluate(node.a, meter);
      return a && node.n.t === 'num' && node.n.v.d === 1n ? root(a, node.n.v.n) : undefined;
    }
    case 'call':
      return call(node, meter);
    case 'sym':
    case 'apply':
    case 'series':
      return undefined;
  }
}

function times(a: Fixed, b: Fixed): Fixed {
  if (a.im === 0n && b.im === 0n) return { re: mulFixed(a.re, b.re), im: 0n };
  return {
    re: mulFixed(a.re, b.re) - mulFixed(a.im, b.im),
    im: mulFixed(a.re, b.im) + mulFixed(a.im, b.re),
  };
}

function over(a: Fixed, b: Fixed): Fixed | undefined {
  if (a.im === 0n && b.im === 0n)
    return b.re === 0n ? undefined : { re: divFixed(a.re, b.re), im: 0n };
  const d = mulFixed(b.re, b.re) + mulFixed(b.im, b.im);
  if (d === 0n) return undefined;
  const top = times(a, { re: b.re, im: -b.im });
  return { re: divFixed(top.re, d), im: divFixed(top.im, d) };
}

function power(base: Node, exponent: Node, meter: Meter): Fixed | undefined {
  const a = evaluate(base, meter);
  const b = a && evaluate(exponent, meter);
  if (a === undefined || b === undefined) return undefined;
  if (b.im === 0n && b.re % unit === 0n) return integerPower(a, b.re / unit, meter);
  if (a.im !== 0n) return undefined;
  if (b.im === 0n && b.re * 2n === unit) return root(a, 2n);
  if (a.re <= 0n) return undefined;
  const inner = times({ re: lnFixed(a.re), im: 0n }, b);
  return exponential(inner);
}

function integerPower(a: Fixed, exponent: bigint, meter: Meter): Fixed | undefined {
  const magnitude = exponent < 0n ? -exponent : exponent;
  const bits = Math.max(bitsOf(a.re), bitsOf(a.im)) - Number(P);
  if (magnitude > 100_000n || Math.max(1, bits) * Number(magnitude) > widest * 4) return undefined;
  let total: Fixed = { re: unit, im: 0n };
  let square = a;
  for (let rest = magnitude; rest > 0n; rest >>= 1n) {
    meter.spend(4);
    if (rest & 1n) total = times(total, square);
    square = times(square, square);
  }
  return exponent < 0n ? over({ re: unit, im: 0n }, total) : total;
}

function root(a: Fixed, n: bigint): Fixed | undefined {
  if (n < 1n || n > 64n) return undefined;
  if (a.im !== 0n) return n === 2n ? complexRoot(a) : undefined;
  if (a.re >= 0n) return { re: integerRoot(a.re << (P * (n - 1n)), n), im: 0n };
  const positive = integerRoot(-a.re << (P * (n - 1n)), n);
  if (n === 2n) return { re: 0n, im: positive };
  return n % 2n === 1n ? { re: -positive, im: 0n } : undefined;
}

/** √(x+iy) from its modulus: real part √((|z|+x)/2), imaginary part with the sign of y. */
function complexRoot(a: Fixed): Fixed {
  const modulus = integerRoot(a.re * a.re + a.im * a.im, 2n);
  const re = integerRoot(((modulus + a.re) / 2n) << P, 2n);
  const im = integerRoot(((modulus - a.re) / 2n) << P, 2n);
  return { re, im: a.im < 0n ? -im : im };
}

function exponential(a: Fixed): Fixed | undefined {
  if (a.re > 2_000n << P || a.re < -(2_000n << P)) return undefined;
  const scale = expFixed(a.re);
  if (a.im === 0n) return { re: scale, im: 0n };
  return { re: mulFixed(scale, cosFixed(a.im)), im: mulFixed(scale, sinFixed(a.im)) };
}

function call(node: Node & { t: 'call' }, meter: Meter): Fixed | undefined {
  meter.spend(8);
  const args: Fixed[] = [];
  for (const arg of node.args) {
    const value = evaluate(arg, meter);
    if (value === undefined) return undefined;
    args.push(value);
  }
  const [z, base] = args;
  if (z === undefined) return undefined;
  if (node.fn === 'exp') return exponential(z);
  if (z.im !== 0n || (base !== undefined && base.im !== 0n)) {
    if (node.fn !== 'abs') return undefined;
    return { re: integerRoot(z.re * z.re + z.im * z.im, 2n), im: 0n };
  }
  const re = realCall(node.fn, z.re, base?.re);
  return re === undefined ? undefined : { re, im: 0n };
}

type FixedFunction = (x: bigint, base: bigint | undefined) => bigint | undefined;

function realCall(fn: FunctionName, x: bigint, base: bigint | undefined): bigint | undefined {
  return fixedFunctions.get(fn)?.(x, base);
}

const fixedFunctions: ReadonlyMap<FunctionName, FixedFunction> = new Map<
  FunctionName,
  FixedFunction
>([
  ['abs', (x) => (x < 0n ? -x : x)],
  ['ln', (x) => (x > 0n ? lnFixed(x) : undefined)],
  ['log', logarithm],
  ['sin', sinFixed],
  ['cos', cosFixed],
  ['tan', (x) => quotient(sinFixed(x), cosFixed(x))],
  ['cot', (x) => quotient(cosFixed(x), sinFixed(x))],
  ['sec', (x) => quotient(unit, cosFixed(x))],
  ['csc', (x) => quotient(unit, sinFixed(x))],
  ['atan', atanFixed],
  ['asin', (x) => arc('asin', x)],
  ['acos', (x) => arc('acos', x)],
  ['sinh', (x) => hyperbolic('sinh', x)],
  ['cosh', (x) => hyperbolic('cosh', x)],
  ['tanh', (x) => hyperbolic('tanh', x)],
]);

function logarithm(x: bigint, base: bigint | undefined): bigint | undefined {
  if (x <= 0n) return undefined;
  if (base === undefined) return lnFixed(x);
  return base <= 0n || base === unit ? undefined : divFixed(lnFixed(x), lnFixed(base));
}

function quotient(a: bigint, b: bigint): bigint | undefined {
  return (b < 0n ? -b : b) < tolerance ? undefined : divFixed(a, b);
}

function arc(fn: 'asin' | 'acos', x: bigint): bigint | undefined {
  if (x > unit || x < -unit) return undefined;
  const cosine = integerRoot((unit - mulFixed(x, x)) << P, 2n);
  const half = pi() / 2n;
  const asin = cosine === 0n ? (x < 0n ? -half : half) : atanFixed(divFixed(x, cosine));
  return fn === 'asin' ? asin : half - asin;
}

function hyperbolic(fn: 'sinh' | 'cosh' | 'tanh', x: bigint): bigint | undefined {
  if (x > 1_000n << P || x < -(1_000n << P)) return undefined;
  const plus = expFixed(x);
  const minus = expFixed(-x);
  if (fn === 'sinh') return (plus - minus) / 2n;
  if (fn === 'cosh') return (plus + minus) / 2n;
  return divFixed(plus - minus, plus + minus);
}

let storedPi: bigint | undefined;

/** π by Machin's formula 16·atan(1/5) − 4·atan(1/239). */
function pi(): bigint {
  storedPi ??= 16n * atanInverse(5n) - 4n * atanInverse(239n);
  return storedPi;
}

function atanInverse(k: bigint): bigint {
  let power = unit / k;
  let total = power;
  for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
    power /= k * k;
    total += (sign * power) / n;
  }
  return total;
}

let storedLn2: bigint | undefined;
/** ln 2 = 2·artanh(1/3). */
function ln2(): bigint {
  storedLn2 ??= 2n * artanhSeries(unit / 3n);
  return storedLn2;
}

function artanhSeries(z: bigint): bigint {
  const square = mulFixed(z, z);
  let power = z;
  let total = z;
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = mulFixed(power, square);
    total += power / n;
  }
  return total;
}

/** e^x: x is reduced by multiples of ln 2, then halved eight times before the series. */
function expFixed(x: bigint): bigint {
  const k = x / ln2();
  const reduced = (x - k * ln2()) >> 8n;
  let term = unit;
  let total = unit;
  for (let n = 1n; term !== 0n && term !== -1n; n += 1n) {
    term = mulFixed(term, reduced) / n;
    total += term;
  }
  for (let n = 0; n < 8; n += 1) total = mulFixed(total, total);
  return k >= 0n ? total << k : total >> -k;
}

/** ln x for x > 0: x = m·2^k with m near 1, then 2·artanh((m−1)/(m+1)). */
function lnFixed(x: bigint): bigint {
  let k = BigInt(bitsOf(x)) - P;
  let m = k >= 0n ? x >> k : x << -k;
  for (; m * 4n < unit * 3n; k -= 1n) m = k > 0n ? x >> (k - 1n) : x << (1n - k);
  return 2n * artanhSeries(divFixed(m - unit, m + unit)) + k * ln2();
}

function sinFixed(x: bigint): bigint {
  const turn = 2n * pi();
  let angle = x % turn;
  if (angle > pi()) angle -= turn;
  if (angle < -pi()) angle += turn;
  const square = mulFixed(angle, angle);
  let term = angle;
  let total = angle;
  for (let n = 2n; term !== 0n && term !== -1n; n += 2n) {
    term = -mulFixed(term, square) / (n * (n + 1n));
    total += term;
  }
  return total;
}

function cosFixed(x: bigint): bigint {
  return sinFixed(x + pi() / 2n);
}

/** atan by three halvings of the angle, x ↦ x / (1 + √(1+x²)), then the series. */
function atanFixed(x: bigint): bigint {
  let y = x;
  for (let n = 0; n < 3; n += 1)
    y = divFixed(y, unit + integerRoot((unit + mulFixed(y, y)) << P, 2n));
  const square = mulFixed(y, y);
  let power = y;
  let total = y;
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = -mulFixed(power, square);
    total += power / n;
  }
  return total * 8n;
}
