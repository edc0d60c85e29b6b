/** A learning rate over the steps of one part of training. */
export interface Schedule {
  readonly steps: number;
  readonly rate: number;
  readonly warmup: number;
  /** Fraction of the rate at the last step. */
  readonly floor: number;
}

/** Linear warm-up, then a cosine down to `floor`. `step` counts from 0. */
export function rateAt(step: number, { steps, rate, warmup, floor }: Schedule): number {
  if (step < warmup) return (rate * (step + 1)) / warmup;
  const done = (step - warmup) / Math.max(1, steps - 1 - warmup);
  return rate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, done))));
}
