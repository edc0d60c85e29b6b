import type { Random } from '#run';

/** Positive weights, one for each thing that can be drawn. `whole`: all are whole numbers. */
export interface Weights {
  readonly values: Float64Array;
  readonly whole: boolean;
}

/**
 * Draws `count` places with probability weight / sum, each draw from all places. Whole weights are
 * drawn with whole numbers, so every probability is an exact ratio.
 */
export function drawWithReplacement(
  { values, whole }: Weights,
  count: number,
  random: Random,
): readonly number[] {
  const sums = runningSums(values);
  return Array.from({ length: count }, () => place(sums, whole, random));
}

/**
 * Draws `count` places so that none comes a second time before all have come: whole passes over
 * everything first, then the rest one after another, each with probability weight / sum of what is left.
 */
export function drawWithoutReplacement(
  weights: Weights,
  count: number,
  random: Random,
): readonly number[] {
  const size = weights.values.length;
  if (size === 0) return [];
  const passes = Math.floor(count / size);
  const everything = Array.from({ length: size }, (_, index) => index);
  const drawn = Array.from({ length: passes }, () => everything).flat();
  return [...drawn, ...drawRest(weights, count - passes * size, random)];
}

/** Rejects what was drawn before; drops it for good whenever half of the weight has gone. */
function drawRest({ values, whole }: Weights, count: number, random: Random): readonly number[] {
  const drawn: number[] = [];
  const taken = new Uint8Array(values.length);
  let left = Array.from(values.keys());
  let sums = runningSums(values);
  let gone = 0;
  while (drawn.length < count) {
    if (gone * 2 >= (sums.at(-1) ?? 0)) {
      left = left.filter((index) => taken[index] === 0);
      sums = runningSums(Float64Array.from(left, (index) => values[index] ?? 0));
      gone = 0;
    }
    const index = left[place(sums, whole, random)] ?? 0;
    if (taken[index] === 1) continue;
    taken[index] = 1;
    gone += values[index] ?? 0;
    drawn.push(index);
  }
  return drawn;
}

function runningSums(values: Float64Array): Float64Array {
  let sum = 0;
  return values.map((value) => (sum += value));
}

/** The first place whose running sum exceeds a uniform draw below the total. */
function place(sums: Float64Array, whole: boolean, random: Random): number {
  const total = sums.at(-1) ?? 0;
  const target = whole ? random.int(total) : random.float() * total;
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] ?? 0) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
