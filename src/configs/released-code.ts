import type { Preset } from '#rl';
import { firstStage, rethinking, rethinkingSources } from './stages.ts';

/**
 * The choices of the released code (commit dd2c17d), for comparison only. Its faults are not repeated:
 * results attached to the wrong sample, one-dimensional positions, overwritten last tokens, replay
 * that never runs. Whole-response imitation reaches kept rethinkings and native waits.
 */
export const releasedCode: Preset = {
  name: 'released-code',
  summary: 'the values of the released code at 7B, for comparison only',
  settings: {
    ...rethinking,
    'policy.start': firstStage,
    'rollout.problemsPerSync': 512,
    'rollout.topP': 0.95,
    'rollout.topK': 40,
    'rethink.choice': 'gold_aware',
    'rethink.cutTail': 0.5,
    'rethink.skipWrongAbove': 0.7,
    'reward.shaping': 'reference',
    'advantage.baseline': 'final',
    'loss.normalise': 'per_microbatch',
    'loss.nllIncludeNative': true,
    'mask.policyTrigger': true,
    'mask.nllY1': true,
  },
  source: 'released code',
  sources: rethinkingSources,
  stamps: ['values of the released code, for comparison only'],
};
