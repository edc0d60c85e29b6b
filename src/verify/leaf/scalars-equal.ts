import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import type { Reason } from '../verdict.ts';
import { complexValue } from './complex.ts';
import type { Complex } from './complex.ts';
import { exactValue } from './exact.ts';
import { agreeTo64Digits } from './fixed.ts';
import { hash, realValue } from './float.ts';
import type { Node, Traits } from './node.ts';
import { canonical, literalOf, traitsOf } from './node.ts';
import { Expander } from './polynomial.ts';
import type { Rational } from './rational.ts';
import { equal, roundTo, toNumber } from './rational.ts';

/** Decimal places to which a decimal and another number are compared. */
export interface Precision {
  readonly places: number;
  /** Places were asked for; then small values get no extra digits. */
  readonly fixed: boolean;
}

/**
 * Layer 4: whether two scalars are equal, and by which path. Anything undecided is "not equal".
 * Throws `OverBudget` only when the steps of the pair are used up.
 */
export function scalarsEqual(a: Node, b: Node, precision: Precision, meter: Meter): Reason {
  const [left, right] = [canonical(a), canonical(b)];
  if (left === right) return finite(a) ? 'identical' : infinityOf(a);
  const [x, y] = [traitsOf(a), traitsOf(b)];
  if (x.infinite || y.infinite) return 'expression-differs';
  if (x.symbols.size === 0 && y.symbols.size === 0) return constants(a, b, precision, meter);
  if (x.rationalFunction && y.rationalFunction) {
    const same = expanded(a, b, [x, y], meter);
    if (same !== undefined) return same ? 'expression-expanded' : differing(x, y);
  }
  return sampled(a, b, hash(`${left}\n${right}`), meter);
}

/** ∞ alone equals ∞ alone; inside an expression it decides nothing. */
function infinityOf(node: Node): Reason {
  const inner = node.t === 'neg' ? node.a : node;
  return inner.t === 'const' ? 'identical' : 'expression-differs';
}

function finite(node: Node): boolean {
  return !traitsOf(node).infinite;
}

function differing(a: Traits, b: Traits): Reason {
  const same =
    a.symbols.size === b.symbols.size && [...a.symbols].every((name) => b.symbols.has(name));
  return same ? 'expression-differs' : 'variables-differ';
}

/** No symbols on either side: exact fractions, then rounding of decimals, then doubles and 64 digits. */
function constants(a: Node, b: Node, precision: Precision, meter: Meter): Reason {
  const [x, y] = [exactOrUndefined(a, meter), exactOrUndefined(b, meter)];
  const decimal = literalOf(a)?.dec === true || literalOf(b)?.dec === true;
  if (x !== undefined && y !== undefined) {
    if (equal(x, y)) return 'number-exact';
    return decimal && roundedEqual(x, y, precision) ? 'number-rounded' : 'number-differs';
  }
  if (decimal) return decimalAgainst(a, b, { x, y }, { precision, meter });
  return transcendental(a, b, meter);
}

function exactOrUndefined(node: Node, meter: Meter): Rational | undefined {
  try {
    return exactValue(node, meter);
  } catch (error) {
    if (error instanceof OverBudget && error.reason === 'number-too-large') return undefined;
    throw error;
  }
}

/**
 * Both rounded to the places and compared; below 10^-3 in size six significant digits take the
 * place of six decimals.
 */
function roundedEqual(x: Rational, y: Rational, precision: Precision): boolean {
  return roundTo(x, placesFor(x, y, precision)) === roundTo(y, placesFor(x, y, precision));
}

function placesFor(x: Rational, y: Rational, precision: Precision): number {
  if (precision.fixed) return precision.places;
  const size = Math.max(Math.abs(toNumber(x)), Math.abs(toNumber(y)));
  if (size >= 1e-3 || size === 0) return precision.places;
  return Math.min(400, precision.places - 1 - Math.floor(Math.log10(size)));
}

function decimalAgainst(
  a: Node,
  b: Node,
  exact: { readonly x: Rational | undefined; readonly y: Rational | undefined },
  context: { readonly precision: Precision; readonly meter: Meter },
): Reason {
  const empty = new Map<string, number>();
  const x = exact.x === undefined ? realValue(a, empty, context.meter) : toNumber(exact.x);
  const y = exact.y === undefined ? realValue(b, empty, context.meter) : toNumber(exact.y);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return 'number-differs';
  if (Math.abs(x) > 1e15 || Math.abs(y) > 1e15) return 'number-differs';
  const { precision } = context;
  const size = Math.max(Math.abs(x), Math.abs(y));
  const places =
    precision.fixed || size >= 1e-3 || size === 0
      ? precision.places
      : Math.min(400, precision.places - 1 - Math.floor(Math.log10(size)));
  return roundDouble(x, places) === roundDouble(y, places) ? 'number-rounded' : 'number-differs';
}

/** The decimal string of a double rounded to `places`, by its exact binary value. */
function roundDouble(value: number, places: number): string {
  const text = places <= 100 ? value.toFixed(places) : value.toExponential(12);
  return Number(text) === 0 ? '0' : text;
}

/** Roots, π, e, functions: doubles refuse, 64 digits confirm. */
function transcendental(a: Node, b: Node, meter: Meter): Reason {
  const empty = new Map<string, number>();
  const [x, y] = [realValue(a, empty, meter), realValue(b, empty, meter)];
  if (Number.isFinite(x) && Number.isFinite(y)) {
    if (Math.abs(x - y) > 1e-9 * Math.max(1e-12, Math.abs(x), Math.abs(y))) return 'number-differs';
  } else if (Number.isFinite(x) !== Number.isFinite(y)) {
    if (!traitsOf(a).imaginary && !traitsOf(b).imaginary) return 'number-differs';
  }
  return agreeTo64Digits(a, b, meter) === true ? 'expression-sampled' : 'number-differs';
}

/** Both sides as quotients of polynomials; undefined when that grows too large. */
function expanded(
  a: Node,
  b: Node,
  traits: readonly [Traits, Traits],
  meter: Meter,
): boolean | undefined {
  const symbols = [...new Set([...traits[0].symbols, ...traits[1].symbols])].sort();
  if (symbols.length > 24) return undefined;
  const expander = new Expander(symbols, meter);
  try {
    const left = expander.expand(a);
    const right = left && expander.expand(b);
    return left && right && expander.same(left, right);
  } catch (error) {
    if (error instanceof OverBudget) return undefined;
    throw error;
  }
}

const relativeTolerance = 1e-9;
/** Valid points needed for a "yes". */
const needed = 6;

/** Evaluates both sides at seeded points: real ones of both signs, positive ones, integers, complex ones. */
function sampled(a: Node, b: Node, seed: number, meter: Meter): Reason {
  const [x, y] = [traitsOf(a), traitsOf(b)];
  const symbols = [...new Set([...x.symbols, ...y.symbols])].sort();
  const draw = generator(seed);
  const imaginary = x.imaginary || y.imaginary;
  const grid = x.discrete || y.discrete ? 'integers' : x.integral || y.integral ? 'both' : 'reals';
  let valid = 0;
  for (let point = 0; point < meter.budget.points; point += 1) {
    const values = symbols.map(() => coordinate(draw, point, grid));
    const agreed = imaginary
      ? agreeAtComplex(a, b, { symbols, values }, meter)
      : agreeAtReal(a, b, { symbols, values }, meter);
    if (agreed === false) return differing(x, y);
    if (agreed === true) valid += 1;
    if (valid >= needed * 2) break;
  }
  return valid >= needed ? 'expression-sampled' : 'expression-differs';
}

interface Point {
  readonly symbols: readonly string[];
  readonly values: readonly number[];
}

function agreeAtReal(a: Node, b: Node, point: Point, meter: Meter): boolean | undefined {
  const at = new Map(point.symbols.map((name, index) => [name, point.values[index] ?? 0]));
  const x = realValue(a, at, meter);
  const y = realValue(b, at, meter);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return undefined;
  const size = Math.max(Math.abs(x), Math.abs(y));
  if (size > 1e15) return undefined;
  return Math.abs(x - y) <= relativeTolerance * Math.max(1e-3, size);
}

function agreeAtComplex(a: Node, b: Node, point: Point, meter: Meter): boolean | undefined {
  const at = new Map<string, Complex>(
    point.symbols.map((name, index) => [name, { re: point.values[index] ?? 0, im: 0 }]),
  );
  const x = complexValue(a, at, meter);
  const y = complexValue(b, at, meter);
  const parts = [x.re, x.im, y.re, y.im];
  if (!parts.every((part) => Number.isFinite(part))) return undefined;
  const size = Math.max(...parts.map(Math.abs));
  if (size > 1e15) return undefined;
  return Math.hypot(x.re - y.re, x.im - y.im) <= relativeTolerance * Math.max(1e-3, size);
}

/** Points in turn: both signs, positive, near one, inside (−1, 1); small integers where functions need them. */
function coordinate(
  draw: () => number,
  point: number,
  grid: 'integers' | 'both' | 'reals',
): number {
  const u = draw();
  if (grid === 'integers') return 1 + Math.floor(u * 9);
  if (grid === 'both') return point % 2 === 0 ? 1 + Math.floor(u * 7) : (u - 0.3) * 9;
  switch (point % 4) {
    case 0:
      return 0.3 + u * 2.4;
    case 1:
      return (u - 0.5) * 6;
    case 2:
      return (u - 0.5) * 1.9;
    default:
      return 1 + u * 9;
  }
}

/** Mulberry32, seeded: the same points for the same pair everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
