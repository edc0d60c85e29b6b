import type { Sample } from './records.ts';
import type { Weights } from './weighted-draw.ts';

/**
 * |Â|^α of every sample (Eq. 1, no epsilon). For α = 1 and exact advantages these are whole numbers,
 * |numerator| brought to one denominator, as long as their sum stays below 2⁵³; for α = 0 all are 1.
 */
export function replayWeights(samples: readonly Sample[], alpha: number): Weights {
  if (alpha === 0) return { values: new Float64Array(samples.length).fill(1), whole: true };
  const exact = alpha === 1 ? exactWeights(samples) : undefined;
  if (exact !== undefined) return { values: exact, whole: true };
  const values = Float64Array.from(samples, ({ advantage }) =>
    Math.max(Math.abs(advantage) ** alpha, smallest),
  );
  return { values, whole: false };
}

/** Keeps a weight from vanishing under a large α: a sample of the buffer can always be drawn. */
const smallest = 1e-300;

function exactWeights(samples: readonly Sample[]): Float64Array | undefined {
  const denominators = new Set<number>();
  for (const { exact } of samples) {
    if (exact === undefined) return undefined;
    denominators.add(exact.denominator);
  }
  const common = [...denominators].reduce(leastCommonMultiple, 1);
  const values = Float64Array.from(samples, ({ exact }) =>
    exact === undefined ? 0 : Math.abs(exact.numerator) * (common / exact.denominator),
  );
  const sum = values.reduce((total, value) => total + value, 0);
  return Number.isSafeInteger(common) && sum <= Number.MAX_SAFE_INTEGER ? values : undefined;
}

function leastCommonMultiple(a: number, b: number): number {
  return (a / greatestCommonDivisor(a, b)) * b;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
