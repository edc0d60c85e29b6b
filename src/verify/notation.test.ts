import { describe, expect, test } from 'vitest';
import { verify } from './verify.ts';

/** Ways of writing one thing, and what looks alike and is another: gold, answer. */
const rules: readonly {
  readonly rule: string;
  readonly same: readonly (readonly [gold: string, answer: string])[];
  readonly different: readonly (readonly [gold: string, answer: string])[];
}[] = [
  {
    rule: 'an exponent without braces is one letter, or one name',
    same: [
      ['e^{x+y}', 'e^xe^y'],
      ['a^{2}b^{2}c', '(ab)^2c'],
      ['bx^{a}', 'x^ab'],
      ['2^{\\pi}', '2^pi'],
      ['x^{10}', 'x^10'],
    ],
    different: [
      ['x^{ab}', 'x^ab'],
      ['e^{xy}', 'e^xy'],
      ['2^{n}', '2^mn'],
    ],
  },
  {
    rule: "TeX's `over` is a fraction of its whole group",
    same: [
      ['\\frac13', '1\\over3'],
      ['\\frac13', '{1 \\over 3}'],
      ['x=\\frac12', 'x = 1 \\over 2'],
      ['\\frac{a}{b}+\\frac{c}{d}', '{a\\over b}+{c\\over d}'],
      ['\\frac{3(x+1)}{2}', '{x+1 \\over {2\\over 3}}'],
      ['(\\frac12,\\frac13)', '(1\\over2, 1\\over3)'],
    ],
    different: [
      ['\\frac13', '3\\over1'],
      ['x+\\frac12', '{x+1\\over2}'],
      ['0.\\overline{3}', '\\frac{0}{3}'],
    ],
  },
  {
    rule: 'points group digits where groups and decimals leave no other reading',
    same: [
      ['1234.56', '1.234,56'],
      ['1000000', '1.000.000'],
      ['-12345678.9', '-12.345.678,9'],
      ['1234.5', '€1.234,50'],
    ],
    different: [
      ['1234', '1.234'],
      ['1234.56', '1.2345,6'],
      ['1234', '01.234,00'],
      ['1234567', '1.234,567'],
    ],
  },
  {
    rule: 'an ordinal is its number when the ending belongs to it',
    same: [
      ['14^{\\text{th}}', '14'],
      ['2', '2nd'],
      ['21', '21^{st}'],
      ['113', '113\\text{th}'],
      ['3rd', '3'],
    ],
    different: [
      ['2', '2th'],
      ['13', '13rd'],
      ['14', '15th'],
      ['5', '5^{th}+1'],
    ],
  },
  {
    rule: 'per cent in two words is a percent',
    same: [
      ['28\\%', '28 per cent'],
      ['0.5', '50 per cent'],
      ['12.5\\%', '12.5\\text{ per cent}'],
    ],
    different: [
      ['28\\%', '29 per cent'],
      ['5', '5 per cent'],
      ['5', '5 cents per cent'],
    ],
  },
  {
    rule: 'the marks of an alignment are no structure; its rows go on or state something of their own',
    same: [
      ['7', '\\begin{align*}x&=7\\end{align*}'],
      ['7', '\\begin{aligned}x&=3+4\\\\&=7\\end{aligned}'],
      ['x=1, y=2', '\\begin{align}x&=1\\\\y&=2\\end{align}'],
    ],
    different: [
      ['8', '\\begin{align*}x&=7\\end{align*}'],
      ['2', '\\begin{align}x&=1\\\\y&=2\\end{align}'],
      ['\\begin{pmatrix}1&2\\end{pmatrix}', '\\begin{align}1&2\\end{align}'],
    ],
  },
  {
    rule: 'a bare subscript of a logarithm is one digit where the others are all there is to take',
    same: [
      ['3', '\\log_28'],
      ['1', '\\log_55'],
      ['3', '\\log_327'],
      ['2', '\\log_10 100'],
      ['1', '\\log_{28} 28'],
    ],
    different: [
      ['3', '\\log_29'],
      ['1', '\\log_10 100'],
      ['3', '\\log_{28}'],
    ],
  },
  {
    rule: 'a list is in no order, whatever brackets an answer puts around it; what has an order keeps it',
    same: [
      ['7,6,5', '(5,6,7)'],
      ['0,5', '(5,0)'],
      ['1 \\text{ and } 2 \\text{ and } 3', '(3,1,2)'],
    ],
    different: [
      ['(5,6,7)', '7,6,5'],
      ['x=1, y=2', '(2,1)'],
      ['1,2', '[2,1]'],
      ['7,6,5', '(5,6)'],
    ],
  },
  {
    rule: 'a set holds an element once, and a set of one is its element',
    same: [
      ['5', '\\{5,5\\}'],
      ['\\{5,5\\}', 'x=5'],
      ['x', '\\{x,x\\}'],
    ],
    different: [
      ['5', '\\{5,6\\}'],
      ['5,5', '5'],
      ['5', '5,6'],
    ],
  },
  {
    rule: 'words in sign form that lead to a value are no part of it',
    same: [
      ['9', '\\therefore 9'],
      ['x=5', '\\therefore\\ x=5'],
      ['(1,2)', '\\because (1,2)'],
    ],
    different: [
      ['9', '\\therefore 8'],
      ['9', '\\theta 9'],
      ['204_5', '204\\%'],
    ],
  },
  {
    rule: 'conditions in a list are the one condition they make together',
    same: [
      ['x \\ge 2, x \\le 5', '2 \\le x \\le 5'],
      ['x > 2 \\text{ and } x < 5', '(2,5)'],
      ['x < -1 \\text{ or } x > 1', '(-\\infty,-1)\\cup(1,\\infty)'],
    ],
    different: [
      ['x \\ge 2, x \\le 5', '2 \\le x < 5'],
      ['x \\ge 2, y \\le 5', '2 \\le x \\le 5'],
      ['x > 2 \\text{ and } x < 5', '[2,5]'],
    ],
  },
];

describe.each(rules)('$rule', ({ same, different }) => {
  test.each(same)('%s is %s', (gold, answer) => {
    expect(verify({ gold, prediction: answer, source: 'answer' }).correct).toBe(true);
  });
  test.each(different)('%s is not %s', (gold, answer) => {
    expect(verify({ gold, prediction: answer, source: 'answer' }).correct).toBe(false);
  });
});
