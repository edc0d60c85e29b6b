import type { Knob, KnobKey, KnobTable } from './knob.ts';
import type { RunConfig } from './run-config.ts';

type Named<Prefix extends string> = Pick<KnobTable, Extract<KnobKey, `${Prefix}.${string}`>>;

const templates = ['default', 'rethink', 'elaborate', 'elaborate_rethink', 'explain', 'longcot'];
const allTemplates = [...templates, 'autocode', 'none', 'notrigger'];
const notCompared = ({ rollout }: RunConfig) =>
  rollout.topP < 1 || rollout.topK > 0
    ? 'rollout.topP or rollout.topK narrow the sampler'
    : undefined;
const noValidation = ({ validation }: RunConfig) =>
  validation.problems === 0 ? 'validation.problems is 0' : undefined;
const noSubset = ({ data }: RunConfig) =>
  data.subset === 'all' ? 'data.subset is all' : undefined;

export const seedKnob: Pick<KnobTable, 'seed'> = {
  seed: {
    type: { kind: 'whole', min: 0 },
    value: 0,
    source: 'ours',
    meaning: 'root of every random draw of the run',
  },
};

export const optimKnobs: Named<'optim' | 'train'> = {
  'optim.learningRate': real(1e-6, 'released code', 'peak learning rate of AdamW', { min: 0 }),
  'optim.beta1': real(0.9, 'released code', 'decay of the mean gradient', { min: 0, max: 0.9999 }),
  'optim.beta2': real(0.95, 'released code', 'decay of the squared gradient', {
    min: 0,
    max: 0.999999,
  }),
  'optim.epsilon': real(1e-8, 'ours', 'added to the root of the squared gradient', { min: 0 }),
  'optim.weightDecay': real(0, 'released code', 'decoupled weight decay', { min: 0 }),
  'optim.gradClip': real(1, 'released code', 'largest 2-norm of the gradient', { min: 1e-12 }),
  'optim.warmup': real(0.03, 'released code', 'share of all steps over which the rate rises', {
    min: 0,
    max: 1,
  }),
  'optim.floor': real(0.5, 'released code', 'share of the rate that is left at the last step', {
    min: 0,
    max: 1,
  }),
  'train.epochs': whole(3, 'paper v1, v3', 'passes over the problems', { min: 1 }),
  'train.maxIterations': whole(0, 'ours', 'ends sooner, and the schedule with it; 0 = no limit', {
    min: 0,
    off: true,
  }),
  'train.batchSamples': whole(512, 'paper v1, v3', 'samples of one optimizer step', { min: 1 }),
  'train.microbatchTokens': whole(
    32768,
    'ours',
    'tokens computed at once, each distinct prompt once; bounds memory, changes nothing else',
    { min: 1 },
  ),
};

export const alarmKnobs: Named<'alarms' | 'watchdog'> = {
  'alarms.mismatchProb': {
    ...real(0.01, 'ours', 'mean gap between trainer and sampler probability', { min: 0, max: 1 }),
    idle: notCompared,
  },
  'alarms.mismatchKl': {
    ...real(0.1, 'ours', 'divergence of the sampler from the trainer, in nats', { min: 0 }),
    idle: notCompared,
  },
  'alarms.truncation': real(0.5, 'ours', 'share of responses cut off by the token limit', {
    min: 0,
    max: 1,
  }),
  'alarms.rethinkPatience': {
    ...whole(3, 'ours', 'iterations in which nothing is eligible or nothing kept', { min: 1 }),
    idle: ({ rethink }) => (rethink.mode === 'off' ? 'rethink.mode is off' : undefined),
  },
  'alarms.skippedSteps': whole(3, 'ours', 'steps skipped in a row', { min: 1 }),
  'alarms.nonfiniteSteps': whole(3, 'ours', 'steps in a row without a finite loss and gradient', {
    min: 1,
  }),
  'watchdog.stallSeconds': whole(
    900,
    'ours',
    'time without progress after which a phase is named',
    {
      min: 1,
    },
  ),
};

export const dataKnobs: Named<'policy' | 'prompt' | 'data' | 'vision'> = {
  'policy.start': {
    type: { kind: 'text' },
    value: 'Qwen/Qwen2.5-VL-7B-Instruct',
    source: 'paper v1, v3',
    meaning: 'checkpoint folder or hub id to start from',
  },
  'policy.compute': choice('bf16', 'released code', 'number format of products', ['f32', 'bf16']),
  'policy.gradientCheckpointing': flag(true, 'released code', 'recompute activations: less memory'),
  'policy.cacheGigabytes': real(
    16,
    'ours',
    'memory in GB for keys and values of sampling: bounds how many responses are drawn at once',
    { min: 1e-9 },
  ),
  'prompt.template': choice('default', 'paper v3', 'instruction after the question', allTemplates),
  'data.dataset': {
    type: { kind: 'text' },
    value: 'virl39k',
    source: 'paper v3',
    meaning: 'name or folder of the problems',
  },
  'data.subset': choice('7b-16k', 'paper v3', 'which of them', [
    'all',
    '7b-16k',
    '32b-20k',
    '72b-20k',
    '13k-no-text',
    '11k-no-science-text',
  ]),
  'data.excludeAlwaysCorrect': {
    ...flag(false, 'ours', 'leave out problems that the start checkpoint always solves'),
    idle: noSubset,
  },
  'data.fill': {
    ...choice('none', 'ours', 'fill a subset that falls short with problems without a pass rate', [
      'none',
      'unmeasured',
    ]),
    idle: noSubset,
  },
  'data.scienceLabels': {
    type: { kind: 'texts' },
    value: ['(GradeSchool) Science'],
    source: 'ours',
    meaning: 'categories that count as science',
    idle: ({ data }) =>
      data.subset === '11k-no-science-text' ? undefined : `data.subset is ${data.subset}`,
  },
  'vision.minPixels': whole(200704, 'released code', 'smaller pictures are enlarged', { min: 784 }),
  'vision.maxPixels': whole(1003520, 'released code', 'larger pictures are reduced', { min: 784 }),
  'vision.maxImages': whole(8, 'released code', 'most pictures of a problem', { min: 0 }),
  'vision.train': flag(true, 'released code', 'the vision tower learns'),
};

export const checkKnobs: Named<'validation' | 'eval' | 'checkpoint' | 'store'> = {
  'validation.problems': whole(512, 'ours', 'problems held out; 0 = no validation', {
    min: 0,
    off: true,
  }),
  'validation.every': {
    ...whole(1, 'ours', 'iterations between two validations', { min: 1 }),
    idle: noValidation,
  },
  'eval.templates': {
    type: { kind: 'choices', values: allTemplates },
    value: ['default'],
    source: 'ours',
    meaning: 'instructions under which accuracy is measured',
    idle: noValidation,
  },
  'eval.maxNewTokens': {
    ...whole(8192, 'ours', 'longest response when accuracy is measured', { min: 1 }),
    idle: noValidation,
  },
  'checkpoint.every': whole(1, 'ours', 'iterations between two checkpoints', { min: 1 }),
  'checkpoint.keepLast': whole(3, 'ours', 'checkpoints kept besides the best', { min: 1 }),
  'store.tokens': choice('all', 'ours', 'whose tokens and logprobs the run store keeps', [
    'all',
    'rethought',
    'none',
  ]),
};

type Bounds = { readonly min: number; readonly max?: number; readonly off?: true };

function whole(
  value: number,
  source: Knob['source'],
  meaning: string,
  bounds: Bounds,
): Knob<number> {
  return { type: { kind: 'whole', ...bounds }, value, source, meaning };
}

function real(
  value: number,
  source: Knob['source'],
  meaning: string,
  bounds: Bounds,
): Knob<number> {
  return { type: { kind: 'real', ...bounds }, value, source, meaning };
}

function flag(value: boolean, source: Knob['source'], meaning: string): Knob<boolean> {
  return { type: { kind: 'flag' }, value, source, meaning };
}

function choice<const Value extends string>(
  value: NoInfer<Value>,
  source: Knob['source'],
  meaning: string,
  values: readonly Value[],
): Knob<Value> {
  return { type: { kind: 'choice', values }, value, source, meaning };
}
