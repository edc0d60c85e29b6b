import type { Processor, Prompt } from '#model/processor';
import type { Metrics } from '#run';
import type { Completion, SampleRequest } from '#sampler';

/** A model that can be sampled and trained, wherever it lives. Verbs follow Tinker's interface. */
export interface Policy extends AsyncDisposable {
  /** Problems to prompts, text to tokens and back. Runs on the caller's side. */
  readonly processor: Processor;
  readonly limits: Limits;

  /** Draws `count` completions from the published weights. Issue many requests at once: they batch. */
  sample(request: SampleRequest): Promise<readonly Completion[]>;
  /** [T] nats of every response token under the training weights, at the sequence's temperatures. */
  logprobs(sequences: readonly Sequence[]): Promise<readonly Float32Array[]>;
  /** Adds the gradient of the summed losses to what has accumulated; metrics add up likewise. */
  forwardBackward(microbatch: Microbatch, losses: readonly Loss[]): Promise<Metrics>;
  /** Applies the accumulated gradient once and clears it. */
  optimStep(update: AdamUpdate): Promise<Metrics>;
  /** Makes the training weights the sampling weights; returns their version, one more each time. */
  publish(): Promise<number>;
  /** Stores weights, optimizer state and version; `load` restores all three from the address. */
  save(name: string): Promise<string>;
  load(address: string): Promise<void>;
}

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
  /** 1 where the policy chose the token, 0 on triggers. */
  readonly actions: Uint8Array;
  /** 1 on tokens whose likelihood should rise. */
  readonly imitate: Uint8Array;
  readonly advantages: Float32Array;
  /** Nats, under the weights the ratio is taken against. */
  readonly oldLogprobs: Float32Array;
  /** Nats, under the frozen reference policy; present when a `kl` loss is asked for. */
  readonly referenceLogprobs?: Float32Array;
  /** Drawn from the replay buffer: counted apart in the metrics. */
  readonly replayed: boolean;
}

export interface Microbatch {
  readonly sequences: readonly TrainSequence[];
  /** Counts over the whole optimizer step: what the losses divide by. */
  readonly totals: StepTotals;
}

/** Tokens of one optimizer step, all microbatches together. */
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

/** What to start from: a checkpoint folder or hub id. */
export interface PolicySpec {
  readonly base: string;
}

/** Each home of a policy exports one; the command line picks. */
export type CreatePolicy = (spec: PolicySpec) => Promise<Policy>;
