import { pythonText } from '../columns.ts';
import { dataIn, mapped } from './parse-response.ts';

/** A value as text, for metrics over strings. */
export function textOfValue(value: unknown): string {
  if (typeof value === 'string') return value;
  return pythonText(value);
}

/** A list or set, given as data or as text; a bare text is split at its commas. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  const data = typeof value === 'string' ? dataIn(value) : mapped(value);
  if (Array.isArray(data)) return data;
  if (data instanceof Set) return [...data];
  if (data instanceof Map) return [...data.keys()];
  if (typeof value !== 'string') return undefined;
  const inner = value.trim().replace(/^[[({]|[\])}]$/g, '');
  if (inner === '') return [];
  return inner.split(',').map((part) => part.trim().replace(/^(["'])(.*)\1$/, '$2'));
}

/** An object, given as data or as text. */
export function mapOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  const data = typeof value === 'string' ? dataIn(value) : mapped(value);
  if (!(data instanceof Map)) return undefined;
  return new Map([...data].map(([key, each]) => [pythonText(key), each]));
}

/** A value in a form in which equal values are equal texts: 1, 1.0 and "1" are one. */
export function canonical(value: unknown, fold: boolean): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each, fold)).join(',')}]`;
  if (value instanceof Set)
    return `{${[...value]
      .map((each) => canonical(each, fold))
      .sort()
      .join(',')}}`;
  if (value instanceof Map)
    return `{${[...value]
      .map(([key, each]) => `${canonical(key, fold)}:${canonical(each, fold)}`)
      .sort()
      .join(',')}}`;
  const text = textOfValue(value).trim();
  const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)
    ? String(Number(text))
    : text;
  return fold ? number.toLowerCase() : number;
}

/** Numbers of a point, box or sequence, nested lists flattened; undefined when something is none. */
export function numbersOf(value: unknown): readonly number[] | undefined {
  const data = typeof value === 'string' ? (dataIn(value) ?? dataIn(`[${value}]`)) : mapped(value);
  if (typeof data === 'number') return [data];
  if (!Array.isArray(data)) return undefined;
  const flat: number[] = [];
  for (const each of data as readonly unknown[]) {
    const own = typeof each === 'string' ? [Number(each)] : numbersOf(each);
    if (own === undefined || own.some((number) => !Number.isFinite(number))) return undefined;
    flat.push(...own);
  }
  return flat;
}
