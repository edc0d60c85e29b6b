import { exactValue } from '../leaf/exact.ts';
import type { Node } from '../leaf/node.ts';
import { canonical, literalOf, traitsOf } from '../leaf/node.ts';
import { integer } from '../leaf/rational.ts';
import { scalarsEqual } from '../leaf/scalars-equal.ts';
import type { Scalar } from '../structure/value.ts';
import type { Reason } from '../verdict.ts';
import { agrees } from '../verdict.ts';
import type { Comparison } from './comparison.ts';

export function scalars(g: Scalar, p: Scalar, how: Comparison): Reason {
  let [a, b] = [g.node, p.node];
  if ((g.percent && p.unit !== undefined) || (p.percent && g.unit !== undefined))
    return 'unit-conflict';
  if (g.unit !== undefined && p.unit !== undefined) {
    if (g.unit.dimension !== p.unit.dimension) return 'unit-conflict';
    if (g.unit.dimension.startsWith('modulo ') && congruent(g, p, how)) return 'number-exact';
    if (g.unit.n !== p.unit.n || g.unit.d !== p.unit.d) {
      how.notes.add('unit-converted');
      a = scaled(a, g.unit.n, g.unit.d);
      b = scaled(b, p.unit.n, p.unit.d);
    }
  } else if (g.unit !== undefined || p.unit !== undefined) how.notes.add('unit-dropped');
  if (how.policy.reducedFractions && !sameFraction(a, b)) return 'number-differs';
  if (!g.percent && !p.percent) return leaf(a, b, how);
  return percents({ ...g, node: a }, { ...p, node: b }, how);
}

/** Integers whose difference the modulus divides. */
function congruent(g: Scalar, p: Scalar, how: Comparison): boolean {
  const modulus = g.unit?.dimension.slice('modulo '.length) ?? '';
  if (!/^[1-9]\d{0,300}$/.test(modulus)) return false;
  const [a, b] = [exactValue(g.node, how.meter), exactValue(p.node, how.meter)];
  if (a?.d !== 1n || b?.d !== 1n) return false;
  return (a.n - b.n) % BigInt(modulus) === 0n;
}

/** value · n / d, keeping a plain decimal a decimal so that rounding still applies. */
function scaled(node: Node, n: bigint, d: bigint): Node {
  const literal = literalOf(node);
  if (literal === undefined)
    return {
      t: 'mul',
      args: [node, { t: 'div', a: number(n), b: number(d) }],
    };
  const v = { n: literal.v.n * n, d: literal.v.d * d };
  let [x, y] = [v.n < 0n ? -v.n : v.n, v.d];
  while (y !== 0n) [x, y] = [y, x % y];
  return {
    t: 'num',
    v: x === 0n ? { n: 0n, d: 1n } : { n: v.n / x, d: v.d / x },
    dec: literal.dec,
  };
}

const number = (n: bigint): Node => ({ t: 'num', v: integer(n), dec: false });

/** Both are fractions of integers: then they must be written alike. */
function sameFraction(a: Node, b: Node): boolean {
  if (!isFraction(a) && !isFraction(b)) return true;
  return !isFraction(a) || !isFraction(b) || canonical(a) === canonical(b);
}

function isFraction(node: Node): boolean {
  if (node.t === 'neg') return isFraction(node.a);
  return node.t === 'div' && literalOf(node.a) !== undefined && literalOf(node.b) !== undefined;
}

function percents(g: Scalar, p: Scalar, how: Comparison): Reason {
  if (g.percent === p.percent || how.policy.percent === 'ignore') return leaf(g.node, p.node, how);
  const asHundredth = (value: Scalar): Node =>
    value.percent ? scaled(value.node, 1n, 100n) : value.node;
  const reason = leaf(asHundredth(g), asHundredth(p), how);
  if (agrees(reason)) {
    how.notes.add('percent-as-hundredth');
    return reason;
  }
  if (how.policy.percent === 'hundredth' || !g.percent) return reason;
  const ignored = leaf(g.node, p.node, how);
  if (agrees(ignored)) how.notes.add('percent-sign-ignored');
  return ignored;
}

function leaf(a: Node, b: Node, how: Comparison): Reason {
  const reason = scalarsEqual(a, b, how.precision, how.meter);
  if (reason !== 'variables-differ' && reason !== 'expression-differs') return reason;
  const recased = sameCase(a, b);
  if (recased !== undefined) {
    const again = scalarsEqual(recased[0], recased[1], how.precision, how.meter);
    if (agrees(again)) {
      how.notes.add('case-ignored');
      return again;
    }
  }
  if (how.policy.renameVariables) return renamed(a, b, how, reason);
  return isWord(a) || isWord(b) ? sameWord(a, b, reason) : reason;
}

/** `\text{odd}` against `odd`: one name of several letters, once written as a product. */
function sameWord(a: Node, b: Node, otherwise: Reason): Reason {
  const [x, y] = [spelled(a), spelled(b)];
  return x !== undefined && x === y ? 'text-equal' : otherwise;
}

const isWord = (node: Node): boolean => node.t === 'sym' && /^[a-z]{2,}$/.test(node.name);

/** The word that a product of one-letter symbols spells, lower case: `blue` as b·l·u·e. */
export function spelled(node: Node): string | undefined {
  if (node.t === 'sym') return node.name.toLowerCase();
  if (node.t === 'const') return node.name === 'e' || node.name === 'i' ? node.name : undefined;
  if (node.t !== 'mul') return undefined;
  const letters = node.args.map(spelled);
  return letters.every((letter) => letter !== undefined) ? letters.join('') : undefined;
}

/** Lower-cases single-letter symbols when neither side uses both cases of one letter. */
function sameCase(a: Node, b: Node): readonly [Node, Node] | undefined {
  const [x, y] = [traitsOf(a).symbols, traitsOf(b).symbols];
  const lower = (names: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...names].map((name) => name.toLowerCase()));
  if (lower(x).size !== x.size || lower(y).size !== y.size) return undefined;
  if ([...x].every((name) => y.has(name))) return undefined;
  const change = (name: string): string => (name.startsWith('\\') ? name : name.toLowerCase());
  return [mapSymbols(a, change), mapSymbols(b, change)];
}

function renamed(a: Node, b: Node, how: Comparison, otherwise: Reason): Reason {
  const x = [...traitsOf(a).symbols].sort();
  const y = [...traitsOf(b).symbols].sort();
  if (x.length !== y.length) return otherwise;
  const names = new Map(y.map((name, index) => [name, x[index] ?? name]));
  return scalarsEqual(
    a,
    mapSymbols(b, (name) => names.get(name) ?? name),
    how.precision,
    how.meter,
  );
}

function mapSymbols(node: Node, change: (name: string) => string): Node {
  const on = (part: Node): Node => mapSymbols(part, change);
  switch (node.t) {
    case 'sym':
      return { t: 'sym', name: change(node.name) };
    case 'num':
    case 'const':
      return node;
    case 'add':
    case 'mul':
      return { t: node.t, args: node.args.map(on) };
    case 'neg':
      return { t: 'neg', a: on(node.a) };
    case 'div':
    case 'pow':
      return { t: node.t, a: on(node.a), b: on(node.b) };
    case 'root':
      return { t: 'root', a: on(node.a), n: on(node.n) };
    case 'call':
      return { ...node, args: node.args.map(on) };
    case 'apply':
      return { ...node, args: node.args.map(on) };
    case 'series':
      return { ...node, from: on(node.from), to: on(node.to), body: on(node.body) };
  }
}
