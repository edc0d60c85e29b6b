import { expect, test } from 'vitest';
import type { Limits } from '#policy';
import { checkLimits } from './check-limits.ts';
import { configOf } from './knobs.ts';

const everything: Limits = {
  maxTokens: 8192,
  images: true,
  losses: ['clippedSurrogate', 'nll', 'kl'],
  optimizer: ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm'],
};
const config = configOf({ 'rethink.mode': 'random', 'loss.nllCoef': 0.05 });

test('a policy that can do everything is begun without a word', () => {
  expect(checkLimits(config, everything, true)).toEqual({ refusals: [], notes: [] });
});

test('a preset that does not fit the model is refused before the first step', () => {
  const { refusals } = checkLimits(
    config,
    { ...everything, maxTokens: 1024, images: false, losses: ['clippedSurrogate'] },
    true,
  );
  expect(refusals.map(({ message }) => message)).toEqual([
    'rollout.maxPromptTokens + rollout.maxNewTokens: expected at most 1024, the context of the model, found 8192',
    'the problems have pictures, but the policy takes none',
    'loss.nllCoef needs the loss nll, but the policy knows only clippedSurrogate',
  ]);
  expect(checkLimits(config, { ...everything, images: false }, false).refusals).toEqual([]);
  const long = configOf({ 'rethink.mode': 'random', 'rethink.maxNewTokens': 4096 });
  expect(checkLimits(long, everything, true).refusals.map(({ message }) => message)).toEqual([
    'rollout.maxPromptTokens + rethink.maxY1 + rethink.maxNewTokens: expected at most 8192, the context of the model, found 11264',
  ]);
});

test('settings that a policy ignores are said aloud', () => {
  const { notes } = checkLimits(config, { ...everything, optimizer: ['learningRate'] }, true);
  expect(notes.map(({ key }) => key)).toEqual([
    'optim.beta1',
    'optim.beta2',
    'optim.epsilon',
    'optim.weightDecay',
    'optim.gradClip',
  ]);
});
