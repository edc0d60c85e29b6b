import { expect, test } from 'vitest';
import { calm, lookAtIteration, lookAtRollouts, lookAtSkip, lookAtStep } from './alarms.ts';
import { configOf } from './knobs.ts';

const config = configOf();
const healthy = {
  'reward/min': 0,
  'reward/max': 1,
  'group/effective_fraction': 0.4,
  'response/truncation_fraction': 0.1,
  'mismatch/kl': 0.001,
  'mismatch/abs_prob_mean': 0.002,
};
const rollouts = (changes: Record<string, number | null>, memory = calm, settings = config) =>
  lookAtRollouts({ ...healthy, ...changes }, memory, settings);
const names = ({ alarms }: { alarms: readonly { name: string; fatal: boolean }[] }) =>
  alarms.map(({ name, fatal }) => (fatal ? `${name}*` : name));
const step = {
  'optim/grad_norm': 0.5,
  'optim/update_norm': 0.01,
  'optim/lr': 1e-6,
  'optim/step_nonfinite': 0,
  'tokens/effective': 40,
};

test('a healthy run raises nothing', () => {
  expect(names(rollouts({}))).toEqual([]);
  expect(names(lookAtStep(step, calm, config))).toEqual([]);
  expect(names(lookAtIteration({ ...calm, wanted: 5, drawn: 5 }, config))).toEqual([]);
});

test('constant reward over an iteration [alarm: constant reward]', () => {
  expect(names(rollouts({ 'reward/min': 1 }))).toEqual(['constant_reward']);
});

test('all groups vanishing [alarm: all groups vanishing]', () => {
  expect(names(rollouts({ 'group/effective_fraction': 0 }))).toEqual(['all_groups_vanishing']);
});

test('most responses truncated [alarm: truncation]', () => {
  const { alarms } = rollouts({ 'response/truncation_fraction': 0.51 });
  expect(alarms[0]?.message).toBe(
    '51 % of the responses end at the token limit of 2048: raise rollout.maxNewTokens',
  );
});

test('trainer and sampler apart: fatal, unless the sampler was told to draw otherwise [alarm: mismatch] [rule 18]', () => {
  expect(names(rollouts({ 'mismatch/abs_prob_mean': 0.02 }))).toEqual(['mismatch*']);
  expect(names(rollouts({ 'mismatch/kl': 5.2 }))).toEqual(['mismatch*']);
  expect(names(rollouts({ 'mismatch/kl': NaN }))).toEqual(['mismatch*']);
  expect(names(rollouts({ 'mismatch/kl': null }))).toEqual([]);
  expect(names(rollouts({ 'mismatch/kl': 5.2 }, calm, configOf({ 'rollout.topP': 0.9 })))).toEqual(
    [],
  );
});

test('rethinking asked for but nothing eligible or kept for three iterations [alarm: rethinking]', () => {
  const on = configOf({ 'rethink.mode': 'random' });
  const idle = { 'rethink/eligible_fraction': 0.5, 'rethink/kept': 0 };
  const first = rollouts(idle, calm, on);
  const second = rollouts(
    { ...idle, 'rethink/eligible_fraction': 0, 'rethink/kept': 0 },
    first.memory,
    on,
  );
  expect([...names(first), ...names(second)]).toEqual([]);
  expect(names(rollouts(idle, second.memory, on))).toEqual(['rethinking_idle']);
  const kept = rollouts({ ...idle, 'rethink/kept': 1 }, second.memory, on);
  expect(names(rollouts(idle, kept.memory, on))).toEqual([]);
  expect(names(rollouts(idle, { ...calm, rethinkingIdle: 9 }))).toEqual([]);
});

test('no weight changed after an update: fatal, unless the rate is 0 [alarm: weights] [rule 36]', () => {
  const still = { ...step, 'optim/update_norm': 0 };
  expect(names(lookAtStep(still, calm, config))).toEqual(['weights_unchanged*']);
  expect(names(lookAtStep({ ...still, 'optim/lr': 0 }, calm, config))).toEqual([]);
});

test('a gradient of norm 0: fatal [alarm: gradient]', () => {
  expect(names(lookAtStep({ ...step, 'optim/grad_norm': 0 }, calm, config))).toEqual([
    'gradient_zero*',
  ]);
});

test('a step for the divergence alone may leave everything as it is', () => {
  const still = { ...step, 'optim/grad_norm': 0, 'optim/update_norm': 0 };
  expect(names(lookAtStep({ ...still, 'tokens/effective': 0 }, calm, config))).toEqual([]);
  const imitating = { ...still, 'tokens/effective': 0, 'nll/tokens': 3 };
  expect(names(lookAtStep(imitating, calm, config))).toEqual([
    'gradient_zero*',
    'weights_unchanged*',
  ]);
});

test('replay wanted but never drawn in an iteration: fatal [alarm: replay] [S1]', () => {
  const looked = lookAtStep({ ...step, 'replay/wanted': 12, 'replay/drawn': 0 }, calm, config);
  const looked2 = lookAtSkip({ 'replay/wanted': 3, 'replay/drawn': 0 }, looked.memory, config);
  const after = lookAtIteration(looked2.memory, config);
  expect(names(after)).toEqual(['replay_unused*']);
  expect(after.alarms[0]?.message).toContain('15 places were free');
  expect(after.memory).toMatchObject({ wanted: 0, drawn: 0 });
  const used = lookAtStep({ ...step, 'replay/wanted': 12, 'replay/drawn': 12 }, calm, config);
  expect(names(lookAtIteration(used.memory, config))).toEqual([]);
});

test('three skipped steps in a row, told after three more, counted anew after a step [S9]', () => {
  const one = lookAtSkip({}, calm, config);
  const two = lookAtSkip({}, one.memory, config);
  expect([...names(one), ...names(two)]).toEqual([]);
  const after = (skipped: number) => names(lookAtSkip({}, { ...calm, skipped }, config));
  expect([2, 3, 4, 5].map(after)).toEqual([['skipped_steps'], [], [], ['skipped_steps']]);
  const between = lookAtStep(step, two.memory, config);
  expect(names(lookAtSkip({}, between.memory, config))).toEqual([]);
});

test('three steps in a row without a finite loss or gradient: fatal [L3]', () => {
  const bad = { 'optim/step_nonfinite': 1, 'optim/grad_norm': null, 'optim/update_norm': null };
  let memory = calm;
  for (const expected of [[], [], ['nonfinite*']]) {
    const looked = lookAtStep(bad, memory, config);
    expect(names(looked)).toEqual(expected);
    ({ memory } = looked);
  }
});
