import type { Completion } from './request.ts';
import type { TokenEvent } from './sequence.ts';

/** A request under way. */
export interface Sampling {
  readonly done: Promise<readonly Completion[]>;
  /** Ends it: what was drawn so far is returned, with stop `cancelled`. */
  cancel(): void;
}

/**
 * The tokens of a request as they are drawn. When nobody reads, a bounded number of them waits; then
 * the request's rows leave the batch, and come back when somebody reads on. Leaving the loop cancels.
 */
export class TokenStream implements AsyncIterableIterator<TokenEvent>, Sampling {
  readonly #events: TokenEvent[] = [];
  readonly #limit: number;
  readonly #stall: (stalled: boolean) => void;
  readonly #sampling: Sampling;
  readonly #waiting: (() => void)[] = [];
  #ended = false;
  #stalled = false;

  constructor(
    limit: number,
    start: (onToken: (event: TokenEvent) => void) => Sampling & {
      stall(stalled: boolean): void;
    },
  ) {
    this.#limit = limit;
    const sampling = start((event) => this.#push(event));
    this.#sampling = sampling;
    this.#stall = (stalled) => sampling.stall(stalled);
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    sampling.done.then(end, end);
  }

  get done(): Promise<readonly Completion[]> {
    return this.#sampling.done;
  }

  cancel(): void {
    this.#sampling.cancel();
  }

  /** Tokens that nobody has read yet. */
  get unread(): number {
    return this.#events.length;
  }

  #push(event: TokenEvent): void {
    this.#events.push(event);
    this.#wake();
    if (!this.#stalled && this.#events.length >= this.#limit) {
      this.#stalled = true;
      this.#stall(true);
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Throws what failed the request, after the tokens that came before. */
  async next(): Promise<IteratorResult<TokenEvent, undefined>> {
    while (this.#events.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    const event = this.#events.shift();
    if (event === undefined) {
      await this.#sampling.done;
      return { done: true, value: undefined };
    }
    if (this.#stalled && this.#events.length <= this.#limit / 2) {
      this.#stalled = false;
      this.#stall(false);
    }
    return { done: false, value: event };
  }

  async return(): Promise<IteratorResult<TokenEvent, undefined>> {
    this.cancel();
    this.#events.length = 0;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
