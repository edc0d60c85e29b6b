import { expect, test } from 'vitest';
import { groupOf, plain, verdict } from './__fixtures__/group.ts';
import { sampler } from './__fixtures__/policy.ts';
import { setupOf } from './__fixtures__/setup.ts';
import type { Settings } from './knobs.ts';
import { configOf } from './knobs.ts';
import { groupSamples } from './advantage.ts';
import { withOldLogprobs } from './old-logprobs.ts';

const groups = [groupOf('easy', 8, { kept: [0] }), groupOf('mixed', 2, { kept: [5] })];

async function scored(settings: Settings, shift = 0) {
  const config = configOf({ 'rethink.mode': 'random', 'train.microbatchTokens': 50, ...settings });
  const asked: number[] = [];
  const policy = sampler(() => []);
  policy.logprobs = async (sequences) => {
    asked.push(sequences.length);
    return sequences.map(({ response, temperatures }) => {
      expect(temperatures).toHaveLength(response.length);
      return new Float32Array(response.length).fill(-0.5 + shift);
    });
  };
  const reference = policy;
  const candidates = groups.flatMap((group) => groupSamples(group, config.advantage));
  const found = await withOldLogprobs(candidates, config, { ...setupOf(policy), reference }, 0);
  return { ...found, asked: asked.reduce((sum, count) => sum + count, 0), calls: asked.length };
}

test('old logprobs are those of the trainer, on triggers too [L7]', async () => {
  const { samples, asked, calls } = await scored({});
  expect(asked).toBe(8); // only the group that teaches something
  expect(calls).toBe(1);
  const kept = samples.find(({ id }) => id === '0/mixed/5');
  expect([...(kept?.oldLogprobs ?? [])]).toEqual(Array(9).fill(-0.5));
  expect(kept?.rollout.logprobs.some((value) => Number.isNaN(value))).toBe(true);
});

test('only samples that a step can use are scored', async () => {
  expect((await scored({ 'batch.mode': 'grpo' })).asked).toBe(16);
  expect((await scored({ 'loss.nllCoef': 0.05, 'loss.nllAllKept': true })).asked).toBe(9);
  const { samples } = await scored({});
  for (const { advantage, oldLogprobs } of samples)
    expect(oldLogprobs.length > 0).toBe(advantage !== 0);
});

test('old logprobs can be those of the sampler; a probe still measures the distance [L7]', async () => {
  const { samples, asked, metrics } = await scored(
    { 'loss.oldLogprobs': 'sampler', 'loss.mismatchProbe': 3 },
    0.5,
  );
  expect(asked).toBe(3);
  expect([...(samples.find(({ id }) => id === '0/mixed/0')?.oldLogprobs ?? [])]).toEqual(
    Array(5).fill(-0.5),
  );
  expect(metrics['mismatch/abs_logprob_max']).toBeCloseTo(0.5, 6);
});

test('the distance of trainer and sampler is exp(d) − 1 − d over tokens the policy chose [rule 18]', async () => {
  const same = await scored({});
  expect(same.metrics).toEqual({
    'mismatch/kl': 0,
    'mismatch/abs_prob_mean': 0,
    'mismatch/abs_logprob_max': 0,
  });
  const { metrics } = await scored({}, 0.1);
  expect(metrics['mismatch/kl']).toBeCloseTo(Math.exp(0.1) - 1.1, 5);
  expect(metrics['mismatch/abs_prob_mean']).toBeCloseTo(Math.exp(-0.4) - Math.exp(-0.5), 5);
});

test('the reference policy is asked only when its divergence is in the loss [L4]', async () => {
  expect((await scored({})).samples.some(({ referenceLogprobs }) => referenceLogprobs)).toBe(false);
  const { samples, asked } = await scored({ 'loss.klCoef': 0.01 });
  expect(asked).toBe(16);
  expect(samples.filter(({ referenceLogprobs }) => referenceLogprobs)).toHaveLength(8);
});

test('a response with a forbidden token counts in its group but is never trained on [rule 3] [D4]', () => {
  const group = groupOf('p', 2);
  const forbidden = plain('p', 7, { ...verdict(false), code: 'forbidden_token' });
  const samples = groupSamples(
    { ...group, rollouts: [...group.rollouts.slice(0, 7), forbidden] },
    configOf().advantage,
  );
  expect(samples).toHaveLength(7);
  expect(samples[0]?.advantage).toBe(0.75);
});
