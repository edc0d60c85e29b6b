import type { Processor, Prompt } from '#model/processor';
import type { Metrics } from '#run';
import type { Completion, SampleRequest } from '#sampler';

/** A model that can be sampled and trained, wherever it lives. Verbs follow Tinker's interface. */
export interface Policy extends AsyncDisposable {
  /** Problems to prompts, text to tokens and back. Runs on the caller's side. */
  readonly processor: Processor;
  readonly limits: Limits;

  /**
   * Draws `count` completions from the published weights. Issue many requests at once: they batch.
   * An aborted signal ends them early: they come back with stop `cancelled`.
   */
  sample(request: SampleRequest, signal?: AbortSignal): Promise<readonly Completion[]>;
  /**
   * [T] nats of every response token under the training weights: at the sequence's temperatures and
   * with banned ids masked, as in sampling.
   */
  logprobs(sequences: readonly Sequence[]): Promise<readonly Float32Array[]>;
  /**
   * Adds the gradient of the summed losses to what has accumulated. Its metrics (`StepMetric`) are
   * already divided by the totals of the step, so those of all microbatches add up.
   */
  forwardBackward(microbatch: Microbatch, losses: readonly Loss[]): Promise<Metrics>;
  /**
   * Applies the accumulated gradient once and clears it. A gradient that is not finite is cleared
   * without being applied. Metrics: `UpdateMetric`.
   */
  optimStep(update: AdamUpdate): Promise<Metrics>;
  /** Clears the accumulated gradient: after a loss that is not finite, and between checks. */
  discardGradient(): Promise<void>;
  /** Makes the training weights the sampling weights; returns their version, one more each time. */
  publish(): Promise<number>;
  /**
   * Stores weights, optimizer state and version; returns the address. `load` restores all three,
   * and publishes the loaded weights under their stored version.
   */
  save(name: string): Promise<string>;
  load(address: string): Promise<void>;
}

/**
 * What `forwardBackward` returns, each name of algorithm.md 5.4. Sums over action tokens divided by
 * `totals.actions`, except: `policy/ratio_max` and `policy/ratio_min`, which combine by maximum and
 * minimum; `replay/…`, divided by `totals.replayedActions` (absent when that is 0); `nll/loss`,
 * divided by `totals.imitate`, before its weight; `kl/ref`, before its weight, when asked for.
 */
export type StepMetric =
  | 'policy/loss'
  | 'policy/clip_fraction'
  | 'policy/clip_high_fraction'
  | 'policy/clip_low_fraction'
  | 'policy/ratio_mean'
  | 'policy/ratio_max'
  | 'policy/ratio_min'
  | 'policy/entropy'
  | 'policy/approx_kl'
  | 'replay/ratio_mean'
  | 'replay/clip_fraction'
  | 'nll/loss'
  | 'kl/ref';

/**
 * What `optimStep` returns: the 2-norm before clipping, 1 if it was clipped, the 2-norm of the change
 * of the weights (0 when nothing was applied), 1 when the gradient was not finite.
 */
export type UpdateMetric =
  | 'optim/grad_norm'
  | 'optim/grad_clipped'
  | 'optim/update_norm'
  | 'optim/nonfinite';

/** What a policy can do. Homes differ: some obey only the learning rate. Checked before step 0. */
export interface Limits {
  /** Prompt and response together. */
  readonly maxTokens: number;
  readonly images: boolean;
  readonly losses: readonly Loss['kind'][];
  readonly optimizer: readonly (keyof AdamUpdate)[];
}

export interface Sequence {
  readonly prompt: Prompt;
  /** [T] every token after the prompt, whoever wrote it. */
  readonly response: Int32Array;
  /** [T] what divides the logits of each token before the softmax; 1 on triggers. */
  readonly temperatures: Float32Array;
}

/** One sample as the losses see it; every array is [T], aligned with `response`. */
export interface TrainSequence extends Sequence {
  /** 1 where the policy loss and its statistics look: tokens the policy chose, 0 on triggers. */
  readonly actions: Uint8Array;
  /** Weight of the likelihood of each token, 1 where it should simply rise, 0 elsewhere. */
  readonly imitate: Float32Array;
  /** The advantage times whatever else weighs the token's term; its sign picks the clip bound. */
  readonly advantages: Float32Array;
  /** Nats, under the weights the ratio is taken against. */
  readonly oldLogprobs: Float32Array;
  /** Nats, under the frozen reference policy; present when a `kl` loss is asked for. */
  readonly referenceLogprobs?: Float32Array;
  /**
   * How often the sample stands in the step's batch: every sum of this sequence, loss and metric,
   * counts that often. Above 1 where replay draws a sample again; it is computed once.
   */
  readonly count: number;
  /** Of these, how many were drawn from the replay buffer: counted apart in the metrics. */
  readonly replayedCount: number;
}

export interface Microbatch {
  readonly sequences: readonly TrainSequence[];
  /** Counts over the whole optimizer step: what the losses divide by. */
  readonly totals: StepTotals;
}

/** Tokens of one optimizer step, all microbatches together, each sequence `count` times. */
export interface StepTotals {
  readonly actions: number;
  readonly imitate: number;
  readonly replayedActions: number;
}

/**
 * The policy term (equal bounds: GRPO; a larger upper one: DAPO), the rethinking term, and the k3
 * divergence from the reference policy. `nll` is at temperature 1.
 */
export type Loss =
  | { readonly kind: 'clippedSurrogate'; readonly clipLow: number; readonly clipHigh: number }
  | { readonly kind: 'nll'; readonly weight: number }
  | { readonly kind: 'kl'; readonly weight: number };
export type LossOf<Kind extends Loss['kind']> = Extract<Loss, { readonly kind: Kind }>;

/** One AdamW step (Loshchilov & Hutter 2019), gradients clipped to `maxGradNorm` (2-norm) first. */
export interface AdamUpdate {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
}
