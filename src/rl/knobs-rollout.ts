import type { KnobKey, KnobTable } from './knob.ts';
import type { RunConfig } from './run-config.ts';
import { paperTriggers, triggers } from './triggers.ts';

const rethinkOff = ({ rethink }: RunConfig) =>
  rethink.mode === 'off' ? 'rethink.mode is off' : undefined;

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
