import type { KnobKey, KnobTable } from './knob.ts';
import type { RunConfig } from './run-config.ts';
import { paperTriggers, triggers } from './triggers.ts';

const rethinkOff = ({ rethink }: RunConfig) =>
  rethink.mode === 'off' ? 'rethink.mode is off' : undefined;
const noReplay = ({ batch }: RunConfig) =>
  batch.mode === 'ssr' ? undefined : `batch.mode is ${batch.mode}: nothing is replayed`;
const noImitation = (config: RunConfig) => {
  if (config.loss.nllCoef === 0) return 'loss.nllCoef is 0';
  return config.loss.nllIncludeNative ? undefined : rethinkOff(config);
};
const noKept = (config: RunConfig) =>
  config.loss.nllCoef === 0 ? 'loss.nllCoef is 0' : rethinkOff(config);

type Named<Prefix extends string> = Pick<KnobTable, Extract<KnobKey, `${Prefix}.${string}`>>;

export const rolloutKnobs: Named<'rollout'> = {
  'rollout.problemsPerSync': {
    type: { kind: 'whole', min: 1 },
    value: 1024,
    source: 'paper v1, v3',
    meaning: 'problems answered between two publications of the weights: one iteration',
  },
  'rollout.groupSize': {
    type: { kind: 'whole', min: 2, max: 1024 },
    value: 8,
    source: 'paper v1, v3',
    meaning: 'responses to each problem',
  },
  'rollout.temperature': {
    type: { kind: 'real', min: 0.01, max: 10 },
    value: 1,
    source: 'released code',
    meaning: 'divides the logits, in sampler and trainer alike',
  },
  'rollout.topP': {
    type: { kind: 'real', min: 0.001, max: 1 },
    value: 1,
    source: 'ours',
    meaning:
      'nucleus of the sampler; below 1 the trainer scores another distribution than was sampled',
  },
  'rollout.topK': {
    type: { kind: 'whole', min: 0, off: true },
    value: 0,
    source: 'ours',
    meaning: 'likeliest tokens the sampler may draw; 0 = all',
  },
  'rollout.maxNewTokens': {
    type: { kind: 'whole', min: 1 },
    value: 2048,
    source: 'released code',
    meaning: 'longest first answer, in tokens',
  },
  'rollout.maxPromptTokens': {
    type: { kind: 'whole', min: 1 },
    value: 6144,
    source: 'ours',
    meaning: 'a longer prompt, pictures included, is left out and counted, never cut',
  },
  'rollout.truncated': {
    type: { kind: 'choice', values: ['wrong', 'mask_loss'] },
    value: 'wrong',
    source: 'ours',
    meaning: 'a response without end token: reward 0 and trained on, or not trained on',
  },
  'rollout.concurrency': {
    type: { kind: 'whole', min: 0, off: true },
    value: 0,
    source: 'ours',
    meaning: 'requests to the sampler in flight; 0 = all at once',
  },
};

export const rethinkKnobs: Named<'rethink'> = {
  'rethink.mode': {
    type: { kind: 'choice', values: ['off', 'random', 'wrong_only'] },
    value: 'off',
    source: 'paper v3',
    meaning: 'which finished answers are made to go on; wrong_only looks at the reference answer',
  },
  'rethink.q': {
    type: { kind: 'real', min: 0, max: 1 },
    value: 0.65,
    source: 'released code',
    meaning: 'share of eligible answers that get a trigger',
    idle: rethinkOff,
  },
  'rethink.maxY1': {
    type: { kind: 'whole', min: 1 },
    value: 1024,
    source: 'released code',
    meaning: 'longest first answer that gets a trigger, end token not counted',
    idle: rethinkOff,
  },
  'rethink.temperature': {
    type: { kind: 'real', min: 0.01, max: 10 },
    value: 0.9,
    source: 'released code',
    meaning: 'temperature of the continuation',
    idle: rethinkOff,
  },
  'rethink.maxNewTokens': {
    type: { kind: 'whole', min: 1 },
    value: 1024,
    source: 'released code',
    meaning: 'longest continuation, in tokens',
    idle: rethinkOff,
  },
  'rethink.triggers': {
    type: { kind: 'choices', values: Object.keys(triggers) },
    value: paperTriggers,
    source: 'paper v3',
    meaning: 'texts of which one is appended, each as likely',
    idle: (config) =>
      rethinkOff(config) ??
      (config.rethink.choice === 'gold_aware' ? 'rethink.choice picks among all four' : undefined),
  },
  'rethink.choice': {
    type: { kind: 'choice', values: ['uniform', 'gold_aware'] },
    value: 'uniform',
    source: 'ours',
    meaning: 'how the trigger is picked; gold_aware looks at the reference answer',
    idle: rethinkOff,
  },
  'rethink.keepMin': {
    type: { kind: 'whole', min: 0 },
    value: 31,
    source: 'released code',
    meaning: 'shortest continuation that is kept, end token not counted',
    idle: rethinkOff,
  },
  'rethink.keepMax': {
    type: { kind: 'whole', min: 1 },
    value: 1023,
    source: 'released code',
    meaning: 'longest continuation that is kept, end token not counted',
    idle: rethinkOff,
  },
  'rethink.maxPerProblem': {
    type: { kind: 'whole', min: 1 },
    value: 2,
    source: 'paper v3',
    meaning: 'continuations kept per problem, in ascending order of rollouts',
    idle: rethinkOff,
  },
  'rethink.maxWaits': {
    type: { kind: 'whole', min: 1 },
    value: 4,
    source: 'released code',
    meaning: 'most waits of a kept continuation: one for the trigger plus native ones',
    idle: rethinkOff,
  },
  'rethink.requireBoxInY2': {
    type: { kind: 'flag' },
    value: false,
    source: 'ours',
    meaning: 'the continuation itself must hold the answer',
    idle: rethinkOff,
  },
  'rethink.cutTail': {
    type: { kind: 'real', min: 0, max: 1 },
    value: 0,
    source: 'ours',
    meaning: 'probability that the end of the first answer is cut off before the trigger',
    idle: rethinkOff,
  },
  'rethink.skipWrongAbove': {
    type: { kind: 'real', min: 0, max: 1 },
    value: 1,
    source: 'ours',
    meaning: 'a wrong answer gets no trigger in a group with a higher mean reward; 1 = always may',
    idle: rethinkOff,
  },
  'rethink.skipWaited': {
    type: { kind: 'flag' },
    value: false,
    source: 'ours',
    meaning: 'an answer that already holds a native wait gets no trigger',
    idle: rethinkOff,
  },
};

export const rewardKnobs: Named<'reward' | 'advantage' | 'batch' | 'replay'> = {
  'reward.shaping': {
    type: { kind: 'choice', values: ['none', 'reference'] },
    value: 'none',
    source: 'paper v3',
    meaning: 'what is added to correctness; reference = the numbers of the released code',
  },
  'advantage.baseline': {
    type: { kind: 'choice', values: ['round0', 'leave_one_out', 'final'] },
    value: 'round0',
    source: 'ours',
    meaning: 'mean of first answers, of the other first answers, or of answers after rethinking',
  },
  'advantage.divideByStd': {
    type: { kind: 'flag' },
    value: false,
    source: 'paper v1',
    meaning: "divide by the standard deviation of the group's correctness",
  },
  'batch.mode': {
    type: { kind: 'choice', values: ['grpo', 'filter', 'ssr'] },
    value: 'ssr',
    source: 'paper v1, v3',
    meaning: 'all samples, effective ones, or effective ones filled up by replay',
  },
  'batch.keepGroups': {
    type: { kind: 'flag' },
    value: false,
    source: 'ours',
    meaning: 'shuffle whole groups instead of samples',
  },
  'replay.alpha': {
    type: { kind: 'real', min: 0, max: 10 },
    value: 1,
    source: 'paper v1',
    meaning: 'samples are drawn in proportion to |advantage|^alpha; 0 = uniform',
    idle: noReplay,
  },
  'replay.persist': {
    type: { kind: 'wordOrWhole', word: 'episode', min: 1 },
    value: 'episode',
    source: 'paper v1, v3',
    meaning: 'cleared at every sync, or kept for so many steps',
    idle: noReplay,
  },
  'replay.capacity': {
    type: { kind: 'whole', min: 0, off: true },
    value: 0,
    source: 'ours',
    meaning: 'most samples stored, oldest out; 0 = no limit',
    idle: noReplay,
  },
  'replay.replacement': {
    type: { kind: 'flag' },
    value: true,
    source: 'ours',
    meaning: 'a sample may be drawn twice in a step',
    idle: noReplay,
  },
};

export const lossKnobs: Named<'loss' | 'mask'> = {
  'loss.clipLow': {
    type: { kind: 'real', min: 0, max: 1 },
    value: 0.2,
    source: 'released code',
    meaning: 'the ratio is clipped below 1 − clipLow',
  },
  'loss.clipHigh': {
    type: { kind: 'real', min: 0 },
    value: 0.35,
    source: 'released code',
    meaning: 'the ratio is clipped above 1 + clipHigh',
  },
  'loss.normalise': {
    type: { kind: 'choice', values: ['tokens', 'per_response', 'per_microbatch'] },
    value: 'tokens',
    source: 'ours',
    meaning:
      'mean over all tokens of the batch, over responses of token means, or over microbatches',
  },
  'loss.klCoef': {
    type: { kind: 'real', min: 0 },
    value: 0,
    source: 'released code',
    meaning: 'weight of the divergence from the frozen start checkpoint; 0 = none is loaded',
  },
  'loss.nllCoef': {
    type: { kind: 'real', min: 0 },
    value: 0,
    source: 'ours',
    meaning: 'weight of the likelihood of kept rethinkings',
    idle: (config) => (config.loss.nllIncludeNative ? undefined : rethinkOff(config)),
  },
  'loss.nllKept': {
    type: { kind: 'choice', values: ['all', 'wrong_to_right'] },
    value: 'all',
    source: 'paper v3',
    meaning: 'which kept rethinkings are imitated',
    idle: noKept,
  },
  'loss.nllWeighting': {
    type: { kind: 'choice', values: ['uniform', 'advantage'] },
    value: 'uniform',
    source: 'ours',
    meaning: 'every imitated token counts 1, or the advantage of its sample',
    idle: noImitation,
  },
  'loss.nllAllKept': {
    type: { kind: 'flag' },
    value: false,
    source: 'ours',
    meaning: 'imitate kept rethinkings without advantage as well',
    idle: (config) =>
      noKept(config) ??
      (config.batch.mode === 'grpo' ? 'batch.mode grpo trains on every sample' : undefined),
  },
  'loss.nllIncludeNative': {
    type: { kind: 'flag' },
    value: false,
    source: 'ours',
    meaning: 'imitate responses with a native wait and a positive advantage as well',
    idle: ({ loss }) => (loss.nllCoef === 0 ? 'loss.nllCoef is 0' : undefined),
  },
  'loss.oldLogprobs': {
    type: { kind: 'choice', values: ['trainer', 'sampler'] },
    value: 'trainer',
    source: 'released code',
    meaning: 'recomputed at the synced weights, or as sampled',
  },
  'loss.correctionCap': {
    type: { kind: 'real', min: 0, off: true },
    value: 0,
    source: 'ours',
    meaning: 'bound of the weight exp(old − sampled logprob) of each token; 0 = no such weight',
    idle: ({ loss }) =>
      loss.oldLogprobs === 'sampler' ? 'loss.oldLogprobs is sampler: both are the same' : undefined,
  },
  'loss.mismatchProbe': {
    type: { kind: 'whole', min: 0, off: true },
    value: 64,
    source: 'ours',
    meaning: 'samples scored by the trainer to measure its distance from the sampler',
    idle: ({ loss }) =>
      loss.oldLogprobs === 'trainer' ? 'loss.oldLogprobs is trainer: all are scored' : undefined,
  },
  'mask.policyY1': {
    type: { kind: 'flag' },
    value: true,
    source: 'ours',
    meaning: 'the policy loss sees the first answer of a rethought response',
    idle: rethinkOff,
  },
  'mask.policyTrigger': {
    type: { kind: 'flag' },
    value: false,
    source: 'ours',
    meaning: 'the policy loss sees the trigger, which the policy did not choose',
    idle: rethinkOff,
  },
  'mask.nllY1': {
    type: { kind: 'flag' },
    value: false,
    source: 'paper v1',
    meaning: 'the likelihood term sees the first answer of a rethought response',
    idle: noKept,
  },
  'mask.nllTrigger': {
    type: { kind: 'flag' },
    value: true,
    source: 'ours',
    meaning: 'the likelihood term sees the trigger: where the model learns to begin a rethinking',
    idle: noKept,
  },
};
