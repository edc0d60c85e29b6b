import type { Prompt } from '#model/processor';

/** How tokens are drawn. Applied in the order of the fields below. */
export interface SamplingParams {
  /** Ids that are never drawn: their logit is −∞ before anything else. */
  readonly bannedIds: readonly number[];
  /** Divides the logit of every id already in the sequence if positive, multiplies if negative; 1 = off. */
  readonly repetitionPenalty: number;
  /** Divides the logits; 0 = greedy, and nothing below applies. */
  readonly temperature: number;
  /** Keeps the k likeliest ids and whatever ties with the k-th; 0 = off. */
  readonly topK: number;
  /** Keeps the smallest set of likeliest ids whose probability reaches p; 1 = off. */
  readonly topP: number;
  /** Keeps ids at least this fraction as likely as the likeliest; 0 = off. */
  readonly minP: number;
  /** End of the response: the drawn id is part of it. */
  readonly stopIds: readonly number[];
  /** Ends the response after the token that completes one of these texts. */
  readonly stopStrings: readonly string[];
  readonly minTokens: number;
  readonly maxTokens: number;
}

/** Asks for `count` completions of one prompt. */
export interface SampleRequest {
  readonly prompt: Prompt;
  readonly count: number;
  readonly params: SamplingParams;
  /** Every draw derives from (seed, index of the completion, position in the response). */
  readonly seed: number;
  /** Also return the log-probabilities of the plain distribution (temperature 1, no filter). */
  readonly plainLogprobs?: boolean;
}

/** What one call of the sampler returns for one completion. */
export interface Completion {
  /** [T] every sampled token, the stop id included. */
  readonly tokens: Int32Array;
  /** [T] nats, under the distribution each token was drawn from. */
  readonly logprobs: Float32Array;
  /** [T] nats, temperature 1 and no filter; present when asked for. */
  readonly plainLogprobs?: Float32Array;
  /** `end`: a stop id; `stop`: a stop string; `length`: the token limit. */
  readonly stop: 'end' | 'stop' | 'length' | 'cancelled';
  readonly weightsVersion: number;
}
