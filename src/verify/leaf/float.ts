import type { FunctionName, Node } from './node.ts';
import { canonical, childrenOf } from './node.ts';
import { toNumber } from './rational.ts';
import type { Meter } from '../budget.ts';

export type Environment = ReadonlyMap<string, number>;

/**
 * Value in doubles over the reals; NaN where the expression has no real value. Unknown functions
 * and symbols that stand for a decoration take a value drawn from their name.
 */
export function realValue(node: Node, at: Environment, meter: Meter): number {
  meter.spend(1);
  switch (node.t) {
    case 'num':
      return toNumber(node.v);
    case 'sym':
      return at.get(node.name) ?? NaN;
    case 'const':
      return node.name === 'pi'
        ? Math.PI
        : node.name === 'e'
          ? Math.E
          : node.name === 'inf'
            ? Infinity
            : NaN;
    case 'add': {
      let total = 0;
      for (const arg of node.args) total += realValue(arg, at, meter);
      return total;
    }
    case 'mul': {
      let total = 1;
      for (const arg of node.args) total *= realValue(arg, at, meter);
      return total;
    }
    case 'neg':
      return -realValue(node.a, at, meter);
    case 'div': {
      const b = realValue(node.b, at, meter);
      return b === 0 ? NaN : realValue(node.a, at, meter) / b;
    }
    case 'pow':
      return realPower(realValue(node.a, at, meter), realValue(node.b, at, meter));
    case 'root':
      return realRoot(realValue(node.a, at, meter), realValue(node.n, at, meter));
    case 'call':
      return realFunctions[node.fn](node.args.map((arg) => realValue(arg, at, meter)));
    case 'apply':
      return opaque(
        node.name,
        node.args.map((arg) => realValue(arg, at, meter)),
      );
    case 'series':
      return series(node, at, meter);
  }
}

function realPower(a: number, b: number): number {
  if (a === 0 && b <= 0) return NaN;
  return Math.pow(a, b);
}

function realRoot(a: number, n: number): number {
  if (n === 2) return Math.sqrt(a);
  if (n === 3) return Math.cbrt(a);
  if (!Number.isInteger(n) || n <= 0) return Math.pow(a, 1 / n);
  if (a < 0) return n % 2 === 1 ? -Math.pow(-a, 1 / n) : NaN;
  return Math.pow(a, 1 / n);
}

/** A fixed but arbitrary function of a name and numbers, equal for equal arguments up to rounding. */
function opaque(name: string, args: readonly number[]): number {
  let total = 0.5 + (hash(name) % 9973) / 9973;
  for (const arg of args) total = Math.sin(total * 1.7 + arg * 0.9) + 0.31 * arg + total;
  return total;
}

/** FNV-1a over UTF-16 code units, 32 bits. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    h ^= text.charCodeAt(at);
    h = Math.imul(h, 0x01000193);
  }
  return h >>> 0;
}

/** Longest series that is added up term by term. */
const longest = 2_000;

function series(node: Node & { t: 'series' }, at: Environment, meter: Meter): number {
  const from = realValue(node.from, at, meter);
  const to = realValue(node.to, at, meter);
  if (!Number.isInteger(from) || !Number.isInteger(to))
    return opaque(canonical(node), symbolValues(node, at));
  if (to - from > longest) return NaN;
  let total = node.kind === 'sum' ? 0 : 1;
  const inner = new Map(at);
  for (let k = from; k <= to; k += 1) {
    inner.set(node.index, k);
    const term = realValue(node.body, inner, meter);
    total = node.kind === 'sum' ? total + term : total * term;
  }
  return total;
}

function symbolValues(node: Node, at: Environment): readonly number[] {
  const names = new Set<string>();
  const visit = (part: Node): void => {
    if (part.t === 'sym') names.add(part.name);
    for (const child of childrenOf(part)) visit(child);
  };
  visit(node);
  return [...names].sort().map((name) => at.get(name) ?? 0);
}

type RealFunction = (args: readonly number[]) => number;

const unary =
  (rule: (x: number) => number): RealFunction =>
  ([x = NaN]) =>
    rule(x);

const realFunctions: Readonly<Record<FunctionName, RealFunction>> = {
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tan: unary(Math.tan),
  cot: unary((x) => 1 / Math.tan(x)),
  sec: unary((x) => 1 / Math.cos(x)),
  csc: unary((x) => 1 / Math.sin(x)),
  asin: unary(Math.asin),
  acos: unary(Math.acos),
  atan: unary(Math.atan),
  acot: unary((x) => (x === 0 ? Math.PI / 2 : Math.atan(1 / x))),
  asec: unary((x) => Math.acos(1 / x)),
  acsc: unary((x) => Math.asin(1 / x)),
  sinh: unary(Math.sinh),
  cosh: unary(Math.cosh),
  tanh: unary(Math.tanh),
  coth: unary((x) => 1 / Math.tanh(x)),
  asinh: unary(Math.asinh),
  acosh: unary(Math.acosh),
  atanh: unary(Math.atanh),
  exp: unary(Math.exp),
  ln: unary(Math.log),
  log: ([x = NaN, base]) => (base === undefined ? Math.log(x) : Math.log(x) / Math.log(base)),
  abs: unary(Math.abs),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  factorial: unary(factorial),
  binom: ([n = NaN, k = NaN]) => binomial(n, k),
  gcd: (args) => divisor('gcd', args),
  lcm: (args) => divisor('lcm', args),
  max: (args) => Math.max(...args),
  min: (args) => Math.min(...args),
  mod: ([x = NaN, y = NaN]) => (y === 0 ? NaN : x - y * Math.floor(x / y)),
  conj: unary((x) => x),
  re: unary((x) => x),
  im: unary(() => 0),
};

function factorial(x: number): number {
  if (!Number.isInteger(x) || x < 0) return NaN;
  if (x > 170) return Infinity;
  let total = 1;
  for (let k = 2; k <= x; k += 1) total *= k;
  return total;
}

function binomial(n: number, k: number): number {
  if (!Number.isInteger(k) || k < 0 || k > 1000) return NaN;
  let total = 1;
  for (let j = 1; j <= k; j += 1) total *= (n - k + j) / j;
  return total;
}

function divisor(fn: 'gcd' | 'lcm', args: readonly number[]): number {
  let total = Math.abs(args[0] ?? NaN);
  for (const arg of args.slice(1)) {
    let a = total;
    let b = Math.abs(arg);
    if (!Number.isInteger(a) || !Number.isInteger(b)) return NaN;
    while (b !== 0) [a, b] = [b, a % b];
    total = fn === 'gcd' ? a : a === 0 ? 0 : (total / a) * Math.abs(arg);
  }
  return total;
}
