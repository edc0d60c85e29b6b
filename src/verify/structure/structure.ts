import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import { tokenize } from '../leaf/lexer.ts';
import { readBrackets } from './brackets.ts';
import { commaReadings, joinNumbers } from './commas.ts';
import { readCases, readCommas, readPlusMinus, readSemicolons } from './lists.ts';
import { readBased, readRatio, readTime } from './notation.ts';
import { readDeterminant, readMatrix } from './matrix.ts';
import { readRelation } from './relation.ts';
import { readScalar } from './scalar.ts';
import { readMembership, readSets } from './sets.ts';
import type { Tokens } from './split.ts';
import { isCommand, isOp, unbrace } from './split.ts';
import { functionNames, plainNames } from '../leaf/names.ts';
import type { CommaReading, Reader } from './reader.ts';
import type { Value } from './value.ts';

/**
 * Layer 3: every reading of one clean text, the most likely first. There is more than one only
 * when a comma between digits may group, point or separate.
 */
export function readValues(text: string, meter: Meter): readonly Value[] {
  const time = readTime(text);
  if (time !== undefined) return [time];
  let tokens: Tokens;
  try {
    tokens = tokenize(text, meter);
  } catch (error) {
    // Long prose is no expression, but it is still text that can be equal.
    if (error instanceof OverBudget && error.reason === 'too-many-nodes') return [asText(text)];
    throw error;
  }
  const readings = commaReadings(tokens).map((commas) => readWith(tokens, text, meter, commas));
  return readings;
}

function readWith(tokens: Tokens, text: string, meter: Meter, commas: CommaReading): Value {
  const joined = commas === 'split' ? tokens : joinNumbers(tokens, commas);
  const at = (depth: number): Reader => ({
    text,
    meter,
    commas,
    depth,
    read: (part) => readTokens(part, at(depth + 1)),
  });
  return readTokens(joined, at(0));
}

const asText = (text: string): Value => ({ kind: 'text', text });

/** One reading of a token sequence; what no rule takes is text. */
function readTokens(tokens: Tokens, reader: Reader): Value {
  reader.meter.spend(1);
  if (reader.depth > reader.meter.budget.depth) throw new OverBudget('too-deep');
  const inner = withoutLead(trim(unbrace(tokens)));
  if (inner.length === 0) return asText('');
  return (
    readCases(inner, reader) ??
    readSemicolons(inner, reader) ??
    readCommas(inner, reader) ??
    readMembership(inner, reader) ??
    readSets(inner, reader) ??
    readRelation(inner, reader) ??
    readPlusMinus(inner, reader) ??
    readBrackets(inner, reader) ??
    readDeterminant(inner, reader) ??
    readMatrix(inner, reader) ??
    readBased(inner) ??
    readRatio(inner, reader.meter) ??
    readWord(inner) ??
    readScalar(inner, reader.meter) ??
    readProse(inner, reader)
  );
}

/** `\text{The answer is } 5`: words that only announce a value. */
function withoutLead(tokens: Tokens): Tokens {
  const first = tokens[0];
  const announces =
    first?.kind === 'text' &&
    tokens.length > 1 &&
    /(?:\b(?:is|are|equals)|[:=])\s*$/i.test(first.s);
  return announces ? tokens.slice(1) : tokens;
}

/** Drops separators and row ends that open or close a value. */
function trim(tokens: Tokens): Tokens {
  let from = 0;
  let to = tokens.length;
  while (from < to && isFiller(tokens[from])) from += 1;
  while (to > from && isFiller(tokens[to - 1])) to -= 1;
  return from === 0 && to === tokens.length ? tokens : tokens.slice(from, to);
}

function isFiller(token: Tokens[number] | undefined): boolean {
  return (
    isOp(token, ',') || isOp(token, ';') || isCommand(token, '\\') || isCommand(token, 'ldots')
  );
}

/** Three letters and more, or two capitals, alone: a word or a name, whose order of letters counts. */
function readWord(tokens: Tokens): Value | undefined {
  const only = tokens.length === 1 ? tokens[0] : undefined;
  if (only?.kind !== 'word' || functionNames.has(only.s) || plainNames().has(only.s))
    return undefined;
  return only.s.length > 2 || only.s === only.s.toUpperCase() ? asText(only.s) : undefined;
}

const allReals = /^(?:all|the set of all|any) real numbers?$|^\\?reals?$|^all reals$/i;

/** What is left is text; a bare scalar in brackets was taken before. */
function readProse(tokens: Tokens, reader: Reader): Value {
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first === undefined || last === undefined) return asText('');
  const text =
    tokens.length === 1 && first.kind === 'text'
      ? first.s
      : reader.text.slice(first.start, last.end);
  if (allReals.test(text.replace(/\\text\{([^{}]*)\}/g, '$1').trim())) return { kind: 'reals' };
  return asText(text);
}
