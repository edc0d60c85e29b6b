import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import { functionNames, plainNames } from './names.ts';

/**
 * One token of clean LaTeX. `kind`: digits with at most one point, one letter, a run of plain
 * letters, a command without its backslash, the content of `\text{…}`, an environment's begin or
 * end, one character.
 */
export interface Token {
  readonly kind: 'num' | 'letter' | 'word' | 'cmd' | 'text' | 'begin' | 'end' | 'op';
  readonly s: string;
  /** Whether white space stood before it. */
  readonly spaced: boolean;
  /** Where it begins and ends in the clean text. */
  readonly start: number;
  readonly end: number;
}

export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code > 0xbf && code !== 0xd7 && code !== 0xf7 && (code < 0x2000 || code > 0x2bff));
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

const openers = '([{';
const closers = ')]}';

/** Splits clean text into tokens in one pass and refuses nesting beyond the budget. */
export function tokenize(text: string, meter: Meter): readonly Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  let at = 0;
  let spaced = false;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      spaced = true;
      at += 1;
      continue;
    }
    const token = next(text, at, spaced);
    if (token.kind === 'op') {
      if (openers.includes(token.s)) depth += 1;
      else if (closers.includes(token.s)) depth = Math.max(0, depth - 1);
      if (depth > meter.budget.depth) throw new OverBudget('too-deep');
    }
    tokens.push(token);
    at = token.end;
    spaced = false;
  }
  meter.spend(1 + (tokens.length >> 2));
  if (tokens.length > meter.budget.nodes * 4) throw new OverBudget('too-many-nodes');
  return tokens;
}

function next(text: string, start: number, spaced: boolean): Token {
  const code = text.charCodeAt(start);
  if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(start + 1)))) {
    const end = numberEnd(text, start);
    return { kind: 'num', s: text.slice(start, end), spaced, start, end };
  }
  if (isLetter(code)) {
    let end = start + 1;
    while (end < text.length && isLetter(text.charCodeAt(end))) end += 1;
    // `e^xe^y`: an exponent without braces is one letter, unless it is a name such as `pi`.
    if (text.charCodeAt(start - 1) === 94 && !isName(text.slice(start, end))) end = start + 1;
    const kind = end === start + 1 ? 'letter' : 'word';
    return { kind, s: text.slice(start, end), spaced, start, end };
  }
  if (code === 92) return command(text, start, spaced);
  return { kind: 'op', s: text.charAt(start), spaced, start, end: start + 1 };
}

const isName = (word: string): boolean => functionNames.has(word) || plainNames().has(word);

/** Digits, one point, and an exponent such as `e-3` when digits follow it. */
function numberEnd(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at += 1;
  if (text.charCodeAt(at) === 46 && isDigit(text.charCodeAt(at + 1))) {
    at += 1;
    while (isDigit(text.charCodeAt(at))) at += 1;
  }
  const code = text.charCodeAt(at);
  if (
    code === 46 &&
    (text.startsWith('\\overline', at + 1) ||
      text.startsWith('\\dot{', at + 1) ||
      text.startsWith('\\bar{', at + 1))
  )
    return at + 1;
  if (code !== 101 && code !== 69) return at;
  let exponent = at + 1;
  const sign = text.charCodeAt(exponent);
  if (sign === 43 || sign === 45) exponent += 1;
  if (!isDigit(text.charCodeAt(exponent))) return at;
  while (isDigit(text.charCodeAt(exponent))) exponent += 1;
  return isLetter(text.charCodeAt(exponent)) ? at : exponent;
}

function command(text: string, start: number, spaced: boolean): Token {
  let end = start + 1;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (!((code >= 97 && code <= 122) || (code >= 65 && code <= 90))) break;
    end += 1;
  }
  if (end === start + 1) {
    end = Math.min(text.length, start + 2);
    return { kind: 'cmd', s: text.slice(start + 1, end), spaced, start, end };
  }
  const name = text.slice(start + 1, end);
  if (name === 'text' || name === 'begin' || name === 'end') {
    let open = end;
    while (isSpace(text.charCodeAt(open))) open += 1;
    const close = text.charCodeAt(open) === 123 ? closingBrace(text, open) : -1;
    if (close >= 0)
      return { kind: name, s: text.slice(open + 1, close), spaced, start, end: close + 1 };
  }
  return { kind: 'cmd', s: name, spaced, start, end };
}

/** Index of the brace that closes the one at `open`; −1 when it stays open. `\{` and `\}` are literal. */
export function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 123) depth += 1;
    else if (code === 125) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}
