import type { Prompt } from '#model/processor';

/**
 * How tokens are drawn. With z the model's logits in f32, the steps apply in the order of the fields:
 * bans, penalty, temperature, top-k, top-p, min-p; the token is drawn from the softmax of what is left.
 */
export interface SamplingParams {
  /** Ids that are never drawn: z = −∞ before anything else. */
  readonly bannedIds: readonly number[];
  /**
   * r: every id that stands in the prompt or in the response so far gets z / r where z > 0 and z · r
   * elsewhere (Keskar et al. 2019, as transformers has it); pictures count for nothing. 1 = off.
   */
  readonly repetitionPenalty: number;
  /** Divides z; 0 = greedy: the likeliest id after bans and penalty, and nothing below applies. */
  readonly temperature: number;
  /** Keeps the k likeliest ids and whatever ties with the k-th; 0 = off. */
  readonly topK: number;
  /**
   * p: goes through the ids that are left from the least likely one and removes while the cumulated
   * probability is at most 1 − p; the likeliest always stays. 1 = off.
   */
  readonly topP: number;
  /** Keeps ids at least this fraction as likely as the likeliest; 0 = off. */
  readonly minP: number;
  /** End of the response: the drawn id is part of it. */
  readonly stopIds: readonly number[];
  /** Ends the response after the token that completes one of these texts; needs a decoder. */
  readonly stopStrings: readonly string[];
  /** Stop ids cannot be drawn, and stop strings do not end, before this many tokens. */
  readonly minTokens: number;
  readonly maxTokens: number;
}

/** Asks for `count` completions of one prompt. */
export interface SampleRequest {
  readonly prompt: Prompt;
  readonly count: number;
  readonly params: SamplingParams;
  /** A whole number from 0 to 2⁵³ − 1. Every draw derives from (seed, index of the completion, position). */
  readonly seed: number;
  /** Also return the log-probabilities of the plain distribution (temperature 1, no ban, no filter). */
  readonly plainLogprobs?: boolean;
  /** The likeliest ids of the plain distribution beside each token, so many; default 0, at most 20. */
  readonly alternatives?: number;
  /** Also return text; needs a decoder. */
  readonly text?: boolean;
  /**
   * A continuation will follow: the keys of the finished completions are kept for a while (least
   * recently used first out), so that they are not computed again.
   */
  readonly keep?: boolean;
  /**
   * The prompt will hardly be asked again: its keys are dropped when no row reads them and no request
   * waits for them. Otherwise they are kept for a while.
   */
  readonly once?: boolean;
}

/** The likeliest ids beside the drawn tokens, likeliest first. */
export interface Alternatives {
  /** Ids per token. */
  readonly count: number;
  /** [T · count] */
  readonly ids: Int32Array;
  /** [T · count] nats, temperature 1, no ban and no filter. */
  readonly logprobs: Float32Array;
}

/** What one call of the sampler returns for one completion. */
export interface Completion {
  /** [T] every sampled token, the stop id included. */
  readonly tokens: Int32Array;
  /** [T] nats, under the distribution each token was drawn from; greedy: temperature 1, no filter. */
  readonly logprobs: Float32Array;
  /** [T] nats, temperature 1, no ban and no filter; present when asked for. */
  readonly plainLogprobs?: Float32Array;
  /** Present when asked for. */
  readonly alternatives?: Alternatives;
  /** Text of the tokens, special ones left out, up to the stop string; present when asked for. */
  readonly text?: string;
  /** `end`: a stop id; `stop`: a stop string; `length`: the token limit. */
  readonly stop: 'end' | 'stop' | 'length' | 'cancelled';
  readonly weightsVersion: number;
}
