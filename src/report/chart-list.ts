import type { Chart } from './chart.ts';

/** A line or a layer that stands for one metric. */
export interface Drawn {
  readonly metric: string;
  readonly name: string;
  /** A metric with the standard error of this one: the band is 1.96 of it to both sides. */
  readonly stderr?: string;
  readonly color?: number;
}

/** What a chart of a run is made of. */
export interface ChartPlan extends Pick<Chart, 'id' | 'title' | 'help' | 'y' | 'levels'> {
  readonly kind: 'lines' | 'stack';
  readonly metrics: readonly Drawn[];
  /** Measured at the end of an iteration. */
  readonly ends?: true;
  /** Said nothing of where nothing is rethought by force: its zeros would be no finding. */
  readonly ofRethinking?: true;
  /** Words for a run without these metrics. */
  readonly missing: string;
}

/** Charts that belong together, in the order of the page. */
export interface ChartSection {
  readonly id: string;
  readonly title: string;
  readonly charts: readonly ChartPlan[];
}

const share = (label: string) => ({ label, format: 'share', from: 0, to: 1 }) as const;
const part = (label: string) => ({ label, format: 'share', from: 0 }) as const;
const one = (metric: string): readonly Drawn[] => [{ metric, name: '' }];
const noRethinking =
  'Nothing was rethought by force in this run: rethink.mode is off, or no iteration is over yet.';
const noReplay = 'Nothing was replayed in this run: batch.mode is not ssr, or no step was taken.';

const learning: readonly ChartPlan[] = [
  {
    id: 'reward',
    title: 'Reward in training',
    help: 'Share of right responses among those sampled, before and after rethinking by force. It should rise.',
    kind: 'lines',
    y: share('reward'),
    metrics: [
      { metric: 'reward/mean', name: 'first answers' },
      { metric: 'reward/final_mean', name: 'after rethinking' },
    ],
    missing: 'No iteration has collected rollouts yet.',
  },
  {
    id: 'category',
    title: 'Reward by category',
    help: 'Share of right responses, by what kind of problem it was.',
    kind: 'lines',
    y: share('right responses'),
    metrics: [{ metric: 'category/*/correct_mean', name: '*' }],
    missing: 'No iteration has collected rollouts yet.',
  },
];

const groups: readonly ChartPlan[] = [
  {
    id: 'groups',
    title: 'Groups that teach',
    help: 'A group whose responses are all right or all wrong has no advantage and teaches nothing. The share that teaches falls as the model learns.',
    kind: 'lines',
    y: share('share of groups'),
    metrics: [
      { metric: 'group/effective_fraction', name: 'effective', color: 0 },
      { metric: 'group/all_correct_fraction', name: 'all right', color: 2 },
      { metric: 'group/all_wrong_fraction', name: 'all wrong', color: 1 },
    ],
    missing: 'No iteration has collected rollouts yet.',
  },
  {
    id: 'verdicts',
    title: 'Verdicts',
    help: 'What the verifier said about the responses. Much “no answer”, “truncated” or “unparsable” means that the format is the problem, not the task.',
    kind: 'stack',
    y: share('share of responses'),
    metrics: [
      { metric: 'verdict/correct', name: 'correct', color: 2 },
      { metric: 'verdict/wrong', name: 'wrong', color: 1 },
      { metric: 'verdict/no_answer', name: 'no answer', color: 4 },
      { metric: 'verdict/unparsable', name: 'unparsable', color: 5 },
      { metric: 'verdict/truncated', name: 'truncated', color: 3 },
      { metric: 'verdict/timeout', name: 'timeout', color: 6 },
      { metric: 'verdict/forbidden_token', name: 'forbidden token', color: 7 },
    ],
    missing: 'No iteration has collected rollouts yet.',
  },
];

const replay: readonly ChartPlan[] = [
  {
    id: 'replay',
    title: 'Replayed share of the batch',
    help: 'Places that vanishing groups left empty and replay filled: the batch keeps its size.',
    kind: 'lines',
    y: share('share of the batch'),
    metrics: one('replay/share'),
    missing: noReplay,
  },
  {
    id: 'batch',
    title: 'Batch size',
    help: 'Samples trained on in a step. It is even under GRPO and replay, and shrinks under filtering.',
    kind: 'lines',
    y: { label: 'samples', format: 'count', from: 0 },
    metrics: one('batch/size'),
    missing: 'No step was taken yet.',
  },
  {
    id: 'age',
    title: 'Age of replayed samples',
    help: 'Steps between storing a sample and drawing it; old samples are further from the policy.',
    kind: 'lines',
    y: { label: 'steps', format: 'number', from: 0 },
    metrics: [
      { metric: 'replay/age', name: 'mean' },
      { metric: 'replay/age_max', name: 'oldest' },
    ],
    missing: noReplay,
  },
  {
    id: 'draws',
    title: 'What was drawn',
    help: 'Draws that repeat another draw of the step, and draws of samples that are in the batch anyway. High values mean a small buffer.',
    kind: 'lines',
    y: share('share of draws'),
    metrics: [
      { metric: 'replay/duplicate_fraction', name: 'drawn twice' },
      { metric: 'replay/overlap_fraction', name: 'in the batch anyway' },
    ],
    missing: noReplay,
  },
];

const rethinking: readonly ChartPlan[] = [
  {
    id: 'forced',
    title: 'What rethinking by force changed',
    help: 'Verdicts before and after the trigger, of all triggered responses. Wrong to right should stay above right to wrong.',
    kind: 'lines',
    y: { label: 'responses', format: 'count', from: 0 },
    metrics: [
      { metric: 'rethink/wrong_to_right/all', name: 'wrong → right', color: 2 },
      { metric: 'rethink/right_to_wrong/all', name: 'right → wrong', color: 1 },
    ],
    ofRethinking: true,
    missing: noRethinking,
  },
  {
    id: 'kept',
    title: 'Kept rethinkings',
    help: 'Triggered responses that became part of the training data.',
    kind: 'lines',
    y: { label: 'responses', format: 'count', from: 0 },
    metrics: one('rethink/kept'),
    ofRethinking: true,
    missing: noRethinking,
  },
  {
    id: 'waits',
    title: 'Rethinking by itself',
    help: 'Sampled responses with a “Wait” that nobody forced. The second stage should raise it.',
    kind: 'lines',
    y: part('share of responses'),
    metrics: one('native_wait/fraction'),
    missing: 'No iteration has collected rollouts yet.',
  },
  {
    id: 'wait-worth',
    title: 'Is waiting worth it?',
    help: 'Share of right responses among those with a “Wait” of their own, and among those without.',
    kind: 'lines',
    y: share('right responses'),
    metrics: [
      { metric: 'native_wait/correct_mean', name: 'with a wait' },
      { metric: 'native_wait/absent_correct_mean', name: 'without' },
    ],
    missing: 'No response held a “Wait” of its own.',
  },
];

const lengths: readonly ChartPlan[] = [
  {
    id: 'length',
    title: 'Length of responses',
    help: 'Sampled tokens of first answers, the end token included.',
    kind: 'lines',
    y: { label: 'tokens', format: 'tokens', from: 0 },
    metrics: [
      { metric: 'response/length_mean', name: 'mean' },
      { metric: 'response/length_p95', name: '95th percentile' },
    ],
    missing: 'No iteration has collected rollouts yet.',
  },
  {
    id: 'length-verdict',
    title: 'Length, right and wrong',
    help: 'Mean length by verdict. Wrong responses that grow and grow are a warning.',
    kind: 'lines',
    y: { label: 'tokens', format: 'tokens', from: 0 },
    metrics: [
      { metric: 'response/correct_length_mean', name: 'right', color: 2 },
      { metric: 'response/wrong_length_mean', name: 'wrong', color: 1 },
    ],
    missing: 'No iteration has collected rollouts yet.',
  },
  {
    id: 'truncated',
    title: 'Cut off by the limit',
    help: 'Responses that reached the token limit. Above a few percent the limit is too low.',
    kind: 'lines',
    y: part('share of responses'),
    metrics: one('response/truncation_fraction'),
    missing: 'No iteration has collected rollouts yet.',
  },
];

const health: readonly ChartPlan[] = [
  {
    id: 'mismatch',
    title: 'Sampler against trainer',
    help: 'Mean gap of token probabilities right after the sync. Below 0.005 is good; above 0.01 something is broken.',
    kind: 'lines',
    y: { label: 'mean |Δ probability|', format: 'tiny', log: true },
    levels: [
      { y: 0.005, text: 'good' },
      { y: 0.01, text: 'broken' },
    ],
    metrics: one('mismatch/abs_prob_mean'),
    missing: 'Not measured in this run.',
  },
  {
    id: 'kl',
    title: 'Distance moved within an iteration',
    help: 'Approximate divergence from the policy that sampled. It should stay small.',
    kind: 'lines',
    y: { label: 'nats per token', format: 'number' },
    metrics: one('policy/approx_kl'),
    missing: 'No step was taken yet.',
  },
  {
    id: 'clip',
    title: 'Clipped tokens',
    help: 'Tokens whose ratio left the clip range in the direction of their advantage.',
    kind: 'lines',
    y: part('share of tokens'),
    metrics: [
      { metric: 'policy/clip_fraction', name: 'all' },
      { metric: 'replay/clip_fraction', name: 'replayed' },
    ],
    missing: 'No step was taken yet.',
  },
  {
    id: 'entropy',
    title: 'Entropy',
    help: 'How undecided the policy is. A fall to zero ends exploration.',
    kind: 'lines',
    y: { label: 'nats per token', format: 'number', from: 0 },
    metrics: one('policy/entropy'),
    missing: 'No step was taken yet.',
  },
  {
    id: 'gradient',
    title: 'Gradient norm',
    help: 'Before clipping. Zero means that nothing is learnt, sudden peaks that something broke.',
    kind: 'lines',
    y: { label: 'norm', format: 'number', from: 0 },
    metrics: one('optim/grad_norm'),
    missing: 'No step was taken yet.',
  },
  {
    id: 'nll',
    title: 'Likelihood term',
    help: 'Loss of the imitated rethinkings, before its weight.',
    kind: 'lines',
    y: { label: 'nats per token', format: 'number', from: 0 },
    metrics: one('nll/loss'),
    ofRethinking: true,
    missing: 'Nothing is imitated in this run: loss.nllCoef is 0, or nothing was kept.',
  },
];

const time: readonly ChartPlan[] = [
  {
    id: 'phases',
    title: 'Where the time goes',
    help: 'Wall seconds of each iteration, by phase.',
    kind: 'stack',
    ends: true,
    y: { label: 'seconds', format: 'seconds', from: 0 },
    metrics: [
      'rollout',
      'verify',
      'rethink',
      'logprob',
      'update',
      'sync',
      'eval',
      'checkpoint',
      'idle',
    ].map((phase) => ({ metric: `time/${phase}`, name: phase })),
    missing: 'No iteration is over yet.',
  },
  {
    id: 'speed',
    title: 'Speed of sampling',
    help: 'Tokens sampled per second, over rollouts and rethinkings.',
    kind: 'lines',
    y: { label: 'tokens per second', format: 'tokens', from: 0 },
    metrics: one('throughput/sampled_tokens_per_s'),
    missing: 'No iteration is over yet.',
  },
];

/** The charts of a run's report, in the order of the page. */
export const chartSections: readonly ChartSection[] = [
  { id: 'learning', title: 'Learning', charts: learning },
  { id: 'grouping', title: 'Groups and advantages', charts: groups },
  { id: 'replaying', title: 'Selective Sample Replay', charts: replay },
  { id: 'rethinking', title: 'Rethinking', charts: rethinking },
  { id: 'lengths', title: 'Lengths', charts: lengths },
  { id: 'health', title: 'Health', charts: health },
  { id: 'time', title: 'Time', charts: time },
];
