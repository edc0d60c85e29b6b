import type { Rational } from './rational.ts';

export type FunctionName =
  | 'sin'
  | 'cos'
  | 'tan'
  | 'cot'
  | 'sec'
  | 'csc'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'acot'
  | 'asec'
  | 'acsc'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'coth'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'exp'
  | 'ln'
  | 'log'
  | 'abs'
  | 'floor'
  | 'ceil'
  | 'factorial'
  | 'binom'
  | 'gcd'
  | 'lcm'
  | 'max'
  | 'min'
  | 'mod'
  | 'conj'
  | 're'
  | 'im';

/** A parsed scalar. Division is a power of −1 nowhere: quotients stay quotients. */
export type Node =
  | { readonly t: 'num'; readonly v: Rational; readonly dec: boolean }
  | { readonly t: 'sym'; readonly name: string }
  | { readonly t: 'const'; readonly name: 'pi' | 'e' | 'i' | 'inf' }
  | { readonly t: 'add'; readonly args: readonly Node[] }
  | { readonly t: 'mul'; readonly args: readonly Node[] }
  | { readonly t: 'neg'; readonly a: Node }
  | { readonly t: 'div'; readonly a: Node; readonly b: Node }
  | { readonly t: 'pow'; readonly a: Node; readonly b: Node }
  | { readonly t: 'root'; readonly a: Node; readonly n: Node }
  | { readonly t: 'call'; readonly fn: FunctionName; readonly args: readonly Node[] }
  | { readonly t: 'apply'; readonly name: string; readonly args: readonly Node[] }
  | {
      readonly t: 'series';
      readonly kind: 'sum' | 'prod';
      readonly index: string;
      readonly from: Node;
      readonly to: Node;
      readonly body: Node;
    };

/** The node's direct parts, in order. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.t) {
    case 'num':
    case 'sym':
    case 'const':
      return [];
    case 'add':
    case 'mul':
    case 'call':
    case 'apply':
      return node.args;
    case 'neg':
      return [node.a];
    case 'div':
    case 'pow':
      return [node.a, node.b];
    case 'root':
      return [node.a, node.n];
    case 'series':
      return [node.from, node.to, node.body];
  }
}

/** What occurs in an expression; collected once, it steers the choice of path. */
export interface Traits {
  /** Free symbols, names as written. */
  readonly symbols: ReadonlySet<string>;
  readonly infinite: boolean;
  readonly imaginary: boolean;
  /** Factorials, binomials, roundings or sums: sampling needs integers. */
  readonly integral: boolean;
  /** Factorials, binomials or sums: they are defined at integers only. */
  readonly discrete: boolean;
  /** Only numbers, symbols, + − × ÷ and integer powers. */
  readonly rationalFunction: boolean;
}

export function traitsOf(node: Node): Traits {
  const symbols = new Set<string>();
  const found = {
    infinite: false,
    imaginary: false,
    integral: false,
    discrete: false,
    rationalFunction: true,
  };
  const visit = (part: Node, bound: ReadonlySet<string>): void => {
    if (part.t === 'sym') {
      if (!bound.has(part.name)) symbols.add(part.name);
    } else if (part.t === 'const') {
      if (part.name === 'inf') found.infinite = true;
      if (part.name === 'i') found.imaginary = true;
      found.rationalFunction = false;
    } else if (part.t === 'call') {
      found.rationalFunction = false;
      if (integralFunctions.has(part.fn)) found.integral = true;
      if (part.fn === 'factorial' || part.fn === 'binom') found.discrete = true;
    } else if (part.t === 'series') {
      found.rationalFunction = false;
      found.integral = true;
      found.discrete = true;
      visit(part.body, new Set([...bound, part.index]));
      visit(part.from, bound);
      visit(part.to, bound);
      return;
    } else if (part.t === 'root' || part.t === 'apply') {
      found.rationalFunction = false;
    } else if (part.t === 'pow' && integerOf(part.b) === undefined) {
      found.rationalFunction = false;
    }
    for (const child of childrenOf(part)) visit(child, bound);
  };
  visit(node, new Set());
  return { symbols, ...found };
}

const integralFunctions: ReadonlySet<FunctionName> = new Set<FunctionName>([
  'factorial',
  'binom',
  'floor',
  'ceil',
  'gcd',
  'lcm',
  'mod',
]);

/** The integer a node writes, sign included; undefined for everything else. */
export function integerOf(node: Node): bigint | undefined {
  if (node.t === 'neg') {
    const inner = integerOf(node.a);
    return inner === undefined ? undefined : -inner;
  }
  return node.t === 'num' && node.v.d === 1n ? node.v.n : undefined;
}

/** A number as written: digits with an optional sign, nothing computed. */
export function literalOf(node: Node): { v: Rational; dec: boolean } | undefined {
  if (node.t === 'num') return node;
  if (node.t !== 'neg') return undefined;
  const inner = literalOf(node.a);
  return inner === undefined ? undefined : { v: { n: -inner.v.n, d: inner.v.d }, dec: inner.dec };
}

/**
 * One string per meaning of the form: sums and products are flattened and sorted, so that
 * `b+a` and `a+b` read the same. No arithmetic happens.
 */
export function canonical(node: Node): string {
  switch (node.t) {
    case 'num':
      return node.v.d === 1n ? `${node.v.n}` : `${node.v.n}/${node.v.d}`;
    case 'sym':
      return node.name;
    case 'const':
      return `#${node.name}`;
    case 'add':
      return `(+${flat(node, 'add').map(canonical).sort().join(' ')})`;
    case 'mul':
      return `(*${flat(node, 'mul').map(canonical).sort().join(' ')})`;
    case 'neg':
      return node.a.t === 'num' ? `-${canonical(node.a)}` : `(- ${canonical(node.a)})`;
    case 'div':
      return `(/ ${canonical(node.a)} ${canonical(node.b)})`;
    case 'pow':
      return `(^ ${canonical(node.a)} ${canonical(node.b)})`;
    case 'root':
      return `(root ${canonical(node.a)} ${canonical(node.n)})`;
    case 'call':
    case 'apply':
      return `(${node.t === 'call' ? node.fn : `@${node.name}`} ${node.args.map(canonical).join(' ')})`;
    case 'series':
      return `(${node.kind} ${node.index} ${canonical(node.from)} ${canonical(node.to)} ${canonical(node.body)})`;
  }
}

function flat(node: Node, kind: 'add' | 'mul'): readonly Node[] {
  if (node.t !== kind) return [node];
  if (node.args.every((part) => part.t !== kind)) return node.args;
  const out: Node[] = [];
  const open: Node[] = [node];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (part.t === kind) open.push(...part.args);
    else out.push(part);
  }
  return out;
}
