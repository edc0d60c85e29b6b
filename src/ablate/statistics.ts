/** A mean over seeds with its 95 % interval; no interval from a single seed. */
export interface Estimate {
  readonly n: number;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** 97.5 % points of Student's t for 1 to 30 degrees of freedom. */
const student = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

/**
 * Mean ± t · s / √n with the sample standard deviation s; undefined without values.
 *
 * @example estimate([1, 2, 3]) // mean 2, half width 4.303 · 1 / √3 = 2.484
 */
export function estimate(values: readonly number[]): Estimate | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  if (n === 1) return { n, mean, low: null, high: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = (student[n - 2] ?? 1.96) * Math.sqrt(variance / n);
  return { n, mean, low: mean - half, high: mean + half };
}

/** The mean difference of two cells over the seeds that both have: what is paired is compared in pairs. */
export function pairedDifference(
  own: ReadonlyMap<number, number>,
  baseline: ReadonlyMap<number, number>,
): Estimate | undefined {
  const differences = [...own].flatMap(([seed, value]) => {
    const other = baseline.get(seed);
    return other === undefined ? [] : [value - other];
  });
  return estimate(differences);
}
