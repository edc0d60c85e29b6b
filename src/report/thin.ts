import type { Point } from './chart.ts';

/** A value of a metric at a step. */
export interface Value {
  readonly step: number;
  readonly value: number | null;
}

/**
 * At most `most` points: neighbours are put together to their mean, with a band from the smallest to
 * the largest. A stretch without a value stays a gap.
 *
 * @example thinned([{ step: 0, value: 1 }, { step: 1, value: 3 }], 1) // [[0.5, 2, 1, 3]]
 */
export function thinned(values: readonly Value[], most: number): readonly Point[] {
  if (values.length <= most) return values.map(({ step, value }) => [step, brief(value)]);
  return Array.from({ length: most }, (_, index) => {
    const from = Math.floor((index * values.length) / most);
    const to = Math.floor(((index + 1) * values.length) / most);
    return together(values.slice(from, to));
  });
}

function together(values: readonly Value[]): Point {
  const steps = values.map(({ step }) => step);
  const present = values.flatMap(({ value }) => value ?? []).filter(Number.isFinite);
  const x = brief(sum(steps) / steps.length) ?? 0;
  if (present.length === 0) return [x, null];
  const low = present.reduce((a, b) => Math.min(a, b));
  const high = present.reduce((a, b) => Math.max(a, b));
  return [x, brief(sum(present) / present.length), brief(low) ?? low, brief(high) ?? high];
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Five significant digits: more cannot be seen. What is not finite cannot be drawn. */
export function brief(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(5));
}
