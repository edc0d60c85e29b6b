import { parsePythonLiteral } from '#data';
import type { PythonValue } from '#data';

/** What Python raises: a metric that raises gives no points. */
export class PythonRaised extends Error {
  override readonly name = 'PythonRaised';
}

/** `ast.literal_eval`, whole numbers as bigints, `1, 2` as a tuple; undefined where it raises. */
export function literalOf(text: string): PythonValue | undefined {
  const own = text.replace(/^[ \t]+/, '');
  const value = literal(own);
  // None reads as null, which is a value.
  return value === undefined && own.includes(',') && !own.includes('\n')
    ? literal(`(${own})`)
    : value;
}

function literal(text: string): PythonValue | undefined {
  try {
    return parsePythonLiteral(text, { exact: true });
  } catch {
    return undefined;
  }
}

/** `json.loads`: objects are maps, whole numbers bigints; undefined where it raises. */
export function jsonOf(text: string): PythonValue | undefined {
  try {
    return fromJson(JSON.parse(text, exactly));
  } catch {
    return undefined;
  }
}

function exactly(this: unknown, _: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** JSON as Python has it. */
export function fromJson(value: unknown): PythonValue {
  if (Array.isArray(value)) return value.map(fromJson);
  if (value instanceof Map || value instanceof Set || value instanceof Uint8Array)
    return value as PythonValue;
  if (typeof value === 'object' && value !== null)
    return new Map(Object.entries(value).map(([key, each]) => [key, fromJson(each)]));
  return value === undefined ? null : (value as PythonValue);
}

export const isTuple = (value: unknown): value is readonly PythonValue[] =>
  Array.isArray(value) && Object.isFrozen(value);

export const isNumber = (value: unknown): value is number | bigint | boolean =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';

/** `str(value)` */
export function strOf(value: PythonValue): string {
  return typeof value === 'string' ? value : reprOf(value);
}

/** `repr(value)` */
export function reprOf(value: PythonValue): string {
  if (typeof value === 'string') return reprText(value);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return reprFloat(value);
  if (value instanceof Uint8Array) return `b${reprText(Buffer.from(value).toString('latin1'))}`;
  if (value instanceof Map)
    return `{${[...value].map(([key, each]) => `${reprOf(key)}: ${reprOf(each)}`).join(', ')}}`;
  if (value instanceof Set)
    return value.size === 0 ? 'set()' : `{${[...value].map(reprOf).join(', ')}}`;
  if (isList(value)) {
    const inner = value.map(reprOf).join(', ');
    if (!Object.isFrozen(value)) return `[${inner}]`;
    return value.length === 1 ? `(${inner},)` : `(${inner})`;
  }
  return `(${value.real}+${value.imaginary}j)`;
}

const isList = (value: PythonValue): value is readonly PythonValue[] => Array.isArray(value);

function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const inner = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
      const code = character.codePointAt(0) ?? 0;
      const hex = code.toString(16);
      return (
        named[character] ??
        (code < 256
          ? `\\x${hex.padStart(2, '0')}`
          : code < 65_536
            ? `\\u${hex.padStart(4, '0')}`
            : `\\U${hex.padStart(8, '0')}`)
      );
    });
  return `${quote}${inner}${quote}`;
}

function reprFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e');
    const sign = exponent.startsWith('-') ? '-' : '+';
    return `${mantissa}e${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}

/** A text that is equal for values that Python calls equal. */
export function keyOf(value: PythonValue): string {
  if (typeof value === 'string') return `s${JSON.stringify(value)}`;
  if (value === null) return 'None';
  if (isNumber(value)) return `n${numberKey(value)}`;
  if (value instanceof Map) return `{${pairs(value).sort().join()}}`;
  if (value instanceof Set) return `<${[...value].map(keyOf).sort().join()}>`;
  if (isList(value)) {
    const inner = value.map(keyOf).join();
    return Object.isFrozen(value) ? `(${inner})` : `[${inner}]`;
  }
  return reprOf(value);
}

const numberKey = (value: number | bigint | boolean): string => {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value).toString();
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
};

const pairs = (map: ReadonlyMap<PythonValue, PythonValue>): string[] =>
  [...map].map(([key, each]) => `${keyOf(key)}:${keyOf(each)}`);

/** Lists, dicts and sets as tuples and frozen sets, so that they can be elements. */
export function frozen(value: PythonValue): PythonValue {
  if (value instanceof Map)
    return new Set([...value].map(([key, each]) => Object.freeze([key, frozen(each)])));
  return isList(value) ? Object.freeze(value.map(frozen)) : value;
}

/** Whether a value can be an element of a set. */
export function isHashable(value: PythonValue): boolean {
  if (value instanceof Map || value instanceof Set) return false;
  return !isList(value) || (Object.isFrozen(value) && value.every(isHashable));
}
