import type { PythonValue } from '#data';
import { frozen, isHashable, isNumber, isTuple, jsonOf, keyOf, literalOf } from './python.ts';
import { PythonRaised } from './python.ts';
import { parseJson } from './parse-json.ts';

/** Elements of a set by their key. */
export type Elements = ReadonlyMap<string, PythonValue>;

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']' };

/**
 * The elements that a text stands for: those of a Python literal (a number is one element, a quoted
 * text its characters), else the parts between commas. Texts that open a bracket and do not close it
 * have none. None is the empty text.
 */
function elementsOf(value: PythonValue): readonly PythonValue[] | undefined {
  if (typeof value !== 'string') return [];
  const text = value.replace(/^ +| +$/g, '');
  if (text === '') return [];
  const close = PAIRS[text.charAt(0)];
  if (close !== undefined && !text.endsWith(close)) return [];
  const data = literalOf(text);
  if (data === undefined) {
    const inner = close === undefined ? text : text.slice(1, -1);
    return inner.split(',').map((part) => part.trim());
  }
  if (data === null) return [];
  if (isNumber(data)) return [data];
  if (typeof data === 'string') return Array.from(data);
  if (data instanceof Uint8Array) return Array.from(data, BigInt);
  if (data instanceof Map) return [...data.keys()];
  if (data instanceof Set) return [...data];
  return Array.isArray(data) ? (data as readonly PythonValue[]) : undefined;
}

/** Whether a text is the word None, which the original takes for the empty text: no set, no list. */
export const isNone = (value: PythonValue): boolean =>
  typeof value === 'string' && literalOf(value.replace(/^ +| +$/g, '')) === null;

/** `str_to_list` of the original. */
export function listOf(value: PythonValue): readonly PythonValue[] {
  return elementsOf(value) ?? [];
}

/** `str_to_set`: a list that holds lists is no set, hence empty. */
export function setOfText(value: PythonValue): Elements {
  const elements = elementsOf(value);
  return elements === undefined || !elements.every(isHashable) ? new Map() : keyed(elements);
}

/** `cast_to_set`: data as it is, inner lists as tuples; texts as above. */
export function setOf(value: PythonValue): Elements {
  const data = frozen(value);
  if (data instanceof Set) return keyed([...data]);
  return isTuple(data) ? keyed(data) : setOfText(data);
}

export const keyed = (values: readonly PythonValue[]): Elements =>
  new Map(values.map((value) => [keyOf(value), value]));

/** `cast_to_dict`: the last object in a text, or the text; values of a dict likewise. */
export function dictOf(value: PythonValue): PythonValue {
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, dictOf(each)]));
  if (typeof value !== 'string') return value;
  const found = parseJson(value);
  const empty =
    found instanceof Map ? found.size === 0 : Array.isArray(found) ? found.length === 0 : !found;
  return empty ? value : found;
}

export type Box = readonly number[];

/** `str_to_bboxes`: four numbers each; what is none is left out. */
export function boxesOf(value: PythonValue): readonly Box[] {
  if (typeof value !== 'string') return [];
  const data = literalOf(value) ?? jsonOf(value);
  if (!Array.isArray(data)) {
    if (data === undefined || data instanceof Map || data instanceof Set) return [];
    if (typeof data === 'string') return [];
    throw new PythonRaised('no boxes');
  }
  const list = data as readonly PythonValue[];
  const boxes = list.length === 4 && isNumber(list[0]) ? [list] : list;
  return boxes.flatMap((box) => numbers(box, 4));
}

/** `str_to_coords` in two dimensions. */
export function pointsOf(value: PythonValue): readonly Box[] {
  if (typeof value !== 'string') return [];
  const data = literalOf(value) ?? jsonOf(value);
  if (!Array.isArray(data)) throw new PythonRaised('no points');
  return (data as readonly PythonValue[]).flatMap((point) => numbers(point, 2));
}

/** The value as one row of so many numbers, or no row. */
export function numbers(value: PythonValue | undefined, length: number): readonly Box[] {
  if (!Array.isArray(value) || value.length !== length || !value.every(isNumber)) return [];
  return [value.map(Number)];
}
