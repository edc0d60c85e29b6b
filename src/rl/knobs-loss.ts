import type { KnobKey, KnobTable } from './knob.ts';
import type { RunConfig } from './run-config.ts';

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

export const rewardKnobs: Named<'reward' | 'advantage' | 'batch' | 'replay'> = {
  'reward.answer': {
    type: { kind: 'choice', values: ['box', 'box_or_phrase'] },
    value: 'box',
    source: 'ours',
    meaning: 'where the answer must stand: in the last box, or also behind a tag or answer phrase',
  },
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
    idle: (config) =>
      config.advantage.baseline === 'final' && rethinkOff(config) !== undefined
        ? 'rethink.mode is off: nothing is replaced, which makes it round0'
        : undefined,
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
    idle: (config) =>
      noKept(config) ??
      (config.rethink.mode === 'wrong_only'
        ? 'rethink.mode is wrong_only: there are no others'
        : undefined),
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
    idle: (config) => {
      const { advantage, batch, loss, rethink } = config;
      const wrong = loss.nllKept === 'wrong_to_right' || rethink.mode === 'wrong_only';
      if (batch.mode === 'grpo') return 'batch.mode grpo trains on every sample';
      return wrong && advantage.baseline === 'round0'
        ? (noKept(config) ?? 'what mends a wrong answer always has an advantage')
        : noKept(config);
    },
  },
  'loss.nllIncludeNative': {
    type: { kind: 'flag' },
    value: false,
    source: 'ours',
    meaning: 'imitate responses with a native wait and a positive advantage as well',
    idle: ({ loss }) => (loss.nllCoef === 0 ? 'loss.nllCoef is 0' : undefined),
  },
  'loss.nllWaitCap': {
    type: { kind: 'real', min: 0, max: 1 },
    value: 1,
    source: 'ours',
    meaning:
      'nothing is imitated in an iteration in which more first answers wait unasked; 1 = always imitate',
    idle: noImitation,
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
