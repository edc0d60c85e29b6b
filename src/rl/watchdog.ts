import type { Phase } from './phases.ts';
import type { Progress } from './setup.ts';

/** A phase that stands still. */
export interface Stall {
  readonly phase: Phase;
  readonly iteration: number;
  readonly seconds: number;
  /** What to tell: phase, how far it is, what was worked on last. */
  readonly message: string;
}

/** How the watchdog sees time; tests pass their own. */
export interface Ticker {
  readonly clock: () => number;
  /** Calls back every so many seconds until the returned function is called. */
  readonly every: (seconds: number, tick: () => void) => () => void;
}

/**
 * Names the phase that stands still: it is told of all progress, and when none comes for
 * `stallSeconds` it says so once, and again after as long. It never stops anything itself.
 */
export class Watchdog implements Disposable {
  readonly #ticker: Ticker;
  readonly #stallSeconds: number;
  readonly #onStall: (stall: Stall) => void;
  readonly #stop: () => void;
  #last: { readonly progress: Progress; readonly at: number } | undefined;
  #told = 0;

  constructor(stallSeconds: number, onStall: (stall: Stall) => void, ticker: Ticker = realTime) {
    this.#stallSeconds = stallSeconds;
    this.#onStall = onStall;
    this.#ticker = ticker;
    this.#stop = ticker.every(Math.max(stallSeconds / 4, 0.05), () => this.#look());
  }

  /** Something moved. */
  note(progress: Progress): void {
    this.#last = { progress, at: this.#ticker.clock() };
    this.#told = 0;
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #look(): void {
    if (this.#last === undefined) return;
    const { progress, at } = this.#last;
    const seconds = this.#ticker.clock() - at;
    if (seconds < this.#stallSeconds * (this.#told + 1)) return;
    this.#told += 1;
    const { phase, iteration, done, total, subject } = progress;
    const last = subject === undefined ? '' : `; last: ${subject}`;
    const message =
      `${phase} of iteration ${iteration} has stood still for ${seconds.toFixed(0)} s ` +
      `at ${done} of ${total}${last}`;
    this.#onStall({ phase, iteration, seconds, message });
  }
}

const realTime: Ticker = {
  clock: () => performance.now() / 1000,
  every: (seconds, tick) => {
    const timer = setInterval(tick, seconds * 1000);
    timer.unref();
    return () => clearInterval(timer);
  },
};
