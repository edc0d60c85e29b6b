import { describe, expect, test } from 'vitest';
import { verify } from './verify.ts';

/** Pairs that a rule accepts and pairs just outside it, per rule: gold, answer. */
interface Rule {
  readonly rule: string;
  readonly same: readonly (readonly [gold: string, answer: string])[];
  readonly different: readonly (readonly [gold: string, answer: string])[];
}

const rules: readonly Rule[] = [
  {
    rule: 'a series between integers is added up exactly',
    same: [
      ['\\sum_{k=1}^{10} k^2', '385'],
      ['120', '\\prod_{k=1}^{5} k'],
      ['36', '\\sum_{i=1}^{3}\\sum_{j=1}^{3} ij'],
      ['\\sum_{k=1}^{10} k^2', '\\sum_{j=1}^{10} j^2'],
      ['\\frac{137}{60}', '\\sum_{n=1}^{5} \\frac{1}{n}'],
    ],
    different: [
      ['\\sum_{k=1}^{10} k^2', '384'],
      ['120', '\\prod_{k=1}^{6} k'],
      ['\\sum_{k=1}^{10} k^2', '\\sum_{k=1}^{10} k^3'],
    ],
  },
  {
    rule: 'a determinant is the number or expression it stands for',
    same: [
      ['-2', '\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}'],
      ['-2', '\\det\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}'],
      ['ad-bc', '\\begin{vmatrix}a&b\\\\c&d\\end{vmatrix}'],
      ['0', '\\begin{vmatrix}1&2&3\\\\4&5&6\\\\7&8&9\\end{vmatrix}'],
    ],
    different: [
      ['2', '\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}'],
      ['-2', '\\begin{vmatrix}1&2&3\\\\3&4&5\\end{vmatrix}'],
      ['\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', '\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}'],
    ],
  },
  {
    rule: 'a modulus may be left out; residues of one modulus are equal when congruent',
    same: [
      ['3 \\pmod{7}', '3'],
      ['x \\equiv 3 \\pmod{7}', '3'],
      ['3 \\pmod{7}', 'x \\equiv 3 (\\bmod 7)'],
      ['3 \\pmod 7', '3 (mod 7)'],
      ['3 \\pmod 7', '10 \\pmod 7'],
      ['-1 \\pmod 5', '4 \\pmod 5'],
    ],
    different: [
      ['3 \\pmod 7', '4 \\pmod 7'],
      ['3 \\pmod 7', '3 \\pmod 5'],
      ['3 \\pmod 7', '10'],
    ],
  },
  {
    rule: 'units written as one word are the quotients they stand for',
    same: [
      ['60 mph', '60\\text{ miles per hour}'],
      ['60\\text{ mi/h}', '60\\text{ mph}'],
      ['36 kph', '10\\text{ m/s}'],
      ['8\\text{ m/s}', '8\\text{ ms}^{-1}'],
    ],
    different: [
      ['60 mph', '60\\text{ km/h}'],
      ['8\\text{ m/s}', '8\\text{ ms}'],
      ['60 mph', '61\\text{ mi/h}'],
    ],
  },
  {
    rule: 'a counted noun in text behind a number is a unit',
    same: [
      ['7\\text{ apples}', '7'],
      ['12', '12\\text{ students}'],
      ['\\frac12\\text{ pizza}', '0.5'],
      ['\\$1500', 'USD 1500'],
    ],
    different: [
      ['7\\text{ apples}', '8\\text{ apples}'],
      ['7\\text{ apples}', '7\\text{ oranges}'],
      ['a\\text{ apples}', '7'],
    ],
  },
  {
    rule: 'percent in a font command is the sign',
    same: [
      ['25\\%', '25\\text{ percent}'],
      ['25\\%', '25\\ \\mathrm{percent}'],
      ['0.25', '25\\text{ per cent}'],
    ],
    different: [
      ['25\\%', '26\\text{ percent}'],
      ['25', '25\\text{ percent}'],
    ],
  },
  {
    rule: 'an empty group says nothing; alone it is the empty set',
    same: [
      ['2\\pi', '2\\pi{}'],
      ['30^\\circ', '30{}^\\circ'],
      ['\\frac12', '{}\\frac12'],
      ['\\emptyset', '{}'],
    ],
    different: [
      ['0', '{}'],
      ['5', '{}'],
    ],
  },
  {
    rule: 'conditions on different unknowns differ',
    same: [
      ['x\\ge2', '2\\le x'],
      ['1<x<2', 'x>1 \\text{ and } x<2'],
      ['1\\le t\\le 3', 't\\le3,\\ t\\ge1'],
      ['x<1 \\text{ or } x>2', '(-\\infty,1)\\cup(2,\\infty)'],
    ],
    different: [
      ['x\\ge2', 'y\\ge2'],
      ['1<x<2', 'y>1, x<2'],
      ['1<y<2', 'x>1, x<2'],
      ['1<x<2', 'x<1 \\text{ or } x>2'],
    ],
  },
  {
    rule: 'a number on the left of an equation is no chain to be cut when the right side has unknowns',
    same: [
      ['2x+y=1', '1=2x+y'],
      ['x^2+y^2=25', '25=x^2+y^2'],
      ['0=x^2-4', 'x^2-4=0'],
      ['12', '3\\cdot4=12'],
    ],
    different: [
      ['2x+y=1', '2=2x+y'],
      ['2x+y', '1=2x+y'],
      ['1', '1=2x+y'],
    ],
  },
  {
    rule: 'signs inside a set belong to its elements',
    same: [
      ['\\{1\\pm\\sqrt{5},-2\\}', '\\{1+\\sqrt5,1-\\sqrt5,-2\\}'],
      ['\\{\\pm1,\\pm2\\}', '\\{-2,-1,1,2\\}'],
      ['\\{0,\\pm i\\}', '0, i, -i'],
    ],
    different: [
      ['\\{1\\pm\\sqrt{5},-2\\}', '\\{1+\\sqrt5,-2\\}'],
      ['\\{\\pm1,\\pm2\\}', '\\{1,2\\}'],
    ],
  },
  {
    rule: 'one value in several spellings is that value, when each of them is the gold',
    same: [
      ['0.6', '\\frac35 \\text{ or } 0.6'],
      ['\\frac{7}{2}', '\\frac72, 3.5'],
      ['\\sqrt8', '2\\sqrt2 \\text{ or } \\sqrt8'],
    ],
    different: [
      ['0.6', '\\frac35 \\text{ or } 0.7'],
      ['5', '5, 5'],
      ['5', '5, 6'],
      ['\\{5,6\\}', '5'],
    ],
  },
  {
    rule: 'words that announce a value are no part of it',
    same: [
      ['5', '\\text{The area is } 5'],
      ['\\{2,3\\}', '\\text{The roots are } 2, 3'],
      ['x=5', '\\text{Answer: } x=5'],
    ],
    different: [
      ['5', '\\text{The area is not } 5'],
      ['5', '\\text{The area is } 6'],
    ],
  },
  {
    rule: 'values of one unknown are a list in any order, values of several stand in order',
    same: [
      ['x=5 \\text{ or } x=-3', '-3, 5'],
      ['(a,b)=(2,1),(3,2)', '(3,2),(2,1)'],
      ['n=1, 2, 3', '3, 2, 1'],
      ['AB=4, CD=5', '4, 5'],
    ],
    different: [
      ['AB=4, CD=5', '5, 4'],
      ['x=1, y=2', '2, 1'],
      ['x=5 \\text{ or } x=-3', '5, 3'],
    ],
  },
  {
    rule: 'a gold may be a sentence that concludes with its answer',
    same: [
      ['The answer is 12.', '12'],
      ['Therefore the answer is \\[ 25 \\]', '25'],
      ['So the final answer is $120$.', '120'],
      ['Thus $x = \\frac{1}{2}$ or $x=3$.', '3, \\frac12'],
      ['Hence the lines meet, so the point is $(1,2)$.', '(1,2)'],
    ],
    different: [
      ['The answer is 12.', '13'],
      ['$2n+1$ for some $n$', 'n'],
      ['all $n$ such that $n \\equiv 1 \\pmod 4$', '1'],
    ],
  },
  {
    rule: 'a set given by its condition is that set',
    same: [
      ['(-1,3)', '\\{x \\mid -1<x<3\\}'],
      ['\\{x \\mid -1<x<3\\}', '(-1,3)'],
      ['\\{x : x>2\\}', 'x>2'],
      ['\\{x | x \\ne 0\\}', '(-\\infty,0)\\cup(0,\\infty)'],
      ['\\{(x,y) : x+y=1\\}', '\\{(x,y) : y+x=1\\}'],
    ],
    different: [
      ['[-1,3]', '\\{x \\mid -1<x<3\\}'],
      ['(-1,3)', '-1<x<3'],
      ['\\{x : x>2\\}', 'x>3'],
    ],
  },
  {
    rule: 'ratios may be named, and both values of one name stand in a list',
    same: [
      ['2:3', 'm:n=2:3'],
      ['AB:BC=2:3', '4:6'],
      [
        'x=\\frac12, x=\\frac{-1\\pm\\sqrt{13}}{4}',
        '\\frac12, \\frac{-1+\\sqrt{13}}{4}, \\frac{-1-\\sqrt{13}}{4}',
      ],
      ['I and III', '\\text{I and III}'],
    ],
    different: [
      ['2:3', 'm:n=3:2'],
      ['x=\\frac12, x=\\pm1', '\\frac12, 1'],
      ['I and III', '\\text{I and II}'],
    ],
  },
  {
    rule: 'a name may carry an inverse, primes, brackets or a set sign',
    same: [
      ['f^{-1}(x)=\\frac{x-1}{2}', '\\frac{x-1}{2}'],
      ['5', "f''(1)=5"],
      ['5', '\\mathbb{E}[X]=5'],
      ['5', '|A \\cup B| = 5'],
      ['[1,2]', 'A \\cap B = [1,2]'],
    ],
    different: [
      ['f^{-1}(x)=\\frac{x-1}{2}', 'g^{-1}(x)=\\frac{x-1}{2}'],
      ['5', 'x^2=5'],
      ['5', '2x=5'],
    ],
  },
];

describe.each(rules)('$rule', ({ same, different }) => {
  test.each(same)('%s is %s', (gold, answer) => {
    expect(verify({ gold, prediction: answer, source: 'answer' })).toMatchObject({ correct: true });
  });
  test.each(different)('%s is not %s', (gold, answer) => {
    expect(verify({ gold, prediction: answer, source: 'answer' })).toMatchObject({
      correct: false,
      status: 'wrong',
    });
  });
});
