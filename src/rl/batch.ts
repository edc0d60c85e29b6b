import type { Seed } from '#run';
import type { BatchConfig, LossConfig } from './config.ts';
import { imitated } from './masks.ts';
import type { Sample } from './records.ts';
import type { ReplayBuffer, ReplayMoment, ReplayStep } from './replay-buffer.ts';

/** One step's batch: samples of this iteration, and samples drawn from the replay buffer. */
export interface Batch {
  readonly current: readonly Sample[];
  readonly replay: ReplayStep;
  /** Size of the raw batch: what replay fills up to. */
  readonly rawSize: number;
  /** |D_eff|: samples of the raw batch whose advantage is not zero. */
  readonly effective: number;
  /**
   * Places that replay had to fill: free ones of a batch with effective samples, which are stored before
   * drawing. Does not ask the buffer, so that a buffer that never fills is noticed.
   */
  readonly wanted: number;
}

/**
 * Shuffles the samples of an iteration and cuts them into raw batches; the last one keeps its own
 * size (algorithm.md A4). The order depends on the seed alone. With `keepGroups`, whole groups are
 * shuffled and their samples stay side by side.
 */
export function rawBatches(
  samples: readonly Sample[],
  size: number,
  { keepGroups }: Pick<BatchConfig, 'keepGroups'>,
  seed: Seed,
): readonly (readonly Sample[])[] {
  const units = keepGroups ? byProblem(samples) : samples.map((sample) => [sample]);
  const order = seed.stream().permutation(units.length);
  const shuffled = Array.from(order, (place) => units[place] ?? []).flat();
  return Array.from({ length: Math.ceil(shuffled.length / size) }, (_, index) =>
    shuffled.slice(index * size, (index + 1) * size),
  );
}

function byProblem(samples: readonly Sample[]): Sample[][] {
  const groups = Map.groupBy(samples, ({ rollout }) => rollout.problemId);
  return [...groups.values()];
}

/** What composing a batch may look at. */
export interface Composer {
  readonly batch: BatchConfig;
  readonly loss: LossConfig;
  readonly replay: ReplayBuffer;
  readonly seed: Seed;
}

/**
 * What a step trains on. `grpo`: the raw batch as it is. `filter`: only samples with advantage, so
 * the batch shrinks. `ssr`: the same, and the places of the others are filled from the replay buffer
 * (Algorithm 1), so the batch keeps its size.
 */
export function composeBatch(raw: readonly Sample[], composer: Composer, at: ReplayMoment): Batch {
  const { batch, loss, replay, seed } = composer;
  const effective = raw.filter(({ advantage }) => advantage !== 0);
  const counts = { rawSize: raw.length, effective: effective.length };
  if (batch.mode === 'grpo') return { current: raw, replay: nothing, ...counts, wanted: 0 };
  const current = loss.nllAllKept
    ? raw.filter((sample) => sample.advantage !== 0 || keptForImitation(sample, loss))
    : effective;
  if (batch.mode === 'filter') return { current, replay: nothing, ...counts, wanted: 0 };
  const count = Math.max(0, raw.length - current.length);
  const exchanged = replay.exchange(effective, count, at, seed.at('replay', at.step).stream());
  return { current, replay: exchanged, ...counts, wanted: effective.length > 0 ? count : 0 };
}

const nothing: ReplayStep = { draws: [], size: 0, ess: null, evicted: 0 };

function keptForImitation(sample: Sample, loss: LossConfig): boolean {
  return sample.rollout.draft !== undefined && imitated(sample, loss);
}

/** Whether a sample can enter any step's batch, and hence needs old logprobs. */
export function trainable(
  sample: Pick<Sample, 'rollout' | 'advantage'>,
  mode: BatchConfig['mode'],
  loss: LossConfig,
): boolean {
  if (mode === 'grpo' || sample.advantage !== 0) return true;
  return loss.nllAllKept && sample.rollout.draft !== undefined;
}
