import { isDigit } from '../leaf/lexer.ts';
import { asciiDigits } from '../normalise/characters.ts';

/** A stretch of mathematics: content between `start` and `end`, delimiters between `from` and `to`. */
export interface Segment {
  readonly from: number;
  readonly start: number;
  readonly end: number;
  readonly to: number;
}

/** `$…$`, `$$…$$`, `\(…\)`, `\[…\]` in order; no newline inside the inline forms. One pass. */
export function findSegments(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  const missing = new Set<string>();
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 36 && code !== 92) continue;
    const open = openerAt(text, at);
    if (open === undefined) {
      if (code === 92) at += 1;
      continue;
    }
    const [opener, closer, inline] = open;
    const start = at + opener.length;
    const end = missing.has(closer) ? -1 : closerFrom(text, start, closer);
    if (end < 0) {
      missing.add(closer);
      at = start - 1;
      continue;
    }
    if (inline && text.slice(start, end).includes('\n')) {
      at = start - 1;
      continue;
    }
    const to = end + closer.length;
    if (end > start) segments.push({ from: at, start, end, to });
    at = to - 1;
  }
  return segments;
}

function openerAt(text: string, at: number): readonly [string, string, boolean] | undefined {
  if (text.startsWith('$$', at)) return ['$$', '$$', false];
  if (text.charAt(at) === '$') return ['$', '$', true];
  if (text.startsWith('\\[', at)) return ['\\[', '\\]', false];
  return text.startsWith('\\(', at) ? ['\\(', '\\)', true] : undefined;
}

function closerFrom(text: string, start: number, closer: string): number {
  let at = text.indexOf(closer, start);
  while (at > 0 && closer.startsWith('$') && text.charAt(at - 1) === '\\')
    at = text.indexOf(closer, at + 1);
  return at;
}

/** Between two segments that make one list. */
const joining = /^\s*,?\s*(?:and|or|,)?\s*$/;

/** The last segment and those before it that only `,`, `and`, `or` keep apart. */
export function lastSegments(text: string): readonly Segment[] {
  const segments = findSegments(text);
  const joined: Segment[] = [];
  for (let at = segments.length - 1; at >= 0; at -= 1) {
    const segment = segments[at];
    const next = joined[0];
    if (segment === undefined) break;
    if (next !== undefined) {
      const gap = text.slice(segment.to, next.from);
      if (gap.trim() === '' || gap.length > 12 || !joining.test(gap)) break;
    }
    joined.unshift(segment);
    if (joined.length > 32) break;
  }
  return joined;
}

/**
 * The last number of prose with its sign, groups, decimals and what is glued to it (`m²`, `%`,
 * `€`); not inside a word such as `XY2K`.
 */
export function lastNumber(
  given: string,
): { readonly start: number; readonly end: number } | undefined {
  const text = asciiDigits(given);
  let at = text.length - 1;
  for (; at >= 0; at -= 1) {
    if (!isDigit(text.charCodeAt(at))) continue;
    const fraction = fractionEnding(text, at + 1);
    if (fraction !== undefined) return fraction;
    const end = at + 1;
    let start = at;
    while (start > 0 && partOfNumber(text, start - 1)) start -= 1;
    start = groupedStart(text, start);
    const before = text.charAt(start - 1);
    if (/[A-Za-z_\\]/.test(before)) {
      at = start;
      continue;
    }
    if ((before === '-' || before === '−') && !/[\w)}]/.test(text.charAt(start - 2))) start -= 1;
    return { start, end: suffixEnd(text, end) };
  }
  return undefined;
}

/** `1 000 000`: the groups of three before the last one, where a blank keeps them apart. */
function groupedStart(text: string, start: number): number {
  if (!/^\d{3}(?!\d)/.test(text.slice(start, start + 4))) return start;
  const before = /(?<![\d.,])[1-9]\d{0,2}(?:[ \u00A0\u202F]\d{3})*[ \u00A0\u202F]$/.exec(
    text.slice(Math.max(0, start - 40), start),
  );
  return start - (before?.[0].length ?? 0);
}

/** `\frac{a}{b}` of plain numbers whose last digit ends before `at`. */
function fractionEnding(
  text: string,
  at: number,
): { readonly start: number; readonly end: number } | undefined {
  if (text.charAt(at) !== '}') return undefined;
  const from = text.lastIndexOf('\\frac', at);
  if (from < 0 || at - from > 60) return undefined;
  const found = /^\\frac\{-?\d+(?:\.\d+)?\}\{-?\d+(?:\.\d+)?\}$/.test(text.slice(from, at + 1));
  if (!found) return undefined;
  return { start: text.charAt(from - 1) === '-' ? from - 1 : from, end: at + 1 };
}

function partOfNumber(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (isDigit(code)) return true;
  const separator = code === 44 || code === 46 || code === 47;
  return separator && isDigit(text.charCodeAt(at - 1)) && isDigit(text.charCodeAt(at + 1));
}

function suffixEnd(text: string, end: number): number {
  const match = /^(?:\s?(?:\\?%|percent\b|pct\b)|[a-z]{1,3}[²³]?(?![a-zA-Z])|[€£°])/.exec(
    text.slice(end, end + 12),
  );
  return end + (match?.[0].length ?? 0);
}
