import { expect, test } from 'vitest';
import { Meter, defaultBudget } from '../budget.ts';
import { tokenize } from './lexer.ts';
import { parseExpression } from './parser.ts';
import type { Reason } from '../verdict.ts';
import { scalarsEqual } from './scalars-equal.ts';

function compare(a: string, b: string): Reason {
  const meter = new Meter(defaultBudget);
  const [x, y] = [a, b].map((text) => parseExpression(tokenize(text, meter), meter));
  return scalarsEqual(x!, y!, { places: 6, fixed: false }, meter);
}

test.each([
  // Exact fractions: BigInt throughout.
  ['\\frac{2}{4}', '\\frac{1}{2}', 'number-exact'],
  ['0.5', '\\frac{1}{2}', 'number-exact'],
  ['12345678901234567890', '12345678901234567891', 'number-differs'],
  ['2^{10}', '1024', 'number-exact'],
  ['10!', '3628800', 'number-exact'],
  ['\\binom{10}{3}', '120', 'number-exact'],
  ['\\sqrt{\\frac{9}{4}}', '1.5', 'number-exact'],
  ['0.1\\overline{6}', '\\frac{1}{6}', 'number-exact'],
  ['100000!', '100001!', 'number-differs'],
  ['2^{2^{2^{49}}}', '1', 'number-differs'],
  // Rounding of decimals to six places, or six significant digits when small.
  ['0.333333', '\\frac{1}{3}', 'number-rounded'],
  ['0.333', '\\frac{1}{3}', 'number-differs'],
  ['6.283185', '2\\pi', 'number-rounded'],
  ['6.28', '2\\pi', 'number-differs'],
  ['0.00000012', '0.00000013', 'number-differs'],
  ['100', '101', 'number-differs'],
  // Quotients of polynomials.
  ['(x+1)^2', 'x^2+2x+1', 'expression-expanded'],
  ['\\frac{x^2-1}{x-1}', 'x+1', 'expression-expanded'],
  ['\\frac{x+2}{7}', '\\frac{x}{7}+\\frac{2}{7}', 'expression-expanded'],
  ['x^2', 'x^3', 'expression-differs'],
  ['x+1', 'y+1', 'variables-differ'],
  ['x+y-y', 'x', 'expression-expanded'],
  // Constants: doubles refuse, 64 digits confirm.
  ['\\sqrt{8}', '2\\sqrt{2}', 'expression-sampled'],
  ['\\sqrt{2}+\\sqrt{3}', '\\sqrt{5+2\\sqrt{6}}', 'expression-sampled'],
  ['e^{i\\pi}', '-1', 'expression-sampled'],
  ['\\ln{8}', '3\\ln{2}', 'expression-sampled'],
  ['\\arctan{1}', '\\frac{\\pi}{4}', 'expression-sampled'],
  ['\\sqrt{2}', '\\sqrt{3}', 'number-differs'],
  // Sampling: agreement wherever both sides are defined over the reals.
  ['\\sin^2 x+\\cos^2 x', '1', 'expression-sampled'],
  ['\\sin 2x', '2\\sin x \\cos x', 'expression-sampled'],
  ['\\sqrt{x^2}', 'x', 'expression-differs'],
  ['\\sqrt{x^2}', '|x|', 'expression-sampled'],
  ['\\sum_{k=1}^{n} k', '\\frac{n(n+1)}{2}', 'expression-sampled'],
  ['\\binom{n}{2}', '\\frac{n(n-1)}{2}', 'expression-sampled'],
  ['(1+i)x', 'x+ix', 'expression-sampled'],
  // Infinity decides nothing inside an expression.
  ['\\infty', '\\infty', 'identical'],
  ['\\infty+1', '\\infty+1', 'expression-differs'],
  ['\\infty', '-\\infty', 'expression-differs'],
] satisfies (readonly [string, string, Reason])[])('%s and %s: %s', (a, b, reason) => {
  expect(compare(a, b)).toBe(reason);
});

test('sixty nested roots that miss 2 by 10^-36 are not 2', () => {
  let text = '0';
  for (let level = 0; level < 60; level += 1) text = `\\sqrt{2+${text}}`;
  expect(compare(text, '2')).toBe('number-differs');
});
