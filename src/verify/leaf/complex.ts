import type { Meter } from '../budget.ts';
import type { FunctionName, Node } from './node.ts';
import { toNumber } from './rational.ts';

export interface Complex {
  readonly re: number;
  readonly im: number;
}

const nan: Complex = { re: NaN, im: NaN };
const real = (re: number): Complex => ({ re, im: 0 });
const add = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im });
const mul = (a: Complex, b: Complex): Complex => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re,
});
const size = (a: Complex): number => Math.hypot(a.re, a.im);

function div(a: Complex, b: Complex): Complex {
  const d = b.re * b.re + b.im * b.im;
  if (d === 0) return nan;
  return { re: (a.re * b.re + a.im * b.im) / d, im: (a.im * b.re - a.re * b.im) / d };
}

const ln = (a: Complex): Complex =>
  a.re === 0 && a.im === 0 ? nan : { re: Math.log(size(a)), im: Math.atan2(a.im, a.re) };

function exp(a: Complex): Complex {
  const r = Math.exp(a.re);
  return { re: r * Math.cos(a.im), im: r * Math.sin(a.im) };
}

/** Principal value; small integer powers by multiplication so that they stay exact. */
function pow(a: Complex, b: Complex): Complex {
  if (b.im === 0 && Number.isInteger(b.re) && Math.abs(b.re) <= 64) {
    let total = real(1);
    for (let k = 0; k < Math.abs(b.re); k += 1) total = mul(total, a);
    return b.re < 0 ? div(real(1), total) : total;
  }
  return a.re === 0 && a.im === 0 ? nan : exp(mul(b, ln(a)));
}

/** Value in complex doubles, principal branches; NaN for what has no such value here. */
export function complexValue(node: Node, at: ReadonlyMap<string, Complex>, meter: Meter): Complex {
  meter.spend(2);
  const value = (part: Node): Complex => complexValue(part, at, meter);
  switch (node.t) {
    case 'num':
      return real(toNumber(node.v));
    case 'sym':
      return at.get(node.name) ?? nan;
    case 'const':
      if (node.name === 'i') return { re: 0, im: 1 };
      return node.name === 'pi' ? real(Math.PI) : node.name === 'e' ? real(Math.E) : nan;
    case 'add':
      return node.args.map(value).reduce(add, real(0));
    case 'mul':
      return node.args.map(value).reduce(mul, real(1));
    case 'neg':
      return mul(real(-1), value(node.a));
    case 'div':
      return div(value(node.a), value(node.b));
    case 'pow':
      return pow(value(node.a), value(node.b));
    case 'root':
      return pow(value(node.a), div(real(1), value(node.n)));
    case 'call':
      return call(node.fn, node.args.map(value));
    case 'apply':
    case 'series':
      return nan;
  }
}

function call(fn: FunctionName, args: readonly Complex[]): Complex {
  const [z = nan, base] = args;
  return complexFunctions.get(fn)?.(z, base) ?? nan;
}

const i: Complex = { re: 0, im: 1 };

/** (e^{iz} ± e^{−iz}) */
function euler(z: Complex, sign: 1 | -1): Complex {
  const plus = exp(mul(i, z));
  const minus = exp(mul({ re: 0, im: -1 }, z));
  return { re: plus.re + sign * minus.re, im: plus.im + sign * minus.im };
}

const sine = (z: Complex): Complex => div(euler(z, -1), { re: 0, im: 2 });
const cosine = (z: Complex): Complex => div(euler(z, 1), real(2));

type ComplexFunction = (z: Complex, base: Complex | undefined) => Complex;

const complexFunctions: ReadonlyMap<FunctionName, ComplexFunction> = new Map<
  FunctionName,
  ComplexFunction
>([
  ['sin', sine],
  ['cos', cosine],
  ['tan', (z) => div(sine(z), cosine(z))],
  ['cot', (z) => div(cosine(z), sine(z))],
  ['exp', exp],
  ['ln', ln],
  ['log', (z, base) => (base === undefined ? ln(z) : div(ln(z), ln(base)))],
  ['abs', (z) => real(size(z))],
  ['conj', (z) => ({ re: z.re, im: -z.im })],
  ['re', (z) => real(z.re)],
  ['im', (z) => real(z.im)],
]);
