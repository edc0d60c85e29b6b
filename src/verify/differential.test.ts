import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { reasons } from './__fixtures__/differential-reasons.ts';
import { verify } from './verify.ts';

interface Pair {
  readonly gold: string;
  readonly prediction: string;
  readonly correct: boolean;
  readonly mathVerify: boolean;
}

const file = new URL('./__fixtures__/differential.jsonl', import.meta.url);
const pairs = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Pair);

test('the pairs of the table have the verdicts their rules state', () => {
  const wrong = pairs.filter(
    ({ gold, prediction, correct }) =>
      verify({ gold, prediction, source: 'auto' }).correct !== correct,
  );
  expect(wrong).toEqual([]);
  expect(pairs.length).toBeGreaterThan(450);
});

test('every disagreement with math-verify has a reason', () => {
  const unexplained = pairs
    .filter((pair) => pair.correct !== pair.mathVerify)
    .filter((pair) => !reasons.some(([, fits]) => fits(pair.gold, pair.prediction)));
  expect(unexplained).toEqual([]);
});

test('math-verify accepts no pair that strict rejects, unless a rule says so', () => {
  const rejected = pairs.filter((pair) => pair.mathVerify && !pair.correct);
  expect(rejected.length).toBeLessThanOrEqual(16);
});
