import { expect, test } from 'vitest';
import { shapingOf } from './reward.ts';

const reference = { shaping: 'reference' } as const;

test('strict rewards are 0 and 1 whatever the response looks like [R1] [rule 20]', () => {
  for (const correct of [true, false]) {
    for (const waits of [0, 1, 7]) {
      for (const finished of [true, false]) {
        const judged = { correct, finished, waits, forced: false };
        expect(shapingOf(judged, { shaping: 'none' })).toBe(0);
      }
    }
  }
});

test.each([
  [0, 1],
  [1, 1.1],
  [2, 1.1],
  [3, 0.4],
  [4, 0.2],
  [5, 0],
  [6, -0.1],
  [60, -0.1],
])('reference shaping: a right answer with %i native waits is worth %d [R1]', (waits, reward) => {
  const judged = { correct: true, finished: true, waits, forced: false };
  expect(1 + shapingOf(judged, reference)).toBeCloseTo(reward, 12);
});

test('reference shaping applies validity last [R1]', () => {
  const value = (correct: boolean, waits: number, finished: boolean) =>
    (correct ? 1 : 0) + shapingOf({ correct, waits, finished, forced: false }, reference);
  expect(value(false, 0, true)).toBe(0);
  expect(value(false, 6, true)).toBeCloseTo(-0.1, 12);
  expect(value(false, 0, false)).toBeCloseTo(-0.1, 12);
  expect(value(true, 1, false)).toBeCloseTo(-0.1, 12);
});

test('a response that was made to think again is worth 1 when right [F8]', () => {
  const judged = { correct: true, finished: true, waits: 2, forced: true };
  expect(shapingOf(judged, reference)).toBe(0);
});
