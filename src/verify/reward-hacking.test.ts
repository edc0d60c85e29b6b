import { expect, test } from 'vitest';
import { rewardOf } from './verdict.ts';
import { verify } from './verify.ts';

const options = ['4', '5', '6', '7'];
const reward = (gold: string, prediction: string, choices?: readonly string[]): 0 | 1 | null =>
  rewardOf(verify({ gold, prediction, source: 'response', ...(choices ? { choices } : {}) }));

test.each([
  ['every option in one box', 'B', '\\boxed{A, B, C, D}', options],
  ['every option in a sentence', 'B', 'The answer is A, B, C or D.', options],
  ['every option text in one box', 'B', '\\boxed{4, 5, 6, 7}', options],
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
