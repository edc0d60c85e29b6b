import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';

/** An exact fraction in lowest terms; `d` is positive. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

export const zero: Rational = { n: 0n, d: 1n };
export const one: Rational = { n: 1n, d: 1n };

/** Bits of |x|, at most a few above the exact figure. */
export function bitsOf(x: bigint): number {
  if (x < 0n) x = -x;
  if (x < 0x20000000000000n) return x === 0n ? 0 : Math.ceil(Math.log2(Number(x) + 1));
  return x.toString(16).length * 4;
}

function gcd(a: bigint, b: bigint): bigint {
  if (a < 0n) a = -a;
  if (b < 0n) b = -b;
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** n / d in lowest terms; undefined when d is 0. */
export function rational(n: bigint, d: bigint): Rational | undefined {
  if (d === 0n) return undefined;
  if (d < 0n) [n, d] = [-n, -d];
  if (d === 1n) return { n, d };
  const g = gcd(n, d);
  return g === 1n ? { n, d } : { n: n / g, d: d / g };
}

function reduced(n: bigint, d: bigint): Rational {
  return rational(n, d) ?? zero;
}

export function integer(n: bigint): Rational {
  return { n, d: 1n };
}

/** Arithmetic on fractions, every operation charged to a meter by the size of its operands. */
export class Exact {
  private readonly meter: Meter;
  constructor(meter: Meter) {
    this.meter = meter;
  }

  private charge(a: Rational, b: Rational): void {
    if (a.d === 1n && b.d === 1n && a.n < small && a.n > -small && b.n < small && b.n > -small) {
      this.meter.spend(1);
      return;
    }
    const bits = bitsOf(a.n) + bitsOf(a.d) + bitsOf(b.n) + bitsOf(b.d);
    this.meter.bigOperation(bits);
    if (a.d !== 1n || b.d !== 1n) this.meter.spend(1 + Math.ceil((bits * bits) / 65_536));
  }

  add(a: Rational, b: Rational): Rational {
    this.charge(a, b);
    if (a.d === b.d) return a.d === 1n ? integer(a.n + b.n) : reduced(a.n + b.n, a.d);
    return reduced(a.n * b.d + b.n * a.d, a.d * b.d);
  }

  mul(a: Rational, b: Rational): Rational {
    this.charge(a, b);
    if (a.d === 1n && b.d === 1n) return integer(a.n * b.n);
    return reduced(a.n * b.n, a.d * b.d);
  }

  div(a: Rational, b: Rational): Rational | undefined {
    this.charge(a, b);
    return rational(a.n * b.d, a.d * b.n);
  }

  /** a^e for an integer e; undefined for 0 to a negative power, throws when the result would be too large. */
  pow(a: Rational, e: bigint): Rational | undefined {
    if (e === 0n) return a.n === 0n ? undefined : one;
    if (a.d === 1n && (a.n === 1n || a.n === 0n)) return a.n === 0n && e < 0n ? undefined : a;
    if (a.d === 1n && a.n === -1n) return e % 2n === 0n ? one : a;
    const size = e < 0n ? -e : e;
    const bits = Math.max(bitsOf(a.n), bitsOf(a.d));
    if (size > BigInt(this.meter.budget.bits) || bits * Number(size) > this.meter.budget.bits)
      throw new OverBudget('number-too-large');
    this.meter.bigOperation(bits * Number(size));
    const n = a.n ** size;
    const d = a.d ** size;
    return e < 0n ? rational(d, n) : { n, d };
  }
}

const small = 1n << 31n;

export function equal(a: Rational, b: Rational): boolean {
  return a.n === b.n && a.d === b.d;
}

export function compare(a: Rational, b: Rational): number {
  const left = a.n * b.d;
  const right = b.n * a.d;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The closest double, without passing through a double that would overflow. */
export function toNumber(a: Rational): number {
  if (a.d === 1n) return Number(a.n);
  const n = Number(a.n);
  const d = Number(a.d);
  if (Number.isFinite(n) && Number.isFinite(d)) return n / d;
  const shift = BigInt(Math.max(0, Math.max(bitsOf(a.n), bitsOf(a.d)) - 1000));
  const low = Number(a.d >> shift);
  return low === 0 ? (a.n < 0n ? -Infinity : Infinity) : Number(a.n >> shift) / low;
}

/** The fraction that decimal digits write: `12.50` is 25/2. */
export function parseDecimal(text: string): Rational {
  const dot = text.indexOf('.');
  if (dot < 0) return integer(BigInt(text));
  const digits = text.slice(0, dot) + text.slice(dot + 1);
  return reduced(BigInt(digits === '' ? '0' : digits), 10n ** BigInt(text.length - dot - 1));
}

/** a rounded to `places` decimals, ties to even, as the integer a·10^places. */
export function roundTo(a: Rational, places: number): bigint {
  const scaled = places >= 0 ? a.n * 10n ** BigInt(places) : a.n;
  const d = places >= 0 ? a.d : a.d * 10n ** BigInt(-places);
  let quotient = scaled / d;
  let rest = scaled % d;
  if (rest < 0n) {
    rest += d;
    quotient -= 1n;
  }
  const twice = rest * 2n;
  if (twice > d || (twice === d && quotient % 2n !== 0n)) quotient += 1n;
  return quotient;
}
