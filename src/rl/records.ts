import type { Problem } from '#data';
import type { Policy, Sequence } from '#policy';

/** A problem as the model reads it: token chunks and pictures. */
export type Prompt = Sequence['prompt'];
/** What one call of the sampler returns for one completion. */
export type Completion = Awaited<ReturnType<Policy['sample']>>[number];

/** A stretch of a response by one author: the policy, us, or the policy after us. */
export interface Span {
  readonly kind: 'draft' | 'trigger' | 'rethinking';
  /** Token offsets in the response, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** What divided the logits when its tokens were drawn; 1 on triggers. */
  readonly temperature: number;
}

/** Every way a response can be judged (algorithm.md R7). */
export const verdictCodes = [
  'correct',
  'wrong',
  'no_answer',
  'unparsable',
  'timeout',
  'truncated',
  'forbidden_token',
] as const;
export type VerdictCode = (typeof verdictCodes)[number];

/** The verdict of a rollout: correctness and shaping are separate, the reward is their sum. */
export interface RolloutVerdict {
  readonly code: VerdictCode;
  /** `code` is `correct`. */
  readonly correct: boolean;
  /** Correctness (1 or 0) plus shaping. */
  readonly reward: number;
  readonly shaping: number;
  /** The answer text that was judged, and what it was read as; null where none was looked for or found. */
  readonly extracted: string | null;
  readonly shape: string | null;
  /** The rule that decided, in the verifier's words, or `stop` / `token` when it was not asked. */
  readonly reason: string;
}

/** One response to one problem, checked. */
export interface Rollout {
  /** `iteration/problem/index`: the key of everything that is said about it. */
  readonly id: string;
  readonly problemId: string;
  readonly iteration: number;
  /** Its place in the group. */
  readonly index: number;
  /** [T] every token after the prompt, end token included. */
  readonly response: Int32Array;
  /** [T] nats, as sampled; NaN on trigger tokens. */
  readonly logprobs: Float32Array;
  /** Cover the response without gaps. */
  readonly spans: readonly Span[];
  readonly stop: Completion['stop'];
  readonly weightsVersion: number;
  /** Native waits in what the policy wrote (algorithm.md 5.0). */
  readonly waits: number;
  readonly verdict: RolloutVerdict;
  /** The attempt this one replaced, kept for before and after. */
  readonly draft?: Rollout;
  readonly trigger?: string;
  /** Tokens of the draft that were kept, where its tail was cut off before the trigger. */
  readonly cut?: number;
}

/** Why a rollout was not made to think again. */
export const skipReasons = ['truncated', 'long', 'forbidden', 'not_drawn'] as const;
export type SkipReason = (typeof skipReasons)[number];

/** Why a rethinking was not kept: the first check of algorithm.md 2.8.6 that fails. */
export const dropReasons = [
  'forbidden',
  'unfinished',
  'short',
  'long',
  'waits',
  'wrong',
  'quota',
] as const;
export type DropReason = (typeof dropReasons)[number];

/** The record of one triggered rollout, kept or not. */
export interface Attempt {
  readonly rolloutId: string;
  readonly index: number;
  readonly trigger: string;
  /** Draft tokens before the trigger, the end token not counted. */
  readonly draftTokens: number;
  /** Tokens sampled after the trigger, end token included. */
  readonly rethinkingTokens: number;
  readonly triggerTokens: number;
  /** Native waits in the rethinking. */
  readonly waits: number;
  readonly before: RolloutVerdict;
  readonly after: RolloutVerdict;
  readonly outcome: 'kept' | DropReason;
  readonly cut?: number;
  /** [T] the whole second response, for those who read along. */
  readonly response: Int32Array;
  /** Why nothing could be sampled. */
  readonly failure?: string;
}

/** What happened when a group was asked to think again. */
export interface GroupRethinking {
  readonly attempts: readonly Attempt[];
  readonly skipped: readonly { readonly index: number; readonly reason: SkipReason }[];
}

/** All rollouts of one problem; advantages exist only inside a group. */
export interface Group {
  readonly problem: Problem;
  readonly prompt: Prompt;
  /** In ascending index; some may be missing. */
  readonly rollouts: readonly Rollout[];
  /** Asked for, but never answered or cancelled. */
  readonly missing: number;
  /** Left out because the answer key cannot be judged. */
  readonly unverifiable: number;
  readonly rethinking?: GroupRethinking;
}

/** A number as numerator over denominator, both whole, denominator positive. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

/** What replay stores and the losses eat. */
export interface Sample {
  readonly id: string;
  readonly prompt: Prompt;
  readonly rollout: Rollout;
  /** The same for every token the policy chose; exactly 0 where the group teaches nothing. */
  readonly advantage: number;
  /** The advantage as a ratio of whole numbers, where rewards are 0/1 and nothing divides by std. */
  readonly exact?: Fraction;
  /** [T] nats, under the weights the ratio is taken against; [0] when the sample is never trained on. */
  readonly oldLogprobs: Float32Array;
  /** [T] nats under the frozen start checkpoint, when its divergence is in the loss. */
  readonly referenceLogprobs?: Float32Array;
}

/** The first attempt: the rollout itself, or what it replaced. */
export function draftOf(rollout: Rollout): Rollout {
  return rollout.draft ?? rollout;
}
