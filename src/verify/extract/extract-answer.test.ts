import { expect, test } from 'vitest';
import { verify } from '../verify.ts';
import type { Verdict } from '../verdict.ts';
import { findBoxes, joinedBoxes } from './boxes.ts';
import { findSegments, lastNumber } from './segments.ts';

const judge = (prediction: string, gold = '5', choices?: readonly string[]): Verdict =>
  verify({ gold, prediction, source: 'response', ...(choices ? { choices } : {}) });

test.each([
  ['the last complete box wins', '\\boxed{3} then \\boxed{5}', '5'],
  ['braces are counted', 'so \\boxed{\\frac{5}{1}} done', '\\frac{5}{1}'],
  ['escaped braces are literal', '\\boxed{\\{5\\}}', '\\{5\\}'],
  ['fbox is a box', '\\fbox{5}', '5'],
  ['blanks may stand before the brace', '\\boxed {5}', '5'],
  ['one token needs no braces', 'thus \\boxed 5.', '5'],
  ['a box inside a box is one box', '\\boxed{\\boxed{5}}', '\\boxed{5}'],
  ['a tag counts when there is no box', '<answer> 5 </answer>', '5'],
  ['a tag may span lines', '<answer>\n5\n</answer>', '5'],
  ['a box inside a tag is unwrapped', 'x <answer>it is \\fbox{5}</answer>', '5'],
  ['a phrase inside a tag counts', '<answer>The answer is 5.</answer>', '5'],
  ['the last tag wins', '<answer>4</answer> <answer>5</answer>', '5'],
  ['a phrase yields a number', 'Work.\nThe answer is 5.', '5'],
  ['a phrase yields a segment', 'Hence the final answer is $x = 5$.', '$x = 5$'],
  ['an emphasised label is a phrase', 'Work.\n**Answer:** 5', '5'],
  ['only what follows the reasoning is searched', '<think>\\boxed{4}</think> \\boxed{5}', '5'],
])('%s', (_, prediction, text) => {
  const verdict = judge(prediction);
  expect(verdict.answer?.text).toBe(text);
  expect(verdict.correct).toBe(true);
});

test.each([
  ['no-phrase', 'I counted to 5'],
  ['no-phrase', '5'],
  ['empty-box', '\\boxed{ }'],
  ['unclosed-box', 'the result is \\boxed{5'],
  ['only-in-reasoning', '<think>so \\boxed{5}</think> Done.'],
])('without an answer the reason is %s', (reason, prediction) => {
  const verdict = judge(prediction);
  expect([verdict.status, verdict.reason]).toEqual(['no-answer', reason]);
});

test('the span of an answer points at it in the response', () => {
  const prediction = 'First \\boxed{3}, then <think>no</think> the box \\boxed{ 5 }.';
  const { answer } = judge(prediction);
  expect(prediction.slice(answer?.start, answer?.end)).toBe('5');
});

test('several boxes are joined only for a gold list', () => {
  const response = '$x=\\boxed{1}$ and $y=\\boxed{2}$';
  expect(judge(response, '1, 2').notes).toContain('boxes-joined');
  expect(judge(response, '1, 2').correct).toBe(true);
  expect(judge(response, '2').correct).toBe(true);
  expect(judge(response, '1').correct).toBe(false);
});

test('boxes far apart or equal are not joined', () => {
  const far = `\\boxed{1}${' '.repeat(80)}and \\boxed{2}`;
  expect(joinedBoxes(far, findBoxes(far).boxes)).toHaveLength(1);
  const same = '\\boxed{1} which gives, again, \\boxed{1}';
  expect(joinedBoxes(same, findBoxes(same).boxes)).toHaveLength(1);
});

test('the last 64 KiB are searched and the note says so', () => {
  const verdict = judge(`\\boxed{4}${'x '.repeat(40_000)}\\boxed{5}`);
  expect(verdict.notes).toContain('tail-only');
  expect(verdict.correct).toBe(true);
  expect(judge(`\\boxed{5}${'x '.repeat(40_000)}`).correct).toBe(false);
});

test('a phrase yields a letter only in a bounded form', () => {
  const options = ['red', 'blue', 'green'];
  expect(judge('The answer is (B).', 'B', options).correct).toBe(true);
  expect(judge('The correct answer is:\n\nB. blue', 'B', options).correct).toBe(true);
  expect(judge('The answer is Because.', 'B', options).correct).toBe(false);
  expect(judge('The answer is A or B.', 'B', options).correct).toBe(false);
  expect(judge('The answer is blue.', 'B', options).correct).toBe(true);
});

test('inline mathematics never spans lines', () => {
  expect(findSegments('costs $5\nand $6$')).toHaveLength(1);
  expect(findSegments('$$a\nb$$ \\(c\\) \\[d\\]')).toHaveLength(3);
});

test('the last number keeps sign, groups and what is glued to it, and is no part of a word', () => {
  const last = (text: string): string => {
    const found = lastNumber(text);
    return found === undefined ? '' : text.slice(found.start, found.end);
  };
  expect(last('from -3 to 1,234.5')).toBe('1,234.5');
  expect(last('it grows by 100%.')).toBe('100%');
  expect(last('code XY2K')).toBe('');
  expect(last('gives -7')).toBe('-7');
});
