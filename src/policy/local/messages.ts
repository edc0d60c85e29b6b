import type { Patches } from '#model/processor';
import type { AdamUpdate, Loss, Microbatch, Sequence } from '#policy';
import type { Metrics } from '#run';
import type { SampleRequest } from '#sampler';
import type { TrainerOptions } from './trainer.ts';

/** What the computing thread can be asked, and what it answers. */
export interface Calls {
  logprobs: { args: readonly Sequence[]; result: readonly Float32Array[] };
  forwardBackward: { args: { microbatch: Microbatch; losses: readonly Loss[] }; result: Metrics };
  optimStep: { args: AdamUpdate; result: Metrics };
  discardGradient: { args: null; result: null };
  publish: { args: null; result: number };
  save: { args: string; result: null };
  load: { args: string; result: null };
  close: { args: null; result: null };
}
export type CallName = keyof Calls;

/** One request of several that were made in the same turn. */
export interface SampleCall {
  readonly id: number;
  readonly request: SampleRequest;
}

/** To the computing thread. */
export type ToWorker =
  | { readonly kind: 'call'; readonly id: number; readonly name: CallName; readonly args: unknown }
  | { readonly kind: 'samples'; readonly calls: readonly SampleCall[] }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'patches'; readonly hash: string; readonly patches: Patches }
  | { readonly kind: 'no patches'; readonly hash: string; readonly error: unknown };

/** From the computing thread. */
export type FromWorker =
  | { readonly kind: 'ready'; readonly maxTokens: number }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: unknown }
  | { readonly kind: 'want patches'; readonly hash: string };

/** What the computing thread is started with. */
export type WorkerData = TrainerOptions;
