import type { Patches, Prompt } from '#model/processor';
import { banList } from './bans.ts';
import { promptParts } from './prompt-parts.ts';
import type { Completion, SampleRequest } from './request.ts';
import { Sequence, type TokenEvent } from './sequence.ts';
import type { Decode } from './text-tail.ts';

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
  /** Pictures that are decoded and cut, once they are. */
  patches: readonly Patches[] | undefined;
  /** Sequences that are not in the batch and have to be. */
  readonly waiting: Sequence[];
  /** True once a sequence has been in the batch: from then on the weights must not change. */
  begun = false;
  /** True while nobody reads what is drawn: its rows leave the batch until somebody does. */
  stalled = false;
  readonly #onToken: ((event: TokenEvent) => void) | undefined;
  #left: number;
  #resolve: (completions: readonly Completion[]) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(
    request: SampleRequest,
    decode: Decode | undefined,
    onToken?: (event: TokenEvent) => void,
  ) {
    const { root, key, suffix } = promptParts(request.prompt);
    this.request = request;
    this.root = root;
    this.key = key;
    this.suffix = suffix;
    this.#onToken = onToken;
    const how = { bans: banList(request.params.bannedIds), decode };
    this.sequences = Array.from(
      { length: request.count },
      (_, index) => new Sequence(request, index, how),
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

  /** True when every completion has stopped, or the request has failed. */
  get finished(): boolean {
    return this.#left === 0;
  }

  /** Passes a drawn token on to whoever listens; a listener that throws fails its own request only. */
  tell(event: TokenEvent): void {
    try {
      this.#onToken?.(event);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Marks one completion as stopped; the last one settles the task. */
  close(weightsVersion: number): void {
    if (this.finished) return;
    this.#left--;
    if (this.finished) this.#settle(weightsVersion);
  }

  /** Ends everything that has not ended; rows that decode are taken out at the next step. */
  cancel(weightsVersion: number): void {
    if (this.finished) return;
    for (const sequence of this.sequences) sequence.stop ??= 'cancelled';
    const rows = this.waiting.length;
    this.waiting.length = 0;
    for (let index = 0; index < rows; index++) this.close(weightsVersion);
  }

  /** Ends the request with an error; rows that decode are taken out at the next step. */
  fail(error: unknown): void {
    if (this.finished) return;
    this.#left = 0;
    this.waiting.length = 0;
    for (const sequence of this.sequences) sequence.stop ??= 'cancelled';
    this.#reject(error);
  }

  #settle(weightsVersion: number): void {
    this.#resolve(this.sequences.map((sequence) => sequence.completion(weightsVersion)));
  }
}
