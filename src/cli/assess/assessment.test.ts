import { expect, test } from 'vitest';
import type { Answer, Answers } from './answers.ts';
import { assess, gain, share } from './assessment.ts';
import { assessmentText } from './assessment-text.ts';

const answer = (correct: boolean, more: Partial<Answer> = {}): Answer => ({
  text: '',
  correct,
  ended: true,
  answered: true,
  waits: 0,
  correctBefore: null,
  tokens: 10,
  ...more,
});

const asked = (id: string, greedy: Answer, more: Partial<Answers> = {}): Answers => ({
  id,
  groups: ['count'],
  greedy,
  forced: null,
  sampled: [],
  ...more,
});

const forced = (correct: boolean) => ({ ...answer(correct), trigger: '\n\nWait' });

test('an answer that was never triggered counts as it is; the others as they became', () => {
  const found = assess([
    asked('a', answer(false), { forced: forced(true) }),
    asked('b', answer(true), { forced: forced(false) }),
    asked('c', answer(false), { forced: forced(true) }),
    asked('d', answer(true, { ended: false })),
  ]);
  expect(found.greedy).toMatchObject({ count: 2, n: 4, share: 0.5 });
  expect(found.forced).toMatchObject({ count: 3, n: 4, fixed: 2, broken: 1 });
  expect(found.truncated).toBe(1);
});

test('plain, forced and bound are three figures: forced counts what broke, the bound does not [F11]', () => {
  const found = assess([
    asked('a', answer(true), { forced: forced(false) }),
    asked('b', answer(false), { forced: forced(true) }),
    asked('c', answer(true), { forced: forced(false) }),
    asked('d', answer(false), { forced: forced(false) }),
  ]);
  expect(found.greedy.share).toBe(0.5);
  expect(found.forced.share).toBe(0.25);
  expect(found.oracleBound.share).toBe(0.75);
  expect(assessmentText(found).join('\n')).toContain('oracle bound');
});

test('waits count responses with a wait; only answers on both sides of it tell what it changed', () => {
  const found = assess([
    asked('a', answer(true, { waits: 1, correctBefore: false })),
    asked('b', answer(false, { waits: 2, correctBefore: true })),
    asked('c', answer(true, { waits: 1 })),
    asked('d', answer(true)),
  ]);
  expect(found.waits).toMatchObject({ count: 3, n: 4, share: 0.75, fixed: 1, broken: 1 });
  expect(found.sampledWaits).toBeNull();
});

test('pass@1 is the mean over samples, pass@n the problems with a right one, by group too', () => {
  const right = [answer(true), answer(false)];
  const wrong = [answer(false), answer(false)];
  const found = assess([
    asked('a', answer(true), { sampled: right, groups: ['count', 'level 1'] }),
    asked('b', answer(false), { sampled: wrong, groups: ['sum', 'level 1'] }),
  ]);
  expect(found.passAt1).toMatchObject({ count: 1, n: 4, share: 0.25 });
  expect(found.passAtN).toMatchObject({ count: 1, n: 2 });
  expect(found.groups['level 1']).toEqual({ n: 2, greedy: 0.5, passAt1: 0.25, passAtN: 0.5 });
  expect(found.groups['sum']).toEqual({ n: 1, greedy: 0, passAt1: 0, passAtN: 0 });
  expect(assessmentText(found).join('\n')).toMatch(/pass@2 +50\.0 %/u);
  const once = assess([asked('a', answer(true), { sampled: [answer(true)] })]);
  expect(assessmentText(once).filter((line) => line.includes('pass@'))).toEqual([
    expect.stringMatching(/^pass@1, sampled/u),
    expect.stringMatching(/greedy +pass@1$/u),
  ]);
});

test('the interval of a share is the one of Wilson, and stays within 0 and 1', () => {
  // Wilson (1927): 8 of 10 gives 0.4902 to 0.9433.
  const found = share(8, 10);
  expect(found.low).toBeCloseTo(0.4902, 4);
  expect(found.high).toBeCloseTo(0.9433, 4);
  for (let n = 1; n < 100; n++) expect([share(0, n).low, share(n, n).high]).toEqual([0, 1]);
  const unsure = assess([
    asked('a', answer(true), { sampled: [answer(true), answer(false)] }),
    asked('b', answer(true), { sampled: [answer(false), answer(false)] }),
  ]);
  expect(unsure.passAt1?.low).toBe(0);
});

test('a gain is told on the same problems: only changed answers move it and widen it', () => {
  const before = [true, true, false, false, false, true, true, true];
  const after = [true, true, true, true, false, false, true, true];
  const found = gain(before, after);
  expect(found).toMatchObject({ fixed: 2, broken: 1, gain: 1 / 8 });
  const half = 1.959964 * Math.sqrt((3 / 8 - 1 / 64) / 8);
  expect(found.high - found.gain).toBeCloseTo(half, 6);
  expect(gain(before, before)).toMatchObject({ gain: 0, low: 0, high: 0 });
});
