import type { Meter } from '../budget.ts';
import type { FunctionName, Node } from './node.ts';
import type { Rational } from './rational.ts';
import { Exact, bitsOf, compare, integer, one, rational, zero } from './rational.ts';

/**
 * The exact rational value of an expression without symbols, or undefined when it has none that
 * rational arithmetic reaches (roots, π, functions) or is undefined (division by zero).
 * Throws `OverBudget` before a power, factorial or binomial that would be too large is computed.
 */
export function exactValue(node: Node, meter: Meter): Rational | undefined {
  return evaluate(node, { exact: new Exact(meter), meter, bound: new Map() });
}

interface Context {
  readonly exact: Exact;
  readonly meter: Meter;
  /** Values of the indices of the series around a node. */
  readonly bound: Map<string, Rational>;
}

function evaluate(node: Node, context: Context): Rational | undefined {
  const { exact } = context;
  switch (node.t) {
    case 'num':
      return node.v;
    case 'neg': {
      const a = evaluate(node.a, context);
      return a === undefined ? undefined : { n: -a.n, d: a.d };
    }
    case 'add':
    case 'mul':
      return fold(node.t, node.args, context);
    case 'div': {
      const a = evaluate(node.a, context);
      const b = a === undefined ? undefined : evaluate(node.b, context);
      return a === undefined || b === undefined ? undefined : exact.div(a, b);
    }
    case 'pow':
      return power(node.a, node.b, context);
    case 'root':
      return exactRoot(node.a, node.n, context);
    case 'call':
      return call(node, context);
    case 'series':
      return series(node, context);
    case 'sym':
      return context.bound.get(node.name);
    case 'const':
    case 'apply':
      return undefined;
  }
}

/** Most terms of a series that are added or multiplied one by one. */
const longestSeries = 1_000n;

function series(node: Node & { t: 'series' }, context: Context): Rational | undefined {
  const { exact, bound } = context;
  const [from, to] = [evaluate(node.from, context), evaluate(node.to, context)];
  if (from?.d !== 1n || to?.d !== 1n || to.n - from.n >= longestSeries) return undefined;
  const outer = bound.get(node.index);
  let total: Rational | undefined = node.kind === 'sum' ? zero : one;
  for (let index = from.n; index <= to.n && total !== undefined; index += 1n) {
    context.meter.spend(1);
    bound.set(node.index, integer(index));
    const term = evaluate(node.body, context);
    if (term === undefined) total = undefined;
    else total = node.kind === 'sum' ? exact.add(total, term) : exact.mul(total, term);
  }
  if (outer === undefined) bound.delete(node.index);
  else bound.set(node.index, outer);
  return total;
}

function fold(kind: 'add' | 'mul', args: readonly Node[], context: Context): Rational | undefined {
  let total = kind === 'add' ? zero : one;
  for (const arg of args) {
    const value = evaluate(arg, context);
    if (value === undefined) return undefined;
    total = kind === 'add' ? context.exact.add(total, value) : context.exact.mul(total, value);
  }
  return total;
}

function power(a: Node, b: Node, context: Context): Rational | undefined {
  const base = evaluate(a, context);
  const exponent = base === undefined ? undefined : evaluate(b, context);
  if (base === undefined || exponent === undefined) return undefined;
  if (exponent.d === 1n) return context.exact.pow(base, exponent.n);
  if (exponent.d > 64n || base.n < 0n) return undefined;
  const root = perfectRoot(base, exponent.d, context.meter);
  return root === undefined ? undefined : context.exact.pow(root, exponent.n);
}

function exactRoot(a: Node, n: Node, context: Context): Rational | undefined {
  const radicand = evaluate(a, context);
  const degree = radicand === undefined ? undefined : evaluate(n, context);
  if (radicand === undefined || degree === undefined) return undefined;
  if (degree.d !== 1n || degree.n < 1n || degree.n > 64n) return undefined;
  if (radicand.n >= 0n) return perfectRoot(radicand, degree.n, context.meter);
  if (degree.n % 2n === 0n) return undefined;
  const root = perfectRoot({ n: -radicand.n, d: radicand.d }, degree.n, context.meter);
  return root === undefined ? undefined : { n: -root.n, d: root.d };
}

/** The rational whose n-th power is x, if there is one; x ≥ 0. */
function perfectRoot(x: Rational, n: bigint, meter: Meter): Rational | undefined {
  meter.bigOperation(4 * (bitsOf(x.n) + bitsOf(x.d)));
  const numerator = integerRoot(x.n, n);
  const denominator = integerRoot(x.d, n);
  if (numerator ** n !== x.n || denominator ** n !== x.d) return undefined;
  return { n: numerator, d: denominator };
}

/** ⌊x^(1/n)⌋ for x ≥ 0 by Newton's iteration from above. */
export function integerRoot(x: bigint, n: bigint): bigint {
  if (x < 2n || n === 1n) return x;
  let guess = 1n << BigInt(Math.ceil(bitsOf(x) / Number(n)) + 1);
  for (;;) {
    const next = ((n - 1n) * guess + x / guess ** (n - 1n)) / n;
    if (next >= guess) return guess;
    guess = next;
  }
}

function call(node: Node & { t: 'call' }, context: Context): Rational | undefined {
  const values: Rational[] = [];
  for (const arg of node.args) {
    const value = evaluate(arg, context);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return exactFunctions.get(node.fn)?.(values, context.meter);
}

type ExactFunction = (values: readonly Rational[], meter: Meter) => Rational | undefined;

const unary = (rule: (a: Rational, meter: Meter) => Rational | undefined): ExactFunction => {
  return ([a], meter) => a && rule(a, meter);
};

const binary = (
  rule: (a: Rational, b: Rational, meter: Meter) => Rational | undefined,
): ExactFunction => {
  return ([a, b], meter) => a && b && rule(a, b, meter);
};

const exactFunctions: ReadonlyMap<FunctionName, ExactFunction> = new Map<
  FunctionName,
  ExactFunction
>([
  ['abs', unary((a) => (a.n < 0n ? { n: -a.n, d: a.d } : a))],
  ['floor', unary((a) => integer(floorOf(a)))],
  ['ceil', unary((a) => integer(-floorOf({ n: -a.n, d: a.d })))],
  ['factorial', unary(factorial)],
  ['binom', binary(binomial)],
  ['max', (values) => extreme(values, 1)],
  ['min', (values) => extreme(values, -1)],
  ['gcd', (values) => divisor('gcd', values)],
  ['lcm', (values) => divisor('lcm', values)],
  ['mod', binary(modulo)],
]);

function modulo(a: Rational, b: Rational): Rational | undefined {
  if (a.d !== 1n || b.d !== 1n || b.n === 0n) return undefined;
  return integer(((a.n % b.n) + b.n) % b.n);
}

function floorOf(a: Rational): bigint {
  const quotient = a.n / a.d;
  return a.n < 0n && quotient * a.d !== a.n ? quotient - 1n : quotient;
}

function extreme(values: readonly Rational[], sign: number): Rational | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((best, value) => (compare(value, best) * sign > 0 ? value : best));
}

function divisor(fn: 'gcd' | 'lcm', values: readonly Rational[]): Rational | undefined {
  if (values.some((value) => value.d !== 1n)) return undefined;
  let total = values[0]?.n ?? 0n;
  for (const { n } of values.slice(1)) {
    let a = total;
    let b = n;
    while (b !== 0n) [a, b] = [b, a % b];
    if (fn === 'gcd') total = a;
    else total = a === 0n ? 0n : (total * n) / a;
  }
  return integer(total < 0n ? -total : total);
}

/** a! for an integer a ≥ 0, refused before it is computed when log₂(a!) exceeds the budget. */
function factorial(a: Rational, meter: Meter): Rational | undefined {
  if (a.d !== 1n || a.n < 0n) return undefined;
  const n = a.n > 100_000n ? Infinity : Number(a.n);
  meter.bigOperation(n < 2 ? 1 : Math.ceil(n * Math.log2(n)));
  meter.spend(n);
  return integer(product(1n, BigInt(n)));
}

/** a·(a+1)·…·b by halves, so that the factors stay of one size. */
function product(a: bigint, b: bigint): bigint {
  if (b < a) return 1n;
  if (b - a < 8n) {
    let total = a;
    for (let factor = a + 1n; factor <= b; factor += 1n) total *= factor;
    return total;
  }
  const middle = (a + b) / 2n;
  return product(a, middle) * product(middle + 1n, b);
}

function binomial(a: Rational, b: Rational, meter: Meter): Rational | undefined {
  if (a.d !== 1n || b.d !== 1n || b.n < 0n || a.n < 0n) return undefined;
  if (b.n > a.n) return zero;
  const k = b.n * 2n > a.n ? a.n - b.n : b.n;
  const bits = Number(k) * Math.max(1, bitsOf(a.n));
  meter.bigOperation(Number.isFinite(bits) ? bits : Infinity);
  meter.spend(Number(k));
  return rational(product(a.n - k + 1n, a.n), product(1n, k));
}
