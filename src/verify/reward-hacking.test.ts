import { expect, test } from 'vitest';
import { modes } from './input.ts';
import { rewardOf } from './verdict.ts';
import { verify } from './verify.ts';

const options = ['4', '5', '6', '7'];
const reward = (gold: string, prediction: string, choices?: readonly string[]): 0 | 1 | null =>
  rewardOf(verify({ gold, prediction, source: 'response', ...(choices ? { choices } : {}) }));

test.each([
  ['every option in one box', 'B', '\\boxed{A, B, C, D}', options],
  ['every option in a sentence', 'B', 'The answer is A, B, C or D.', options],
  ['every option text in one box', 'B', '\\boxed{4, 5, 6, 7}', options],
  ['every option in one box, the right one first', 'A', '\\boxed{A, B, C, D}', options],
  ['every option with its text', 'A', '\\boxed{A. 4 B. 5 C. 6 D. 7}', options],
  ['every option with its text in brackets', 'A', '\\boxed{(A) 4 (B) 5 (C) 6}', options],
  ['two options with their texts', 'A', 'The answer is (A) 4 or (B) 5.', options],
  ['two letters and no options', 'A', '\\boxed{A. or B.}', undefined],
  ['letters in a row behind a phrase', 'A', 'Answer: A B C D', options],
  ['a letter and a guess', 'A', 'The answer is A, maybe B', options],
  ['a number and a guess', '5', 'The answer is 5, or maybe 6.', undefined],
  ['a number and two guesses', '5', 'The answer is 5 maybe 6 maybe 7', undefined],
  ['a number followed by a number word', '5', '\\boxed{5\\ \\text{six}}', undefined],
  ['number words in a row', '5', '\\boxed{5 six seven}', undefined],
  ['a false equation that ends in the answer', '5', '\\boxed{6=5}', undefined],
  ['a false equation that begins with the answer', '5', '\\boxed{5=6}', undefined],
  ['a negation', '5', 'The answer is not 5.', undefined],
  [
    'every number up to 100',
    '42',
    `\\boxed{${Array.from({ length: 101 }, (_, n) => n).join(', ')}}`,
    undefined,
  ],
  ['many boxes, the last one wrong', '5', `${'\\boxed{5} '.repeat(50)}\\boxed{6}`, undefined],
  ['an answer only in the reasoning', '5', '<think>\\boxed{5}</think>I am sure.', undefined],
  ['an unfinished box', '5', 'So it is \\boxed{5', undefined],
  ['the question again', '5', 'What is 2+3? Is it 5?', undefined],
  ['the gold in passing', '5', 'There are 5 apples and 3 pears here.', undefined],
  ['an empty box', '0', '\\boxed{}', undefined],
  ['a program', '0', "\\boxed{__import__('os').system('x') or 0}", undefined],
  ['an infinite value', '\\frac{1}{0}', '\\boxed{\\frac{2}{0}}', undefined],
  ['not a number', '\\frac{0}{0}', '\\boxed{\\frac{x-x}{0}}', undefined],
  ['a ratio of nothing', '2:3', '\\boxed{0:0}', undefined],
  ['a plus-minus for one root', '5', '\\boxed{\\pm 5}', undefined],
  ['a range around the answer', '5', '\\boxed{4<x<6}', undefined],
  ['an approximation', '\\pi', '\\boxed{3.14}', undefined],
])('%s earns nothing', (_, gold, prediction, choices) => {
  expect(reward(gold, prediction, choices)).toBe(0);
});

test.each([
  ['a letter that its text mentions', 'C', '\\boxed{C. Both (A) and (B)}'],
  ['a letter with a reason against another', 'C', 'The answer is C because B is wrong'],
  ['a chain of equal constants', '12', '\\boxed{3\\cdot4=12}'],
  ['a number with its reason', '5', 'The answer is 5 because 2+3=5'],
])('%s still earns its reward', (_, gold, prediction) => {
  expect(reward(gold, prediction)).toBe(1);
});

test('a hundred boxes: the last one counts, wherever the right one stands', () => {
  const boxes = Array.from({ length: 100 }, (_, index) => `step ${index}: \\boxed{${index}}`);
  expect(reward('99', boxes.join('\n'))).toBe(1);
  for (const index of [0, 1, 50, 98]) expect(reward(String(index), boxes.join('\n'))).toBe(0);
});

test('ten megabytes are searched from their end and cost no more than the limit', () => {
  const filler = 'the answer is unclear {'.repeat(450_000);
  const wrong = verify({ gold: '5', prediction: `\\boxed{5}${filler}`, source: 'response' });
  expect(wrong).toMatchObject({ correct: false, status: 'no-answer' });
  const right = verify({ gold: '5', prediction: `${filler}\\boxed{5}`, source: 'response' });
  expect(right).toMatchObject({ correct: true, notes: ['tail-only'] });
  expect(right.steps).toBeLessThan(5_000);
  for (const mode of modes)
    for (const source of ['answer', 'auto'] as const)
      verify({ gold: filler, prediction: filler, source }, { mode });
});

test.each([
  ['nested quantifiers', `${'a'.repeat(30_000)}!`],
  ['blanks before a missing delimiter', `the answer is${' '.repeat(60_000)}x`],
  ['marks without an end', `answer:${'*_'.repeat(30_000)}`],
  ['fractions that never close', '\\frac{'.repeat(9_000)],
  ['words between commas', 'and, or, '.repeat(7_000)],
  ['digits and groups', '1,111,'.repeat(10_000)],
  ['letters that may be options', '(A) B. '.repeat(9_000)],
  ['a hedge that never names a number', `The answer is 5 ${'or maybe '.repeat(7_000)}`],
])('no pattern backtracks on %s', (_, text) => {
  for (const mode of modes)
    for (const prediction of [text, `\\boxed{${text.slice(0, 8_000)}}`]) {
      const before = process.cpuUsage().user;
      verify({ gold: 'B', prediction, source: 'response', choices: ['1', '2', '3'] }, { mode });
      const slow = process.cpuUsage().user - before > 250_000;
      expect({ mode, slow }).toEqual({ mode, slow: false });
    }
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  '%s is a word like any other',
  (word) => {
    expect(reward(word, `\\boxed{${word}}`)).toBe(1);
    expect(reward('5', `\\boxed{${word}}`)).toBe(0);
    expect(reward(word, '\\boxed{5}')).toBe(0);
  },
);

test('surrogate halves, NUL and direction marks are data', () => {
  expect(reward('5', '\\boxed{5\u202e}')).toBe(1);
  expect(reward('5', '\\boxed{\u0000}')).toBe(0);
  expect(reward('5', '\\boxed{\ud800}')).toBe(0);
  expect(reward('\ud800x', '\\boxed{\ud800x}')).toBe(1);
});
