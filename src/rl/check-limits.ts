import type { AdamUpdate, Limits, Loss } from '#policy';
import type { Complaint } from './check-config.ts';
import { longestResponse } from './check-config.ts';
import type { RunConfig } from './run-config.ts';

/** What a policy cannot do although the configuration asks for it, and what it will ignore. */
export interface Fit {
  /** Reasons not to begin. */
  readonly refusals: readonly Complaint[];
  /** Things to say: settings without effect on this policy. */
  readonly notes: readonly Complaint[];
}

/** Compares a configuration with what a policy can do; asked before the first step. */
export function checkLimits(config: RunConfig, limits: Limits, images: boolean): Fit {
  const { rollout, loss } = config;
  const refusals: Complaint[] = [];
  const longest = longestResponse(config);
  const tokens = rollout.maxPromptTokens + longest;
  if (tokens > limits.maxTokens) {
    const parts =
      longest > rollout.maxNewTokens
        ? 'rethink.maxY1 + rethink.maxNewTokens'
        : 'rollout.maxNewTokens';
    const message =
      `rollout.maxPromptTokens + ${parts}: expected at most ${limits.maxTokens}, ` +
      `the context of the model, found ${tokens}`;
    refusals.push({ key: 'rollout.maxNewTokens', message });
  }
  if (images && !limits.images) {
    const message = 'the problems have pictures, but the policy takes none';
    refusals.push({ key: 'data.dataset', message });
  }
  const needed: readonly [Loss['kind'], boolean, string][] = [
    ['clippedSurrogate', true, 'batch.mode'],
    ['nll', loss.nllCoef > 0, 'loss.nllCoef'],
    ['kl', loss.klCoef > 0, 'loss.klCoef'],
  ];
  for (const [kind, asked, key] of needed) {
    if (!asked || limits.losses.includes(kind)) continue;
    const known = limits.losses.join(', ');
    const message = `${key} needs the loss ${kind}, but the policy knows only ${known || 'none'}`;
    refusals.push({ key, message });
  }
  const obeyed = new Set<string>(limits.optimizer);
  const notes = settings
    .filter(([field]) => !obeyed.has(field))
    .map(([, key]) => ({
      key,
      message: `${key} has no effect: the policy has an optimizer of its own`,
    }));
  return { refusals, notes };
}

const settings: readonly (readonly [keyof AdamUpdate, string])[] = [
  ['learningRate', 'optim.learningRate'],
  ['beta1', 'optim.beta1'],
  ['beta2', 'optim.beta2'],
  ['epsilon', 'optim.epsilon'],
  ['weightDecay', 'optim.weightDecay'],
  ['maxGradNorm', 'optim.gradClip'],
];
