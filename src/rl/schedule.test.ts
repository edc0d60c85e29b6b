import { expect, test } from 'vitest';
import { seed } from './__fixtures__/chance.ts';
import { problem } from './__fixtures__/group.ts';
import type { Settings } from './knobs.ts';
import { configOf } from './knobs.ts';
import { problemsOf } from './problem-order.ts';
import { adamUpdate, learningRate, planRun } from './schedule.ts';

const { optim } = configOf();
const plan = (problems: number, settings: Settings = {}) => planRun(problems, configOf(settings));

test('16,000 problems take 250 steps an epoch and 750 in three [identity: steps] [rule 21] [L10]', () => {
  const { iterations, iterationsPerEpoch, steps, firstStep } = plan(16_000);
  expect([iterations, iterationsPerEpoch, steps]).toEqual([48, 16, 750]);
  expect(firstStep(15)).toBe(240); // 15 full episodes of 16 steps
  expect(firstStep(16)).toBe(250); // and one of 640 problems with 10
});

test('a limit on iterations shortens the schedule with it [rule 21]', () => {
  expect(plan(16_000, { 'train.maxIterations': 12 })).toMatchObject({ iterations: 12, steps: 192 });
  expect(
    plan(1008, { 'rollout.problemsPerSync': 64, 'train.batchSamples': 32, 'train.epochs': 1 })
      .steps,
  ).toBe(252);
});

test('the rate rises over 23 of 750 steps and falls to one half at the last [L10] [rule 21]', () => {
  const rate = (step: number) => learningRate(step, 750, optim);
  expect(rate(0)).toBeCloseTo(1e-6 / 23, 18);
  expect(rate(22)).toBeCloseTo(1e-6, 18);
  expect(rate(23)).toBeCloseTo(1e-6, 18);
  expect(rate((23 + 749) / 2)).toBeCloseTo(0.75e-6, 12);
  expect(rate(749)).toBe(0.5e-6);
  for (let step = 24; step < 750; step++) expect(rate(step)).toBeLessThan(rate(step - 1));
});

test.each([1, 2, 3, 10, 34, 35])('a run of %i steps ends at half the rate [rule 21]', (steps) => {
  const last = learningRate(steps - 1, steps, optim);
  expect(last).toBeCloseTo(steps === 1 ? 1e-6 : 0.5e-6, 18); // a single step is all warm-up
});

test('the optimizer is AdamW as in the released code [L9]', () => {
  expect(adamUpdate(22, 750, optim)).toEqual({
    learningRate: 1e-6,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
  });
});

test('every epoch goes through all problems once, in an order of its own [D6]', () => {
  const all = Array.from({ length: 10 }, (_, id) => problem(`p${id}`));
  const problems = { length: 10, at: (index: number) => all[index] ?? problem('none') };
  const ids = (iteration: number) =>
    problemsOf(iteration, { problemsPerSync: 4, iterationsPerEpoch: 3 }, problems, seed()).map(
      ({ id }) => id,
    );
  expect([0, 1, 2].map((iteration) => ids(iteration).length)).toEqual([4, 4, 2]);
  const first = [0, 1, 2].flatMap(ids);
  const second = [3, 4, 5].flatMap(ids);
  expect(first.toSorted()).toEqual(all.map(({ id }) => id));
  expect(second.toSorted()).toEqual(first.toSorted());
  expect(second).not.toEqual(first);
  expect([0, 1, 2].flatMap(ids)).toEqual(first);
});

test('an empty dataset is refused in words', () => {
  expect(() => plan(0)).toThrow('there are no problems to train on');
});

test('weights are published after every 1,024 problems [D6]', () => {
  expect(configOf().rollout.problemsPerSync).toBe(1024);
});
