import type { Reader } from './reader.ts';
import type { Tokens } from './split.ts';
import { isCommand, isOp, splitTop } from './split.ts';
import type { Value } from './value.ts';

/** `x \in S` is S when the left side only names. */
export function readMembership(tokens: Tokens, reader: Reader): Value | undefined {
  const { parts, separators } = splitTop(tokens, (token) => isCommand(token, 'in'));
  const [left, right] = parts;
  if (separators.length !== 1 || left === undefined || right === undefined || right.length === 0)
    return undefined;
  const named = left.every((token) => token.kind !== 'num' && token.kind !== 'begin');
  return named ? reader.read(right) : undefined;
}

/** Unions, intersections and differences; the reals stand for themselves. */
export function readSets(tokens: Tokens, reader: Reader): Value | undefined {
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
