import type { Problem } from '#data';
import type { Seed } from '#run';
import type { Problems } from './setup.ts';

/**
 * The problems of an iteration. Every epoch goes through all of them once, in an order of its own that
 * depends on the seed and the epoch alone, so the iteration's number is all there is to remember.
 */
export function problemsOf(
  iteration: number,
  { problemsPerSync, iterationsPerEpoch }: { problemsPerSync: number; iterationsPerEpoch: number },
  problems: Problems,
  seed: Seed,
): readonly Problem[] {
  const epoch = Math.floor(iteration / iterationsPerEpoch);
  const start = (iteration % iterationsPerEpoch) * problemsPerSync;
  const order = seed.at('order', epoch).stream().permutation(problems.length);
  return Array.from(order.subarray(start, start + problemsPerSync), (index) => problems.at(index));
}
