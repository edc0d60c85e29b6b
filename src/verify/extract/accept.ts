import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import { foldText } from '../compare/text.ts';
import { normalise } from '../normalise/normalise.ts';
import { readValues } from '../structure/structure.ts';
import type { Value } from '../structure/value.ts';
import { findSegments } from './segments.ts';
import { trimEnd } from '../trim.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Expected {
  readonly choices: readonly string[] | undefined;
  /** The gold is a letter. */
  readonly letter: boolean;
  readonly meter: Meter;
}

/**
 * What a phrase yields: a letter, a number, a math segment, an option's text, nothing else. In a
 * sentence the part behind its last "is" counts.
 */
export function acceptPhrase(text: string, expected: Expected): Range | undefined {
  const start = /^[\s*_"'`:]*/.exec(text)?.[0].length ?? 0;
  const end = start + withoutClosers(text.slice(start)).length;
  if (end <= start) return undefined;
  const piece = text.slice(start, end);
  const at = (from: number, to: number): Range => ({ start: start + from, end: start + to });
  const options = expected.choices !== undefined && expected.choices.length > 0;
  if (options || expected.letter) {
    const letter = letterStart(piece);
    if (letter !== undefined) return at(0, letter);
    const named = /\b(?:option|choice)\s+\(?([A-Z])(?![A-Za-z])/.exec(piece);
    if (named !== null) return at(named.index + named[0].length - 1, named.index + named[0].length);
  }
  const segments = findSegments(piece);
  const verb = lastVerb(piece);
  const behind = segments.length > 0 && verb >= (segments.at(-1)?.to ?? 0);
  const segment = behind ? undefined : segments[0];
  if (segment !== undefined && !/\d/.test(piece.slice(0, segment.from))) {
    const to = segmentsEnd(piece, segment.from);
    return doubts(piece.slice(to)) ? undefined : at(segment.from, to);
  }
  if (!behind && isValue(piece, expected.meter)) return at(0, piece.length);
  if (options && namesOption(piece, expected.choices ?? [])) return at(0, piece.length);
  const number =
    /^[-−+]?\s?[$€£¥₹]?(?:\d{1,3}(?:[ \u00A0\u202F]\d{3})+(?!\d)|\d[\d,]*)(?:\.\d+)?(?:\/\d+)?\s?%?/.exec(
      piece,
    );
  if (number !== null)
    return offersAnother(piece.slice(number[0].length))
      ? undefined
      : at(0, number[0].replace(/[,\s]+$/, '').length);
  if (verb < 0) return undefined;
  const from =
    verb + (piece.startsWith(' are ', verb) ? 5 : piece.startsWith(' is ', verb) ? 4 : 1);
  const inner = acceptPhrase(piece.slice(from), expected);
  return inner && at(from + inner.start, from + inner.end);
}

/** The next number or mathematics behind a stated value; nothing beyond 160 characters belongs to it. */
function beforeNext(rest: string): string | undefined {
  const next = /(?<![\w^.,{])\d|\$|\\\(/.exec(rest.slice(0, 160));
  return next === null ? undefined : rest.slice(0, next.index);
}

/** `$5$, maybe $6$`: two values are offered, so none is stated. */
function doubts(rest: string): boolean {
  const between = beforeNext(rest);
  if (between === undefined || /equivalent|same/.test(between)) return false;
  return /\b(?:or|maybe|perhaps|possibly|alternatively|either)\b/.test(between);
}

/** `5 6`, `5 maybe 6`, `5, then 6`: a second number that neither explains the first nor measures it. */
function offersAnother(rest: string): boolean {
  const between = beforeNext(rest);
  if (between === undefined) return false;
  return (
    doubts(rest) || /\b(?:and|also|as well as|plus|but)\b/.test(between) || !explains.test(between)
  );
}

const explains =
  /\b(?:because|since|as|which|that is|i\.e|namely|where|when|if|rounded|nearest|not|rather than|instead|of|in|from|for|by|per|with|at|after|using)\b/;

/** Drops closing marks, and the brace that closes a `\text{` opened before the phrase. */
function withoutClosers(text: string): string {
  const bare = trimEnd(text, `*_"'\`.`);
  return bare.endsWith('}') && !bare.includes('{') ? bare.slice(0, -1) : bare;
}

/** Where the last "is" of the piece begins; −1 without one. */
function lastVerb(piece: string): number {
  return Math.max(piece.lastIndexOf(' is '), piece.lastIndexOf(' are '), piece.lastIndexOf('是'));
}

/** End of the last segment that belongs to the one at `from`, with what stands between. */
function segmentsEnd(piece: string, from: number): number {
  let to = from;
  for (const segment of findSegments(piece)) {
    if (segment.from > from && !/^\s*,?\s*(?:and|or|,)?\s*$/.test(piece.slice(to, segment.from)))
      break;
    to = segment.to;
  }
  return to;
}

/** `A, maybe B` and `A B C D`: letters in a row, none of them stated. */
const another = /^[A-J][\s,;(]+(?:(?:or|and|maybe|perhaps|possibly)\s+)?\(?[B-J]\)?(?![A-Za-z'])/;

/** Length of a letter form at the start: the rest of the line when a delimiter follows, else the letter. */
function letterStart(piece: string): number | undefined {
  const plain = piece.replace(/^(?:option|choice)\s+/i, '');
  const skipped = piece.length - plain.length;
  if (/^\(?\**[A-Z]\**\)?\s*(?:,|or|and|\/|&)\s*\(?[A-Z]\)?(?![A-Za-z])/.test(plain))
    return undefined;
  if (/^(?:\(\s*\**[A-Za-z]\**\s*\)|\[[A-Z]\])/.test(plain)) return piece.length;
  if (
    /^\\\(\s*\\text\{\(?[A-Z]\)?/.test(plain) ||
    /^\$\s*\\(?:text|textbf|mathrm)\{\(?[A-Z]\)?/.test(plain)
  )
    return piece.length;
  if (another.test(plain)) return undefined;
  if (/^[A-Z]\**\s*(?:[.):]|$)/.test(plain)) return piece.length;
  const bare = /^([A-Z])\**(?=[\s,;(])/.exec(plain);
  if (bare === null) return undefined;
  if (/^(?:A|I)\s+[a-z]/.test(plain) && !/^(?:A|I)\s+(?:because|since|as|is|which|\()/.test(plain))
    return undefined;
  return skipped + 1;
}

function isValue(piece: string, meter: Meter): boolean {
  if (piece.length > 400) return false;
  try {
    return readValues(normalise(piece), meter).some(
      (value) => value.kind !== 'text' && !isSpeech(value),
    );
  } catch (error) {
    if (error instanceof OverBudget && error.reason !== 'step-limit') return false;
    throw error;
  }
}

/** `7, as everyone saw` and `seventeen, i.e. 17` are no lists: words stand first, or several in a row. */
function isSpeech(value: Value): boolean {
  return (
    value.kind === 'sequence' &&
    value.items.some((item, index) => item.kind === 'text' && (index === 0 || /\s/.test(item.text)))
  );
}

function namesOption(piece: string, choices: readonly string[]): boolean {
  const text = foldText(normalise(piece.slice(0, 2_000)));
  return choices.some(
    (choice) => foldText(normalise(choice.slice(0, 2_000))) === text && text !== '',
  );
}
