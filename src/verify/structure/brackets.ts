import { readItems } from './lists.ts';
import type { Reader } from './reader.ts';
import type { Tokens } from './split.ts';
import { closingIndex, isCommand, isOp, splitTop } from './split.ts';
import type { Value } from './value.ts';

/** `( , )`, `[ , ]`, `[ , )`, `\{ , \}`: a tuple, an interval or a set. */
export function readBrackets(tokens: Tokens, reader: Reader): Value | undefined {
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
