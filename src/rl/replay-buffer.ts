import type { Random } from '#run';
import type { ReplayConfig } from './config.ts';
import type { Sample } from './records.ts';
import { replayWeights } from './replay-weights.ts';
import { drawWithReplacement, drawWithoutReplacement } from './weighted-draw.ts';

/** A stored sample with the step and the weights version at which it came in. */
export interface ReplayEntry {
  readonly sample: Sample;
  readonly insertedAt: number;
  readonly iteration: number;
}

/** One draw: the entry, and where and how it was used. */
export interface Draw extends ReplayEntry {
  /** Steps since insertion; 0 = the same step. */
  readonly age: number;
}

/** What one step took from the buffer. */
export interface ReplayStep {
  readonly draws: readonly Draw[];
  /** Entries after insertion, before drawing. */
  readonly size: number;
  /** 1 / Σ P(j)² over the buffer; null when it is empty. */
  readonly ess: number | null;
  /** Removed by age or capacity. */
  readonly evicted: number;
}

/** Where in the run a step stands, for ages. */
export interface ReplayMoment {
  readonly step: number;
  readonly iteration: number;
}

/**
 * Selective Sample Replay's store (paper v3, Algorithm 1): effective samples of past steps, drawn in
 * proportion to |Â|^α. Entries keep everything they were sampled with, old log-probabilities included.
 */
export class ReplayBuffer {
  readonly #config: ReplayConfig;
  #entries: ReplayEntry[];

  constructor(config: ReplayConfig, entries: readonly ReplayEntry[] = []) {
    this.#config = config;
    this.#entries = [...entries];
  }

  /** What is stored, oldest first: all there is to save and restore. */
  get entries(): readonly ReplayEntry[] {
    return this.#entries;
  }

  /**
   * Steps 2 to 4 of Algorithm 1: inserts `effective` first, so that a sample of this step can be drawn
   * in it, then draws `count` samples; none when the buffer is empty.
   */
  exchange(
    effective: readonly Sample[],
    count: number,
    { step, iteration }: ReplayMoment,
    random: Random,
  ): ReplayStep {
    const before = this.#entries.length + effective.length;
    this.#entries = this.#current(step);
    for (const sample of effective) this.#entries.push({ sample, insertedAt: step, iteration });
    const { capacity } = this.#config;
    if (capacity > 0) this.#entries = this.#entries.slice(-capacity);
    const evicted = before - this.#entries.length;
    const { draws, ess } = this.#draw(count, step, random);
    return { draws, size: this.#entries.length, ess, evicted };
  }

  /** Forgets everything, at the sync; returns how many samples that were. */
  clear(): number {
    const cleared = this.#entries.length;
    this.#entries = [];
    return cleared;
  }

  /** A sample inserted at step s may be drawn at steps s … s + K − 1. */
  #current(step: number): ReplayEntry[] {
    const { persist } = this.#config;
    if (persist === 'episode') return this.#entries;
    return this.#entries.filter(({ insertedAt }) => step - insertedAt < persist);
  }

  #draw(count: number, step: number, random: Random): { draws: Draw[]; ess: number | null } {
    if (this.#entries.length === 0) return { draws: [], ess: null };
    const samples = this.#entries.map(({ sample }) => sample);
    const weights = replayWeights(samples, this.#config.alpha);
    const draw = this.#config.replacement ? drawWithReplacement : drawWithoutReplacement;
    const draws = draw(weights, count, random).flatMap((place) => {
      const entry = this.#entries[place];
      return entry === undefined ? [] : [{ ...entry, age: step - entry.insertedAt }];
    });
    return { draws, ess: effectiveSize(weights.values) };
  }
}

/** (Σ w)² / Σ w². */
function effectiveSize(weights: Float64Array): number {
  let sum = 0;
  let squares = 0;
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  return (sum * sum) / squares;
}
