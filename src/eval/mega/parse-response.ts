import type { PythonValue } from '#data';
import { literal } from '../columns.ts';

/** The answer's fields as text or data; undefined when the response holds no answer. */
export function parseResponse(
  parser: string,
  response: string,
  fields: readonly string[],
): ReadonlyMap<string, unknown> | undefined {
  if (parser === 'dummy') return new Map(fields.map((name) => [name, response]));
  const [only] = fields;
  if (parser === 'json' || fields.length > 1) return parseFields(response, fields);
  const answer = answerString(response, parser === 'answer_string');
  if (answer === undefined || only === undefined) return undefined;
  return new Map([[only, answer]]);
}

/**
 * What follows the last `Answer:` (or `**Answer: …**`): the content of a code block, else of a one-line
 * answer the first paragraph, redundant quotes removed; verbatim parsers keep the white space.
 */
export function answerString(response: string, trim: boolean): string | undefined {
  const at = response.lastIndexOf('Answer:');
  if (at < 0) return undefined;
  const bold = /\*\*\s*$/.test(response.slice(0, at));
  let text = response.slice(at + 'Answer:'.length);
  text = bold ? text.replace(/\*\*/, '') : text.replace(/^\s*\*\*/, '');
  const block = codeBlock(text);
  if (block !== undefined) return trim ? block.trim() : block;
  if (!trim) return text.replace(/^ ?\n?/, '').trimEnd();
  const own = text.trim();
  const paragraph = /^[{[]/.test(own) ? own : (own.split(/\n\s*\n/)[0] ?? '');
  return unquoted(paragraph.trim());
}

function codeBlock(text: string): string | undefined {
  const open = text.indexOf('```');
  if (open < 0) return undefined;
  const line = text.indexOf('\n', open);
  const close = text.indexOf('```', open + 3);
  if (close < 0) return undefined;
  const label = line >= 0 && line < close ? text.slice(open + 3, line).trim() : '';
  const from = line >= 0 && line < close && /^[\w+-]*$/.test(label) ? line + 1 : open + 3;
  return text.slice(from, close).replace(/\n$/, '');
}

function unquoted(text: string): string {
  const [first, last] = [text.at(0), text.at(-1)];
  if (text.length < 2 || first !== last || (first !== '"' && first !== "'" && first !== '`'))
    return text;
  const inner = text.slice(1, -1);
  return inner.includes(first) ? text : inner;
}

/** Fields of the last balanced object that reads as JSON or as a Python dict. */
function parseFields(
  response: string,
  fields: readonly string[],
): ReadonlyMap<string, unknown> | undefined {
  const found = lastObject(response);
  if (found === undefined) return undefined;
  return new Map(fields.flatMap((name) => (found.has(name) ? [[name, found.get(name)]] : [])));
}

/** Ends and beginnings that are tried, and how much of a response is searched. */
const ENDS = 8;
const STARTS = 32;
const SEARCHED = 65_536;

/** The last `{…}` of a text that reads as an object; braces inside its texts are passed over. */
export function lastObject(response: string): ReadonlyMap<string, unknown> | undefined {
  const text = response.slice(-SEARCHED);
  let end = text.lastIndexOf('}');
  for (let tries = 0; end >= 0 && tries < ENDS; tries += 1) {
    const found = objectEndingAt(text, end);
    if (found !== undefined) return found;
    end = end === 0 ? -1 : text.lastIndexOf('}', end - 1);
  }
  return undefined;
}

/** Nearest beginning first: what is inside another object does not read together with its end. */
function objectEndingAt(text: string, end: number): ReadonlyMap<string, unknown> | undefined {
  let start = text.lastIndexOf('{', end);
  for (let tries = 0; start >= 0 && tries < STARTS; tries += 1) {
    const data = dataIn(text.slice(start, end + 1));
    if (data instanceof Map) return data as ReadonlyMap<string, unknown>;
    start = start === 0 ? -1 : text.lastIndexOf('{', start - 1);
  }
  return undefined;
}

/**
 * Data that a text holds, as JSON or as a Python literal: objects become maps. Undefined when it holds
 * none of both.
 */
export function dataIn(text: string): unknown {
  try {
    return mapped(JSON.parse(text));
  } catch {
    const value: PythonValue | undefined = literal(text.trim());
    return value;
  }
}

/** Objects as maps, so that no name in an answer is special. */
export function mapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mapped);
  if (value instanceof Map || value instanceof Set || value === null) return value;
  if (typeof value === 'object')
    return new Map(Object.entries(value).map(([key, each]) => [key, mapped(each)]));
  return value;
}
