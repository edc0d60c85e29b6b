import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import { tokenize } from '../leaf/lexer.ts';
import { readBased, readRatio, readTime } from './notation.ts';
import { readDeterminant, readMatrix } from './matrix.ts';
import { readRelation } from './relation.ts';
import { readScalar } from './scalar.ts';
import type { Tokens } from './split.ts';
import { bracketStep, closingIndex, isCommand, isOp, splitTop, unbrace } from './split.ts';
import { functionNames, plainNames } from '../leaf/names.ts';
import type { CommaReading, Reader } from './reader.ts';
import type { Sequence, Value } from './value.ts';

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

/**
 * `1,234` groups; `1,22` and `0,123` may point or separate; `120,240` may group or separate.
 * Only commas without blanks, outside brackets.
 */
function commaReadings(tokens: Tokens): readonly CommaReading[] {
  let glued = 0;
  let groups = 0;
  let full = true;
  let pointed = false;
  let depth = 0;
  let commas = 0;
  for (const [at, token] of tokens.entries()) {
    depth += bracketStep(token);
    if (!isOp(token, ',')) continue;
    commas += 1;
    const [left, right] = [tokens[at - 1], tokens[at + 1]];
    if (depth > 0 || left?.kind !== 'num' || right?.kind !== 'num' || token.spaced || right.spaced)
      continue;
    glued += 1;
    const first = !isOp(tokens[at - 2], ',') || tokens[at - 1]?.spaced === true;
    const grouped =
      /^\d{3}(?:\.\d+)?$/.test(right.s) &&
      /^\d{1,3}$/.test(left.s) &&
      (!first || left.s[0] !== '0');
    if (grouped) groups += 1;
    else pointed = /^\d+$/.test(right.s) && /^\d+$/.test(left.s);
    if (first && left.s.length !== 3) full = false;
  }
  if (glued === 0) return ['split'];
  if (groups === glued) return full ? ['group', 'split'] : ['group'];
  if (glued === 1 && commas === 1 && pointed) return ['split', 'decimal'];
  return ['split'];
}

/** Merges digit groups into one number token. */
function joinNumbers(tokens: Tokens, commas: 'group' | 'decimal'): Tokens {
  const out: Tokens[number][] = [];
  let depth = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    depth += bracketStep(token);
    const last = out.at(-1);
    const right = tokens[at + 1];
    if (
      depth === 0 &&
      isOp(token, ',') &&
      last?.kind === 'num' &&
      right?.kind === 'num' &&
      !right.spaced
    ) {
      const s = commas === 'decimal' ? `${last.s}.${right.s}` : last.s + right.s;
      out[out.length - 1] = { ...last, s, end: right.end };
      at += 1;
    } else out.push(token);
  }
  return out;
}

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

/** A `cases` environment lists its rows. */
function readCases(tokens: Tokens, reader: Reader): Value | undefined {
  const from = isCommand(tokens[0], '{') ? 1 : 0;
  const first = tokens[from];
  if (first?.kind !== 'begin' || (first.s !== 'cases' && !(from === 1 && first.s === 'array')))
    return undefined;
  const close = closingIndex(tokens, from);
  if (close !== tokens.length - 1) return undefined;
  const rows = splitTop(tokens.slice(from + 1, close), (token) => isCommand(token, '\\')).parts;
  const items = rows
    .map((row) => row.filter((token) => !isOp(token, '&')))
    .filter((row) => row.length > 0)
    .map(reader.read);
  return { kind: 'sequence', open: '', close: '', items };
}

function readSemicolons(tokens: Tokens, reader: Reader): Value | undefined {
  const { parts, separators } = splitTop(tokens, (token) => isOp(token, ';'));
  return separators.length === 0 ? undefined : list(parts, reader);
}

function readCommas(tokens: Tokens, reader: Reader): Value | undefined {
  const { parts, separators } = splitTop(tokens, (token) => isOp(token, ','));
  return separators.length === 0 ? undefined : list(parts, reader);
}

function list(parts: readonly Tokens[], reader: Reader): Value {
  const items = readItems(parts, reader);
  const only = items.length === 1 ? items[0] : undefined;
  return only ?? { kind: 'sequence', open: '', close: '', items };
}

function readItems(parts: readonly Tokens[], reader: Reader): readonly Value[] {
  if (parts.length > reader.meter.budget.elements) throw new OverBudget('too-many-nodes');
  const items = parts.filter((part) => part.length > 0).map(reader.read);
  const conditions = items.filter((item) => item.kind === 'text' && numberSet.test(item.text));
  const rest =
    conditions.length === items.length ? items : items.filter((item) => !conditions.includes(item));
  return rest.flatMap(bothSigns);
}

/** `\pm 1` and `x=\pm 1` among others are two elements. */
function bothSigns(item: Value): readonly Value[] {
  if (isPlusMinus(item)) return item.items;
  if (item.kind !== 'assignment' || !isPlusMinus(item.value)) return [item];
  return item.value.items.map((value) => ({ ...item, value }));
}

/** What remains of a side condition such as `k \in \mathbb{Z}`. */
const numberSet = /^\\[ZNQ]\s*(?:\^?[+*]|_\+)?$/;

/** `x \in S` is S when the left side only names. */
function readMembership(tokens: Tokens, reader: Reader): Value | undefined {
  const { parts, separators } = splitTop(tokens, (token) => isCommand(token, 'in'));
  const [left, right] = parts;
  if (separators.length !== 1 || left === undefined || right === undefined || right.length === 0)
    return undefined;
  const named = left.every((token) => token.kind !== 'num' && token.kind !== 'begin');
  return named ? reader.read(right) : undefined;
}

/** Unions, intersections and differences; the reals stand for themselves. */
function readSets(tokens: Tokens, reader: Reader): Value | undefined {
  if (tokens.length === 1 && isCommand(tokens[0], 'R')) return { kind: 'reals' };
  if (tokens.length === 1 && isCommand(tokens[0], 'emptyset'))
    return { kind: 'sequence', open: '{', close: '}', items: [] };
  const { parts, separators } = splitTop(
    tokens,
    (token) =>
      (token.kind === 'cmd' && setSigns.has(token.s)) ||
      (token.kind === 'letter' && token.s === 'U' && token.spaced),
  );
  if (separators.length === 0 || parts.some((part) => part.length === 0)) return undefined;
  // `A \cup B = [1,2]` and `|A \cup B| = 5` name something.
  if (parts.some((part) => splitTop(part, (token) => isOp(token, '=')).separators.length > 0))
    return undefined;
  const signs = separators.map((token) =>
    token.s === 'cap'
      ? ('cap' as const)
      : token.s === 'setminus'
        ? ('setminus' as const)
        : ('cup' as const),
  );
  const values = parts.map(reader.read);
  const sets = values.every(
    (value) => value.kind === 'sequence' || value.kind === 'reals' || value.kind === 'union',
  );
  if (separators.some((token) => token.s === 'U') && !sets) return undefined;
  return { kind: 'union', signs, parts: values };
}

const setSigns: ReadonlySet<string> = new Set(['cup', 'cap', 'setminus']);

/** `a ± b` is the two values; several signs in one value give all combinations of equal signs. */
function readPlusMinus(tokens: Tokens, reader: Reader): Value | undefined {
  const at = tokens.findIndex((token) => isCommand(token, 'pm') || isCommand(token, 'mp'));
  // The signs inside a set belong to its elements.
  const set = isCommand(tokens[0], '{') && closingIndex(tokens, 0) === tokens.length - 1;
  if (at < 0 || set) return undefined;
  const sign = (upper: boolean): Tokens =>
    tokens.map((token) => {
      if (!isCommand(token, 'pm') && !isCommand(token, 'mp')) return token;
      const plus = isCommand(token, 'pm') === upper;
      return { ...token, kind: 'op' as const, s: plus ? '+' : '-' };
    });
  const items = [reader.read(sign(true)), reader.read(sign(false))];
  if (items.some((item) => item.kind === 'text')) return undefined;
  return { kind: 'sequence', open: '', close: '', items };
}

function isPlusMinus(value: Value): value is Sequence {
  return value.kind === 'sequence' && value.open === '' && value.items.length === 2;
}

/** `( , )`, `[ , ]`, `[ , )`, `\{ , \}`: a tuple, an interval or a set. */
function readBrackets(tokens: Tokens, reader: Reader): Value | undefined {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (first === undefined || last === undefined || tokens.length < 2) return undefined;
  const set = isCommand(first, '{') && isCommand(last, '}');
  const open = set
    ? '{'
    : first.kind === 'op' && (first.s === '(' || first.s === '[')
      ? first.s
      : undefined;
  const close = set
    ? '}'
    : last.kind === 'op' && (last.s === ')' || last.s === ']')
      ? last.s
      : undefined;
  if (open === undefined || close === undefined) return undefined;
  if (closingIndex(tokens, 0) !== tokens.length - 1) return undefined;
  const inside = tokens.slice(1, -1);
  if (set) {
    const builder = readBuilder(inside, reader);
    if (builder !== undefined) return builder;
  }
  const { parts } = splitTop(inside, (token) => isOp(token, ',') || isOp(token, ';'));
  if (set && inside.length === 0) return { kind: 'sequence', open, close, items: [] };
  const items = readItems(parts, reader);
  if (items.length === 1 && !set) return readWrapped(items[0], inside, reader);
  return items.length === 0 ? undefined : { kind: 'sequence', open, close, items };
}

/** `(x<3)`, `(\frac13)`: round brackets around one value say nothing. */
function readWrapped(item: Value | undefined, inside: Tokens, reader: Reader): Value | undefined {
  if (item === undefined || item.kind === 'text' || inside.length === 0) return undefined;
  return item.kind === 'scalar' && item.unit === undefined && !item.percent
    ? undefined
    : reader.read(inside);
}

/** `\{x : x>1\}` and `\{x \mid x>1\}` are the set of their condition. */
function readBuilder(inside: Tokens, reader: Reader): Value | undefined {
  const { parts, separators } = splitTop(
    inside,
    (token) => isOp(token, ':') || isOp(token, '|') || isCommand(token, 'mid'),
  );
  const [left, right] = parts;
  if (separators.length !== 1 || left === undefined || right === undefined) return undefined;
  if (left.some((token) => token.kind === 'num') || left.length > 7) return undefined;
  const condition = reader.read(right);
  if (condition.kind === 'assignment' && left.length > 1)
    return { kind: 'relation', parts: [condition.left, condition.value], signs: ['='] };
  if (condition.kind !== 'relation') return condition.kind === 'union' ? condition : undefined;
  return left.length === 1 ? { kind: 'union', signs: [], parts: [condition] } : condition;
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
