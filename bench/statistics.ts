import type { Seconds, Spread } from './bench.ts';

/** The value below which a share of the sorted values lies, interpolated between neighbours. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const [a = Number.NaN, b = a] = [sorted[low], sorted[low + 1]];
  return a + (at - low) * (b - a);
}

/** Median and quartiles; throws when there is nothing to summarise. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('internal: no rounds to summarise');
  const sorted = [...values].sort((a, b) => a - b);
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share));
  return { median: median ?? 0, lower: lower ?? 0, upper: upper ?? 0, count: values.length };
}

/** The whole of one observation: its only number, or the sum of its parts. */
export function whole(seconds: Seconds): number {
  if (typeof seconds === 'number') return seconds;
  return Object.values(seconds).reduce((sum, part) => sum + part, 0);
}

/** Names of the parts that any observation has, in order of appearance. */
export function partsOf(observations: readonly Seconds[]): readonly string[] {
  const names = observations.flatMap((each) => (typeof each === 'number' ? [] : Object.keys(each)));
  return [...new Set(names)];
}

/** One part of every observation that has it. */
export function part(observations: readonly Seconds[], name: string): readonly number[] {
  return observations.flatMap((each) => {
    const value = typeof each === 'number' ? undefined : each[name];
    return value === undefined ? [] : [value];
  });
}
