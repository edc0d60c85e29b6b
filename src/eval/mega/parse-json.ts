import type { PythonValue } from '#data';
import { jsonOf, literalOf, reprOf, strOf } from './python.ts';

/** Characters of a response that are searched for objects. */
const SEARCHED = 65_536;
const [DOUBLE, SINGLE] = ['__DOUBLE_QUOTE__', '__SINGLE_QUOTE__'];

/**
 * The last object or list of a text that reads as JSON (also with single quotes) or as a Python literal,
 * texts that hold JSON read as well; an empty dict, or an empty list where the text begins with `[`.
 */
export function parseJson(response: string): PythonValue {
  const text = codeBlock(answerLine(response.slice(-SEARCHED)));
  let last: PythonValue | undefined;
  for (const candidate of candidatesIn(text)) last = readCandidate(candidate) ?? last;
  if (last !== undefined) return last;
  return text.startsWith('[') ? [] : new Map();
}

/** What stands behind `Answer:` at the start of a line, to its end; else the text. */
function answerLine(text: string): string {
  const found = /(?:^|\n)(?:\*\*Answer:|Answer:)\s*([^\n]+)/.exec(text)?.[1];
  return (found ?? text).trim();
}

function codeBlock(text: string): string {
  return /```json\s*\n*([\s\S]*?)\s*```/.exec(text)?.[1]?.trim() ?? text;
}

/** Stretches in braces, and in brackets up to the last one before a brace that is not of a pair. */
export function candidatesIn(text: string): readonly string[] {
  const partner = partners(text);
  const found: string[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign !== '{' && sign !== '[') continue;
    const end = sign === '{' ? partner.get(at) : lastBracket(text, at, partner);
    if (end === undefined) continue;
    found.push(text.slice(at, end + 1));
    at = end;
  }
  return found;
}

function partners(text: string): ReadonlyMap<number, number> {
  const partner = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '{') open.push(at);
    else if (sign === '}') {
      const start = open.pop();
      if (start !== undefined) partner.set(start, at);
    }
  }
  return partner;
}

function lastBracket(
  text: string,
  start: number,
  partner: ReadonlyMap<number, number>,
): number | undefined {
  if (text.indexOf(']', start) < 0) return undefined;
  let last: number | undefined;
  for (let at = start + 1; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === ']') last = at;
    else if (sign === '}') break;
    else if (sign === '{') {
      const end = partner.get(at);
      if (end === undefined) break;
      at = end;
    }
  }
  return last;
}

function readCandidate(candidate: string): PythonValue | undefined {
  let text = candidate.replaceAll('\\"', DOUBLE).replaceAll("\\'", SINGLE);
  for (const [written] of text.matchAll(/"(?:\\.|[^"\\])*"/g)) {
    const inner = jsonOf(written.slice(1, -1).replaceAll(DOUBLE, '"').replaceAll(SINGLE, "'"));
    if (inner instanceof Map || Array.isArray(inner))
      text = text.replaceAll(written, asJson(inner));
  }
  text = text.replaceAll(DOUBLE, '\\"').replaceAll(SINGLE, "\\'");
  const json =
    jsonOf(text) ?? jsonOf(text.replaceAll(/(?<![\p{L}\p{N}_])'|'(?![\p{L}\p{N}_])/gu, '"'));
  const literal =
    literalOf(text) ?? literalOf(text.replaceAll('\\"', '\\\\"').replaceAll("\\'", "\\\\'"));
  return literal ?? json;
}

/** `json.dumps` */
function asJson(value: PythonValue): string {
  if (value instanceof Map)
    return `{${[...value].map(([key, each]) => `${asJson(strOf(key))}: ${asJson(each)}`).join(', ')}}`;
  if (Array.isArray(value)) return `[${value.map(asJson).join(', ')}]`;
  if (typeof value === 'string')
    return JSON.stringify(value).replaceAll(
      /[\u007f-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  if (typeof value === 'boolean' || value === null) return String(value);
  return reprOf(value);
}
