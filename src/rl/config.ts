import type { TriggerId } from './triggers.ts';

/** All settings of the method. Keys are the knobs of algorithm.md 4.1; `knobs.ts` says what each does. */
export interface TrainConfig {
  readonly seed: number;
  readonly rollout: RolloutConfig;
  readonly rethink: RethinkConfig;
  readonly reward: RewardConfig;
  readonly advantage: AdvantageConfig;
  readonly batch: BatchConfig;
  readonly replay: ReplayConfig;
  readonly loss: LossConfig;
  readonly mask: MaskConfig;
  readonly optim: OptimConfig;
  readonly train: LoopConfig;
  readonly alarms: AlarmConfig;
}

export interface RolloutConfig {
  /** Problems between two publications of the weights: one iteration. */
  readonly problemsPerSync: number;
  readonly groupSize: number;
  readonly temperature: number;
  readonly topP: number;
  /** 0 = off. */
  readonly topK: number;
  readonly maxNewTokens: number;
  /** A longer prompt is left out and counted. */
  readonly maxPromptTokens: number;
  /** What a response without end token is worth: reward 0 and trained on, or not trained on. */
  readonly truncated: 'wrong' | 'mask_loss';
  /** Requests in flight; 0 = all at once. */
  readonly concurrency: number;
}

export interface RethinkConfig {
  readonly mode: 'off' | 'random' | 'wrong_only';
  readonly q: number;
  /** Longest draft that is triggered, in tokens, the end token not counted. */
  readonly maxY1: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly triggers: readonly TriggerId[];
  readonly choice: 'uniform' | 'gold_aware';
  readonly keepMin: number;
  readonly keepMax: number;
  readonly maxPerProblem: number;
  /** The trigger counts as one wait; native waits of the rethinking are added. */
  readonly maxWaits: number;
  readonly requireBoxInY2: boolean;
  /** Probability that the tail of the draft is cut before the trigger; 0 = never. */
  readonly cutTail: number;
  /** A wrong draft is not triggered in a group with a higher mean reward; 1 = always triggered. */
  readonly skipWrongAbove: number;
  /** Leave drafts alone that already hold a native wait. */
  readonly skipWaited: boolean;
}

export interface RewardConfig {
  /** Where the answer must stand: in a box, or also behind a tag or an answer phrase. */
  readonly answer: 'box' | 'box_or_phrase';
  readonly shaping: 'none' | 'reference';
}

export interface AdvantageConfig {
  readonly baseline: 'round0' | 'leave_one_out' | 'final';
  readonly divideByStd: boolean;
}

export interface BatchConfig {
  readonly mode: 'grpo' | 'filter' | 'ssr';
  /** Shuffle whole groups instead of samples. */
  readonly keepGroups: boolean;
}

export interface ReplayConfig {
  readonly alpha: number;
  /** Cleared at every sync, or a sample inserted at step s is drawable at steps s … s + persist − 1. */
  readonly persist: 'episode' | number;
  /** Oldest out; 0 = unlimited. */
  readonly capacity: number;
  readonly replacement: boolean;
}

export interface LossConfig {
  readonly clipLow: number;
  readonly clipHigh: number;
  readonly normalise: 'tokens' | 'per_response' | 'per_microbatch';
  readonly klCoef: number;
  readonly nllCoef: number;
  /** Which kept rethinkings are imitated. */
  readonly nllKept: 'all' | 'wrong_to_right';
  readonly nllWeighting: 'uniform' | 'advantage';
  /** Also kept rethinkings whose advantage is 0, outside replay. */
  readonly nllAllKept: boolean;
  /** Also plain responses with a native wait and a positive advantage. */
  readonly nllIncludeNative: boolean;
  /** The likelihood term rests in an iteration in which more first answers hold a native wait; 1 = never. */
  readonly nllWaitCap: number;
  readonly oldLogprobs: 'trainer' | 'sampler';
  /** Bound of the weight exp(old − sampled logprob) on each token; 0 = no such weight. */
  readonly correctionCap: number;
  /** Samples whose trainer logprobs are compared with the sampler's when old logprobs are the sampler's. */
  readonly mismatchProbe: number;
}

/** Masks of algorithm.md 2.9 that may be switched; the rest of the table is fixed. */
export interface MaskConfig {
  readonly policyY1: boolean;
  readonly policyTrigger: boolean;
  readonly nllY1: boolean;
  readonly nllTrigger: boolean;
}

export interface OptimConfig {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly gradClip: number;
  /** Fraction of all steps. */
  readonly warmup: number;
  /** Fraction of the rate that is left at the last step. */
  readonly floor: number;
}

export interface LoopConfig {
  readonly epochs: number;
  /** Ends after so many iterations if that is sooner; 0 = no limit. The schedule knows. */
  readonly maxIterations: number;
  readonly batchSamples: number;
  /** Tokens computed at once, each distinct prompt counted once. */
  readonly microbatchTokens: number;
}

/** Bounds beyond which a run is told to be ill. */
export interface AlarmConfig {
  readonly mismatchProb: number;
  readonly mismatchKl: number;
  readonly truncation: number;
  /** Iterations without any eligible or kept rethinking. */
  readonly rethinkPatience: number;
  /** Skipped steps in a row. */
  readonly skippedSteps: number;
  /** Steps in a row without a finite loss and gradient, after which the run stops. */
  readonly nonfiniteSteps: number;
}
