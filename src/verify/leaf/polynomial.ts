import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import type { Node } from './node.ts';
import { integerOf } from './node.ts';
import type { Rational } from './rational.ts';
import { Exact, equal, integer, zero } from './rational.ts';

/** A polynomial: exponents of the symbols, joined by commas, to its coefficient; no zero coefficients. */
type Polynomial = ReadonlyMap<string, Rational>;

/** A quotient of polynomials with rational coefficients in a fixed order of symbols. */
export interface Quotient {
  readonly num: Polynomial;
  readonly den: Polynomial;
}

/** Expansion of rational functions of `symbols` under the budget of terms and degree. */
export class Expander {
  private readonly exact: Exact;
  private readonly meter: Meter;
  private readonly order: ReadonlyMap<string, number>;
  private readonly constant: string;

  constructor(symbols: readonly string[], meter: Meter) {
    this.exact = new Exact(meter);
    this.meter = meter;
    this.order = new Map(symbols.map((name, index) => [name, index]));
    this.constant = symbols.map(() => '0').join(',');
  }

  /** Whether a/b = c/d, decided exactly; undefined when a denominator is the zero polynomial. */
  same(a: Quotient, b: Quotient): boolean | undefined {
    if (a.den.size === 0 || b.den.size === 0) return undefined;
    return samePolynomial(this.mul(a.num, b.den), this.mul(b.num, a.den));
  }

  /** Throws `OverBudget` when the expansion grows too large. */
  expand(node: Node): Quotient | undefined {
    switch (node.t) {
      case 'num':
        return this.fraction(this.number(node.v));
      case 'sym':
        return this.fraction(this.symbol(node.name));
      case 'neg': {
        const a = this.expand(node.a);
        return a && { num: this.scale(a.num, integer(-1n)), den: a.den };
      }
      case 'add':
      case 'mul':
        return this.fold(node.t, node.args);
      case 'div': {
        const a = this.expand(node.a);
        const b = a && this.expand(node.b);
        if (a === undefined || b === undefined || b.num.size === 0) return undefined;
        return { num: this.mul(a.num, b.den), den: this.mul(a.den, b.num) };
      }
      case 'pow':
        return this.power(node.a, integerOf(node.b));
      case 'const':
      case 'root':
      case 'call':
      case 'apply':
      case 'series':
        return undefined;
    }
  }

  private fold(kind: 'add' | 'mul', args: readonly Node[]): Quotient | undefined {
    let total: Quotient | undefined;
    for (const arg of args) {
      const next = this.expand(arg);
      if (next === undefined) return undefined;
      if (total === undefined) total = next;
      else if (kind === 'mul')
        total = { num: this.mul(total.num, next.num), den: this.mul(total.den, next.den) };
      else total = this.add(total, next);
    }
    return total;
  }

  private add(a: Quotient, b: Quotient): Quotient {
    if (samePolynomial(a.den, b.den)) return { num: this.sum(a.num, b.num), den: a.den };
    return {
      num: this.sum(this.mul(a.num, b.den), this.mul(b.num, a.den)),
      den: this.mul(a.den, b.den),
    };
  }

  private power(base: Node, exponent: bigint | undefined): Quotient | undefined {
    if (exponent === undefined) return undefined;
    const size = exponent < 0n ? -exponent : exponent;
    if (size > BigInt(this.meter.budget.degree)) throw new OverBudget('step-limit');
    const a = this.expand(base);
    if (a === undefined || (exponent <= 0n && a.num.size === 0)) return undefined;
    const num = this.raise(a.num, Number(size));
    const den = this.raise(a.den, Number(size));
    return exponent < 0n ? { num: den, den: num } : { num, den };
  }

  private raise(a: Polynomial, exponent: number): Polynomial {
    let total = this.number(integer(1n));
    let square = a;
    for (let rest = exponent; rest > 0; rest >>= 1) {
      if (rest & 1) total = this.mul(total, square);
      if (rest > 1) square = this.mul(square, square);
    }
    return total;
  }

  private fraction(num: Polynomial): Quotient {
    return { num, den: this.number(integer(1n)) };
  }

  private number(value: Rational): Polynomial {
    return value.n === 0n ? new Map() : new Map([[this.constant, value]]);
  }

  private symbol(name: string): Polynomial {
    const exponents = Array.from({ length: this.order.size }, () => 0);
    exponents[this.order.get(name) ?? 0] = 1;
    return new Map([[exponents.join(','), integer(1n)]]);
  }

  private scale(a: Polynomial, factor: Rational): Polynomial {
    const result = new Map<string, Rational>();
    for (const [key, value] of a) result.set(key, this.exact.mul(value, factor));
    return result;
  }

  private sum(a: Polynomial, b: Polynomial): Polynomial {
    const result = new Map(a);
    for (const [key, value] of b) this.accumulate(result, key, value);
    return result;
  }

  private accumulate(into: Map<string, Rational>, key: string, value: Rational): void {
    const total = this.exact.add(into.get(key) ?? zero, value);
    if (total.n === 0n) into.delete(key);
    else into.set(key, total);
    if (into.size > this.meter.budget.terms) throw new OverBudget('too-many-nodes');
  }

  private mul(a: Polynomial, b: Polynomial): Polynomial {
    if (!this.meter.affords(a.size * b.size * cost * 2)) throw new OverBudget('step-limit');
    this.meter.spend(a.size * b.size * cost);
    const result = new Map<string, Rational>();
    for (const [left, x] of a)
      for (const [right, y] of b)
        this.accumulate(result, this.join(left, right), this.exact.mul(x, y));
    return result;
  }

  private join(a: string, b: string): string {
    if (a === this.constant) return b;
    if (b === this.constant) return a;
    const right = b.split(',');
    let highest = 0;
    const sums = a.split(',').map((part, index) => {
      const total = Number(part) + Number(right[index] ?? 0);
      highest = Math.max(highest, total);
      return total;
    });
    if (highest > this.meter.budget.degree) throw new OverBudget('step-limit');
    return sums.join(',');
  }
}

/** Steps of one product of terms besides its arithmetic. */
const cost = 5;

function samePolynomial(a: Polynomial, b: Polynomial): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !equal(value, other)) return false;
  }
  return true;
}
