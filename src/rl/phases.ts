/** What the wall time of an iteration is spent on (algorithm.md 5.5). */
export const phases = [
  'rollout',
  'verify',
  'rethink',
  'logprob',
  'update',
  'sync',
  'eval',
  'checkpoint',
] as const;
export type Phase = (typeof phases)[number];

/** Seconds per phase; plain, so that a partial iteration can be saved. */
export type PhaseTimes = Readonly<Record<Phase | 'total', number>>;

/** Measures phases, one at a time. Time outside all phases is idle. */
export class PhaseClock {
  readonly #clock: () => number;
  readonly #seconds: Record<Phase | 'total', number>;
  #since: number;

  constructor(clock: () => number, from?: PhaseTimes) {
    this.#clock = clock;
    this.#seconds = { ...(from ?? noTime()) };
    this.#since = clock();
  }

  /** Runs `work` and books its time on the phase. */
  async during<Result>(phase: Phase, work: () => Promise<Result>): Promise<Result> {
    const start = this.#clock();
    try {
      return await work();
    } finally {
      this.#seconds[phase] += this.#clock() - start;
    }
  }

  /** Books what passed since `start`, a value of `now`. */
  book(phase: Phase, start: number): void {
    this.#seconds[phase] += this.#clock() - start;
  }

  now(): number {
    return this.#clock();
  }

  /** Seconds so far, `total` included. */
  times(): PhaseTimes {
    return { ...this.#seconds, total: this.#seconds.total + (this.#clock() - this.#since) };
  }

  /** Forgets everything: a new iteration begins. */
  restart(): void {
    Object.assign(this.#seconds, noTime());
    this.#since = this.#clock();
  }
}

function noTime(): Record<Phase | 'total', number> {
  return {
    rollout: 0,
    verify: 0,
    rethink: 0,
    logprob: 0,
    update: 0,
    sync: 0,
    eval: 0,
    checkpoint: 0,
    total: 0,
  };
}
