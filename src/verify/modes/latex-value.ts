import type { Meter } from '../budget.ts';
import type { LatexNode } from './latex-parse.ts';
import { LatexError } from './latex-tokens.ts';
import { trueDivision } from './python-number.ts';
import type { PythonNumber } from './python-number.ts';

/**
 * Who evaluates: `python` runs the printed expression through the names of Python's `math` (so `e`,
 * absolute values and ceilings have no value), `sympy` evaluates the expression itself.
 */
export type Evaluator = 'python' | 'sympy';

/** A number, or a quotient whose parts stay whole until somebody needs the value. */
type Value = PythonNumber | { readonly over: PythonNumber; readonly under: PythonNumber };

/**
 * The number of an expression.
 *
 * @throws LatexError where the official scorers find none: names, lists, division by zero, results
 *   that are not real.
 */
export function latexValue(node: LatexNode, evaluator: Evaluator, meter: Meter): PythonNumber {
  const value = settled(new Evaluation(evaluator, meter).value(node));
  // Python raises where a double overflows.
  if (evaluator === 'python' && typeof value === 'number') finite(value);
  return value;
}

class Evaluation {
  readonly #evaluator: Evaluator;
  readonly #meter: Meter;

  constructor(evaluator: Evaluator, meter: Meter) {
    this.#evaluator = evaluator;
    this.#meter = meter;
  }

  value(node: LatexNode): Value {
    this.#meter.spend(1);
    switch (node.kind) {
      case 'number':
        return numberOf(node.text, node.percent);
      case 'name':
        return this.#named(node.name);
      case 'negated':
        return negated(this.value(node.of[0]));
      case 'sum':
        return this.#sum(this.#number(node.of[0]), this.#number(node.of[1]));
      case 'product':
        return this.#product(this.value(node.of[0]), this.value(node.of[1]));
      case 'quotient':
        return this.#quotient(this.value(node.of[0]), this.#number(node.of[1]));
      case 'modulo':
        throw new LatexError('a modulus has no value in either');
      case 'power':
        return this.#power(node.of[0], node.of[1]);
      case 'root':
        return real(Math.sqrt(double(this.value(node.of[0]))));
      case 'factorial':
        return this.#factorial(this.#number(node.of[0]));
      case 'call':
        return this.#call(node.name, node.of);
      case 'relation':
        return this.#relation(node.name, node.of);
    }
  }

  #number(node: LatexNode): PythonNumber {
    return settled(this.value(node));
  }

  #named(name: string): Value {
    if (name === '\\pi') return Math.PI;
    if (this.#evaluator === 'python') {
      if (name === '\\tau ') return 2 * Math.PI;
    } else {
      if (name === 'e') return Math.E;
      if (name === '\\infty') return Infinity;
    }
    throw new LatexError(`${name} is no number`);
  }

  #sum(a: PythonNumber, b: PythonNumber): PythonNumber {
    return typeof a === 'bigint' && typeof b === 'bigint' ? a + b : real(Number(a) + Number(b));
  }

  #times(a: PythonNumber, b: PythonNumber): PythonNumber {
    if (typeof a !== 'bigint' || typeof b !== 'bigint') return real(Number(a) * Number(b));
    this.#meter.bigOperation(bits(a) + bits(b));
    return a * b;
  }

  #product(a: Value, b: Value): Value {
    if (typeof a !== 'object' && typeof b !== 'object') return this.#times(a, b);
    const [x, y] = [parts(a), parts(b)];
    return { over: this.#times(x.over, y.over), under: this.#times(x.under, y.under) };
  }

  #quotient(a: Value, b: PythonNumber): Value {
    const { over, under } = parts(a);
    return { over, under: this.#times(under, b) };
  }

  #power(baseNode: LatexNode, exponentNode: LatexNode): Value {
    if (baseNode.kind === 'call' && inverse.has(baseNode.name) && isMinusOne(exponentNode))
      return this.#call(`a${baseNode.name.slice(1)}`, baseNode.of);
    const [base, exponent] = [this.#number(baseNode), this.#number(exponentNode)];
    if (typeof base === 'bigint' && typeof exponent === 'bigint') {
      const size = exponent < 0n ? -exponent : exponent;
      this.#meter.bigOperation(Math.min(Number.MAX_SAFE_INTEGER, bits(base) * Number(size)));
      if (exponent >= 0n) return base ** exponent;
      return { over: 1n, under: base ** size };
    }
    if (Number(base) === 0 && Number(exponent) < 0)
      throw new LatexError('zero to a negative power');
    return real(Number(base) ** Number(exponent));
  }

  #factorial(value: PythonNumber): PythonNumber {
    const count = typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
    if (typeof count !== 'bigint' || count < 0n) throw new LatexError('no factorial');
    this.#meter.bigOperation(Number(count) * Math.max(1, bits(count)));
    let product = 1n;
    for (let factor = 2n; factor <= count; factor += 1n) product *= factor;
    return product;
  }

  #call(name: string, of: readonly LatexNode[]): Value {
    const [first, second] = of;
    if (first === undefined) throw new LatexError('no argument');
    if (name === 'binom' && second !== undefined)
      return this.#binomial(this.#number(first), this.#number(second));
    const argument = double(this.value(first));
    if (name === '\\log' || name === '\\ln') {
      // math.log(x, E): the printed base has no value in Python.
      if (name === '\\ln' && second === undefined && this.#evaluator === 'python')
        throw new LatexError('E is no number');
      const base =
        second !== undefined ? double(this.value(second)) : name === '\\log' ? 10 : Math.E;
      return real(Math.log(argument) / Math.log(base));
    }
    // exp(1) is printed as E, which has no value in Python.
    if (name === '\\exp' && argument === 1 && this.#evaluator === 'python')
      throw new LatexError('E is no number');
    const shared = functions.get(name);
    if (shared !== undefined) return real(shared(argument));
    if (name === 'floor' || name === '\\floor') return BigInt(Math.floor(finite(argument)));
    const own = this.#evaluator === 'sympy' ? ofSympy.get(name) : undefined;
    if (own === undefined) throw new LatexError(`${name} is no function of a number`);
    return real(own(argument));
  }

  #binomial(n: PythonNumber, k: PythonNumber): PythonNumber {
    if (typeof n !== 'bigint' || typeof k !== 'bigint') throw new LatexError('no binomial');
    if (k < 0n) return 0n;
    this.#meter.bigOperation(Math.min(Number.MAX_SAFE_INTEGER, Number(k) * bits(n)));
    let product = 1n;
    for (let factor = 0n; factor < k; factor += 1n)
      product = (product * (n - factor)) / (factor + 1n);
    return product;
  }

  /** `x = 5` is 5; comparisons of numbers are 1 or 0 in Python; other relations have no value. */
  #relation(name: string, [left, right]: readonly [LatexNode, LatexNode]): Value {
    if (name === '=') {
      const named = left.kind === 'name' && left.name.endsWith(' ');
      if (named || isAssignment(left)) return this.value(right);
      throw new LatexError('an equation');
    }
    if (this.#evaluator === 'sympy') throw new LatexError('a relation');
    const [a, b] = [this.#number(left), this.#number(right)];
    if (name === '<') return a < b ? 1n : 0n;
    if (name === '>') return a > b ? 1n : 0n;
    if (/^\\(?:leq?|leqslant)$/.test(name)) return a <= b ? 1n : 0n;
    if (/^\\(?:geq?|geqslant)$/.test(name)) return a >= b ? 1n : 0n;
    throw new LatexError('a relation');
  }
}

/** `a = b = 5`: what an assignment assigned is a name again. */
function isAssignment(node: LatexNode): boolean {
  if (node.kind !== 'relation' || node.name !== '=') return false;
  const [left, right] = node.of;
  return left.kind === 'name' && right.kind === 'name' && right.name.endsWith(' ');
}

const inverse = new Set(
  ['sin', 'cos', 'tan', 'csc', 'sec', 'cot', 'sinh', 'cosh', 'tanh'].map((name) => `\\${name}`),
);

const isMinusOne = (node: LatexNode): boolean =>
  node.kind === 'negated' && node.of[0].kind === 'number' && Number(node.of[0].text) === 1;

type Real = (x: number) => number;

const functions: ReadonlyMap<string, Real> = new Map<string, Real>([
  ['\\exp', Math.exp],
  ['\\sin', Math.sin],
  ['\\cos', Math.cos],
  ['\\tan', Math.tan],
  ['\\sinh', Math.sinh],
  ['\\cosh', Math.cosh],
  ['\\tanh', Math.tanh],
  ...['\\arcsin', 'asin'].map((name) => [name, Math.asin] as const),
  ...['\\arccos', 'acos'].map((name) => [name, Math.acos] as const),
  ...['\\arctan', 'atan'].map((name) => [name, Math.atan] as const),
  ...['\\arsinh', '\\arcsinh', 'asinh'].map((name) => [name, Math.asinh] as const),
  ...['\\arcosh', '\\arccosh', 'acosh'].map((name) => [name, Math.acosh] as const),
  ...['\\artanh', '\\arctanh', 'atanh'].map((name) => [name, Math.atanh] as const),
]);

/** Functions that SymPy has and Python's `math` has not. */
const ofSympy: ReadonlyMap<string, Real> = new Map<string, Real>([
  ['abs', Math.abs],
  ['ceil', Math.ceil],
  ['\\ceil', Math.ceil],
  ['\\csc', (x) => 1 / Math.sin(x)],
  ['\\sec', (x) => 1 / Math.cos(x)],
  ['\\cot', (x) => 1 / Math.tan(x)],
  ['\\arccsc', (x) => Math.asin(1 / x)],
  ['\\arcsec', (x) => Math.acos(1 / x)],
  ['\\arccot', (x) => Math.atan(1 / x)],
  ['acsc', (x) => Math.asin(1 / x)],
  ['asec', (x) => Math.acos(1 / x)],
  ['acot', (x) => Math.atan(1 / x)],
]);

function numberOf(text: string, percent: boolean): Value {
  const plain = text.replaceAll(',', '');
  const [whole = '', places = ''] = plain.split('.');
  const under = 10n ** BigInt(places.length) * (percent ? 100n : 1n);
  const over = BigInt(`${whole}${places}`);
  // A whole decimal such as 2.0, or 500 %, is the whole number, as a rational has it.
  return over % under === 0n ? over / under : { over, under };
}

function negated(value: Value): Value {
  return typeof value === 'object' ? { ...value, over: -value.over } : -value;
}

const parts = (value: Value): { readonly over: PythonNumber; readonly under: PythonNumber } =>
  typeof value === 'object' ? value : { over: value, under: 1n };

/** The value as Python's division leaves it. */
function settled(value: Value): PythonNumber {
  if (typeof value !== 'object') return value;
  const { over, under } = value;
  if (Number(under) === 0) throw new LatexError('division by zero');
  if (typeof over === 'bigint' && typeof under === 'bigint') return real(trueDivision(over, under));
  return real(Number(over) / Number(under));
}

const double = (value: Value): number => Number(settled(value));

function real(value: number): number {
  if (Number.isNaN(value)) throw new LatexError('not a real number');
  return value;
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new LatexError('not finite');
}

const bits = (value: bigint): number => (value < 0n ? -value : value).toString(16).length * 4;
