import { expect, test } from 'vitest';
import { verify } from './verify.ts';

const choices = ['3', '\\frac{1}{2}', '7 cm', 'blue'];
const judge = (gold: string, prediction: string): readonly [boolean, string] => {
  const verdict = verify({ gold, prediction, source: 'answer', choices });
  return [verdict.correct, verdict.reason];
};

test.each([
  'B',
  '(B)',
  '[B]',
  'B.',
  'B)',
  'B:',
  'B. \\frac12',
  '(B) 0.5',
  '\\text{B}',
  '\\textbf{(B)}',
  '\\mathrm{B}',
  'option B',
  'choice (B)',
  'b',
])('the letter is read from %s', (answer) => {
  expect(judge('B', answer)).toEqual([true, answer === 'B' ? 'identical' : 'option-letter']);
});

test.each(['Because', 'AB', 'Blue whale', 'Be', '(b) \\cdot x', '(b) = 3'])(
  'no letter is read from %s',
  (answer) => {
    expect(judge('B', answer)[0]).toBe(false);
  },
);

test('the content of exactly one option stands for its letter, and a letter for its content', () => {
  expect(judge('B', '0.5')).toEqual([true, 'option-text']);
  expect(judge('C', '7')).toEqual([true, 'option-text']);
  expect(judge('A', '0.5')).toEqual([false, 'option-differs']);
  expect(judge('\\frac{1}{2}', 'B')).toEqual([true, 'option-letter']);
  expect(judge('blue', 'C')).toEqual([false, 'option-differs']);
});

test('the letter decides when letter and text disagree, with a note', () => {
  const verdict = verify({ gold: 'B', prediction: 'B. 3', source: 'answer', choices });
  expect(verdict.correct).toBe(true);
  expect(verdict.notes).toContain('letter-and-text-disagree');
});

test('several letters are no answer to a question with one', () => {
  expect(judge('B', 'A, B')).toEqual([false, 'several-letters']);
  expect(judge('B', 'A or B')).toEqual([false, 'several-letters']);
});

test('several letters are a set when the gold has several', () => {
  expect(judge('A, C', 'C, A')[0]).toBe(true);
  expect(judge('AC', 'A and C')[0]).toBe(true);
  expect(judge('A, C', 'A')[0]).toBe(false);
});

test('a letter beyond the options is out of range', () => {
  expect(judge('B', 'E')).toEqual([false, 'letter-out-of-range']);
});

test('the pronoun I is no option', () => {
  const ten = Array.from({ length: 10 }, (_, index) => `option ${index}`);
  const input = {
    gold: 'I',
    prediction: 'The answer is I think unclear.',
    source: 'response',
    choices: ten,
  } as const;
  expect(verify(input).correct).toBe(false);
  expect(verify({ ...input, prediction: 'The answer is (I).' }).correct).toBe(true);
});
