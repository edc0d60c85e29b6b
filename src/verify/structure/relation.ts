import { atFirstUse } from '../at-first-use.ts';
import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import { exactValue } from '../leaf/exact.ts';
import type { Rational } from '../leaf/rational.ts';
import { toNumber } from '../leaf/rational.ts';
import type { Reader } from './reader.ts';
import type { Token } from '../leaf/lexer.ts';
import type { Node } from '../leaf/node.ts';
import { childrenOf } from '../leaf/node.ts';
import type { Tokens } from './split.ts';
import { residueAt } from './scalar.ts';
import { splitTop } from './split.ts';
import type { RelationSign, Value } from './value.ts';

const commandSigns: ReadonlyMap<string, RelationSign | 'approx'> = new Map([
  ['le', 'le'],
  ['ge', 'ge'],
  ['ne', 'ne'],
  ['equiv', 'equiv'],
  ['approx', 'approx'],
  ['sim', 'other'],
  ['cong', 'other'],
  ['subset', 'other'],
  ['subseteq', 'other'],
  ['perp', 'other'],
  ['parallel', 'other'],
  ['to', 'other'],
  ['Rightarrow', 'other'],
]);

function signOf(token: Token): RelationSign | 'approx' | undefined {
  if (token.kind === 'op')
    return token.s === '=' || token.s === '<' || token.s === '>' ? token.s : undefined;
  return token.kind === 'cmd' ? commandSigns.get(token.s) : undefined;
}

/** Relations at depth 0: an assignment when the left side only names, else the whole chain. */
export function readRelation(tokens: Tokens, reader: Reader): Value | undefined {
  const split = splitTop(tokens, (token) => signOf(token) !== undefined);
  if (split.separators.length === 0) return undefined;
  let signs = split.separators.map((token) => signOf(token) ?? 'other');
  let parts = split.parts;
  if (parts[0]?.length === 0) {
    // `= 5` and `\approx 5`: nothing stands on the left.
    const rest = tokens.slice(1);
    return rest.length === 0 || signs[0] === '<' || signs[0] === '>'
      ? undefined
      : reader.read(rest);
  }
  if (parts.some((part) => part.length === 0)) return undefined;
  [parts, signs] = withoutApproximations(parts, signs, reader);
  if (signs.length === 0) return reader.read(parts[0] ?? []);
  const values = parts.map(reader.read);
  const [first, last] = [values[0], values.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  // `x \equiv 3 \pmod 7` gives x a residue.
  const residue = signs.length === 1 && signs[0] === 'equiv' && residueAt(parts[1] ?? []) > 0;
  const equalities =
    (residue && first.kind === 'scalar') ||
    signs.every((sign) => sign === '=' || sign === 'approx');
  if (equalities) {
    const name = nameOf(parts[0] ?? [], first, reader);
    if (name !== undefined) return { kind: 'assignment', name, left: first, value: last };
    const turned = values.length === 2 ? nameOf(parts[1] ?? [], last, reader) : undefined;
    if (turned !== undefined) return { kind: 'assignment', name: turned, left: last, value: first };
    if (isConstant(first) && isConstant(last) && holds(first, last, reader)) return last;
  }
  return {
    kind: 'relation',
    parts: values,
    signs: signs.map((sign) => (sign === 'approx' ? '=' : sign)),
  };
}

/** `\frac13 \approx 0.333`: an approximation behind an exact value is dropped; behind a name it is the value. */
function withoutApproximations(
  parts: readonly Tokens[],
  signs: readonly (RelationSign | 'approx')[],
  reader: Reader,
): [readonly Tokens[], (RelationSign | 'approx')[]] {
  const at = signs.indexOf('approx');
  const before = parts[at];
  if (at < 0 || before === undefined) return [parts, [...signs]];
  const named = at === 0 && nameOf(before, reader.read(before), reader) !== undefined;
  if (named) return [parts, [...signs]];
  return [parts.slice(0, at + 1), signs.slice(0, at)];
}

/** `f^{-1}(x)`, `f^{(3)}(x)`, `f''(1)`: exponent, primes and argument belong to the name. */
const nameLike = atFirstUse(() => new RegExp("^[\\p{L}\\s\\d'|()[\\]{}_.\\\\^∠<>=,+#-]+$", 'u'));
const letter = atFirstUse(() => new RegExp('\\p{L}', 'u'));
const applied = /^[A-Za-z](?:_\w+)?'*(?:\^(?:-1|\(\w+\)))?\([^()=<>]{1,20}\)$/;

/** The name a left side gives, blanks dropped; undefined when it is more than a name. */
function nameOf(tokens: Tokens, value: Value, reader: Reader): string | undefined {
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const text = reader.text.slice(first.start, last.end).replace(/[\s{}]|\\text/g, '');
  if (applied.test(text)) return text;
  if (value.kind === 'scalar')
    return value.unit === undefined && !value.percent && onlyNames(value.node) ? text : undefined;
  if (value.kind === 'sequence')
    return value.items.length > 0 &&
      value.items.every((item) => item.kind === 'scalar' && onlyNames(item.node))
      ? text
      : undefined;
  if (value.kind === 'ratio') return value.terms.every(onlyNames) ? text : undefined;
  if (value.kind === 'union') return /\d/.test(text) ? undefined : text;
  if (value.kind === 'text') {
    const prose = nameLike().test(value.text) && letter().test(value.text);
    return prose && text.length <= 60 ? text : undefined;
  }
  return undefined;
}

/** Symbols, applications such as `f(2)`, and sums, products and quotients of them; no other numbers. */
function onlyNames(node: Node): boolean {
  if (node.t === 'sym' || node.t === 'apply') return true;
  if (node.t === 'const') return node.name === 'e' || node.name === 'i';
  if (node.t === 'num' || node.t === 'series') return false;
  if (node.t === 'call' && node.fn !== 'abs') return hasSymbol(node);
  if (node.t === 'root') return onlyNames(node.a);
  return childrenOf(node).every(onlyNames);
}

function hasSymbol(node: Node): boolean {
  return node.t === 'sym' || childrenOf(node).some(hasSymbol);
}

/** Whether a chain of constants is no falsehood: `6=5` says nothing; `\frac13=0.33` rounds. */
function holds(first: Value, last: Value, { meter }: Reader): boolean {
  if (first.kind !== 'scalar' || last.kind !== 'scalar') return false;
  if (first.unit !== undefined || last.unit !== undefined || first.percent || last.percent)
    return true;
  const [x, y] = [exactOf(first.node, meter), exactOf(last.node, meter)];
  if (x === undefined || y === undefined) return true;
  const [a, b] = [toNumber(x), toNumber(y)];
  return a === b || Math.abs(a - b) <= 0.01 * Math.max(Math.abs(a), Math.abs(b));
}

function exactOf(node: Node, meter: Meter): Rational | undefined {
  try {
    return exactValue(node, meter);
  } catch (error) {
    if (error instanceof OverBudget && error.reason === 'number-too-large') return undefined;
    throw error;
  }
}

function isConstant(value: Value): boolean {
  return value.kind === 'scalar' && !hasSymbol(value.node);
}
