import type { Patches, Prompt } from '#model/processor';
import type { Completion, SampleRequest } from './request.ts';
import { Sequence } from './sequence.ts';

/** A token as it is drawn. */
export interface TokenEvent {
  /** Index of the completion in its request. */
  readonly index: number;
  readonly id: number;
  readonly logprob: number;
  /** Present on the last token of a completion. */
  readonly stop?: Completion['stop'];
}

/** A request from its arrival to its last completion. */
export class Task {
  readonly request: SampleRequest;
  readonly sequences: readonly Sequence[];
  /** The part of the prompt that is computed once and shared, and its key. */
  readonly root: Prompt;
  readonly key: string;
  /** Given tokens after the shared part; empty when there are none. */
  readonly suffix: Int32Array;
  readonly done: Promise<readonly Completion[]>;
  readonly onToken: ((event: TokenEvent) => void) | undefined;
  /** Pictures that are decoded and cut, once they are. */
  patches: readonly Patches[] | undefined;
  /** Sequences that have not entered the batch yet. */
  readonly waiting: Sequence[];
  cancelled = false;
  #left: number;
  #resolve: (completions: readonly Completion[]) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(
    request: SampleRequest,
    parts: { readonly root: Prompt; readonly key: string; readonly suffix: Int32Array },
    onToken?: (event: TokenEvent) => void,
  ) {
    this.request = request;
    this.root = parts.root;
    this.key = parts.key;
    this.suffix = parts.suffix;
    this.onToken = onToken;
    this.sequences = Array.from(
      { length: request.count },
      (_, index) => new Sequence(request, index),
    );
    this.waiting = [...this.sequences];
    this.#left = request.count;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asked sees the rejection; nobody else has to.
    this.done.catch(() => {});
  }

  /** True when every completion has stopped. */
  get finished(): boolean {
    return this.#left === 0;
  }

  /** Passes a drawn token on to whoever listens. */
  tell(sequence: Sequence, id: number, logprob: number): void {
    const { index, stop } = sequence;
    this.onToken?.({ index, id, logprob, ...(stop !== undefined && { stop }) });
  }

  /** Marks one completion as stopped; the last one settles the task. */
  close(weightsVersion: number): void {
    this.#left--;
    if (this.#left > 0) return;
    this.#resolve(this.sequences.map((sequence) => sequence.completion(weightsVersion)));
  }

  fail(error: unknown): void {
    this.#left = 0;
    this.#reject(error);
  }
}
