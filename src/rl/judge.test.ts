import { expect, test } from 'vitest';
import { problem } from './__fixtures__/group.ts';
import type { AnswerVerdict, Judge, Response } from './judge.ts';
import { judgeResponse } from './judge.ts';

const end = 9;
const banned = new Set([100]);
const judge = (answer: Partial<AnswerVerdict>): Judge => ({
  verify: () => ({ correct: false, status: 'wrong', reason: 'number-differs', ...answer }),
  reward: { shaping: 'none' },
  banned,
  end,
});
const response = (tokens: readonly number[], stop: Response['stop'] = 'end'): Response => ({
  problem: problem('p'),
  tokens: Int32Array.from(tokens),
  stop,
  text: 'So \\boxed{4}',
  waits: 0,
  forced: false,
});
const right: Partial<AnswerVerdict> = {
  correct: true,
  status: 'correct',
  reason: 'identical',
  answer: { text: '4' },
  shapes: { prediction: 'number' },
};

test('a right answer is worth 1 and says what was found and which rule decided [R7]', async () => {
  expect(await judgeResponse(response([1, 2, end]), judge(right))).toEqual({
    code: 'correct',
    correct: true,
    reward: 1,
    shaping: 0,
    extracted: '4',
    shape: 'number',
    reason: 'identical',
  });
});

test('a forbidden token makes a response invalid before anything else [rule 3] [D4]', async () => {
  const found = await judgeResponse(response([1, 100, end]), judge(right));
  expect(found).toMatchObject({ code: 'forbidden_token', correct: false, reward: 0 });
  const early = await judgeResponse(response([end, 1, end]), judge(right));
  expect(early?.code).toBe('forbidden_token');
});

test('a response without end token is truncated and worth 0, box or not [R2] [rule 10]', async () => {
  const found = await judgeResponse(response([1, 2], 'length'), judge(right));
  expect(found).toMatchObject({ code: 'truncated', correct: false, reward: 0 });
});

test.each([
  ['wrong', 'number-differs', 'wrong'],
  ['no-answer', 'no-box', 'no_answer'],
  ['over-budget', 'step-limit', 'timeout'],
  ['over-budget', 'worker-killed', 'timeout'],
  ['over-budget', 'too-deep', 'unparsable'],
] as const)(
  '%s by %s has the code %s and no reward [R6] [R7] [rule 40]',
  async (status, reason, code) => {
    const found = await judgeResponse(response([1, end]), judge({ status, reason }));
    expect(found).toMatchObject({ code, correct: false, reward: 0, reason });
  },
);

test('an answer key that cannot be judged gives no verdict at all', async () => {
  const found = await judgeResponse(
    response([1, end]),
    judge({ status: 'unverifiable', reason: 'gold-empty' }),
  );
  expect(found).toEqual({ code: 'unjudged' });
});

test('a verifier that throws gives no verdict, and says why [rule 40]', async () => {
  const broken: Judge = {
    ...judge(right),
    verify: () => {
      throw new Error('out of stack');
    },
  };
  expect(await judgeResponse(response([1, end]), broken)).toEqual({
    code: 'unjudged',
    failure: 'the verifier failed: out of stack',
  });
});

test('the verifier is shown the response, the answer key, the options and the question', async () => {
  const seen: unknown[] = [];
  const one = { ...problem('p'), options: ['3', '4'] };
  await judgeResponse(
    { ...response([1, end]), problem: one },
    {
      ...judge(right),
      verify: (input) => {
        seen.push(input);
        return judge(right).verify(input);
      },
    },
  );
  expect(seen).toEqual([
    {
      gold: '4',
      prediction: 'So \\boxed{4}',
      source: 'response',
      choices: ['3', '4'],
      question: 'What is p?',
    },
  ]);
});
