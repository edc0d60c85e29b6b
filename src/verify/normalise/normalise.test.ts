import { expect, test } from 'vitest';
import { randomAnswer, randomBytes, randomOf, randomSoup } from '../__fixtures__/random-answers.ts';
import { normalise } from './normalise.ts';

test.each([
  ['−3 × 4 ÷ 2 · x', '-3 \\times 4 \\div 2 \\cdot x'],
  ['√2 ± π ≤ ∞', '\\sqrt{2} \\pm \\pi \\le \\infty'],
  ['x² + y₁₀'.replace('₁₀', '₁'), 'x^{2} + y_{1}'],
  ['１２３', '123'],
  ['٣٤', '34'],
  ['३', '3'],
  ['74°', '74^\\circ'],
  ['$\\left( \\frac{1}{3} \\right)$', '( \\frac{1}{3} )'],
  ['\\(5\\).', '5'],
  ['**5**', '5'],
  ['{{5}}', '5'],
  ['\\dfrac{1}{2}', '\\frac{1}{2}'],
  ['\\\\frac{1}{2}', '\\frac{1}{2}'],
  ['\frac{1}{2}', '\\frac{1}{2}'],
  ['\\frac12', '\\frac{1}{2}'],
  ['\\frac1{72}', '\\frac{1}{72}'],
  ['\\frac{1}2', '\\frac{1}{2}'],
  ['\\frac 1 2', '\\frac{1}{2}'],
  ['\\sqrt3', '\\sqrt{3}'],
  ['.5', '0.5'],
  ['28 percent', '28\\%'],
  ['28 pct', '28\\%'],
  ['infinity', '\\infty'],
  ['x <= 3', 'x \\le 3'],
  ['x != 3', 'x \\ne 3'],
  ['x**2', 'x^2'],
  ['sqrt(2)', '\\sqrt (2)'],
  ['1 and 2', '1, 2'],
  ['1 \\text{ or } 2', '1 , 2'],
  ['\\mathrm{cm}', '\\text{cm}'],
  ['\\text{A}', 'A'],
  ['\\textbf{(C)}', '(C)'],
  ['1{,}000', '1,000'],
  ['32,\\! 349', '32,349'],
  ['12\\,345\\,678', '12345678'],
  ['1 000 000', '1000000'],
  ['\\mathbb{R}', '\\R'],
  ['{5 \\choose 2}', '\\binom{5 }{ 2}'],
])('%j becomes %j', (raw, clean) => {
  expect(normalise(raw)).toBe(clean);
});

test('normalising twice changes nothing', () => {
  const draw = randomOf(11);
  for (let at = 0; at < 3_000; at += 1) {
    const raw = [randomAnswer, randomSoup, randomBytes][at % 3]!(draw);
    const once = normalise(raw);
    expect([raw, normalise(once)]).toEqual([raw, once]);
  }
});
