import { OverBudget } from '../budget.ts';
import type { Reader } from './reader.ts';
import type { Tokens } from './split.ts';
import { closingIndex, isCommand, isOp, splitTop } from './split.ts';
import type { Sequence, Value } from './value.ts';

/** A `cases` environment lists its rows. */
export function readCases(tokens: Tokens, reader: Reader): Value | undefined {
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

export function readSemicolons(tokens: Tokens, reader: Reader): Value | undefined {
  const { parts, separators } = splitTop(tokens, (token) => isOp(token, ';'));
  return separators.length === 0 ? undefined : list(parts, reader);
}

export function readCommas(tokens: Tokens, reader: Reader): Value | undefined {
  const { parts, separators } = splitTop(tokens, (token) => isOp(token, ','));
  return separators.length === 0 ? undefined : list(parts, reader);
}

function list(parts: readonly Tokens[], reader: Reader): Value {
  const items = readItems(parts, reader);
  const only = items.length === 1 ? items[0] : undefined;
  return only ?? { kind: 'sequence', open: '', close: '', items };
}

export function readItems(parts: readonly Tokens[], reader: Reader): readonly Value[] {
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

/** `a ± b` is the two values; several signs in one value give all combinations of equal signs. */
export function readPlusMinus(tokens: Tokens, reader: Reader): Value | undefined {
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
