/** One comparison: a quantity of a case, ours against what the fixture expects. */
export interface ParityResult {
  readonly case: string;
  readonly quantity: string;
  /** Largest absolute difference; Infinity where shapes differ or nothing could be computed. */
  readonly maxAbs: number;
  /** The same divided by the largest expected magnitude. */
  readonly maxRel: number;
  /** On `maxRel`; 0 means equal. */
  readonly tolerance: number;
  readonly pass: boolean;
  readonly note?: string;
}

/** Compares everything in one fixture folder; what it does not know is a failure, never left out. */
export type ParityChecker = (folder: string, manifest: unknown) => AsyncIterable<ParityResult>;

/** A failure without figures: something unknown, missing or broken. */
export function failure(name: string, quantity: string, note: string): ParityResult {
  const worst = { maxAbs: Infinity, maxRel: Infinity, tolerance: 0 };
  return { case: name, quantity, ...worst, pass: false, note };
}

/** PASS if max|ours − expected| ≤ tolerance · max|expected|. */
export function compared(
  name: { readonly case: string; readonly quantity: string },
  ours: ArrayLike<number | bigint>,
  expected: ArrayLike<number | bigint>,
  tolerance: number,
): ParityResult {
  if (ours.length !== expected.length) {
    const found = `expected ${expected.length} values, found ${ours.length}`;
    return failure(name.case, name.quantity, found);
  }
  let maxAbs = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const value = Number(expected[i]);
    const difference = Math.abs(Number(ours[i]) - value);
    // A NaN is as wrong as can be; Math.max would keep it, a plain comparison would lose it.
    maxAbs = Number.isNaN(difference) ? Infinity : Math.max(maxAbs, difference);
    scale = Math.max(scale, Math.abs(value));
  }
  const maxRel = maxAbs === 0 ? 0 : maxAbs / scale;
  return { ...name, maxAbs, maxRel, tolerance, pass: maxAbs <= tolerance * scale };
}

/** Many small comparisons as one line, with a line of its own for each that failed. */
export function* summed(
  name: { readonly case: string; readonly quantity: string },
  outcomes: readonly { readonly label: string; readonly equal: boolean; readonly note?: string }[],
): Iterable<ParityResult> {
  const wrong = outcomes.filter(({ equal }) => !equal);
  for (const { label, note } of wrong) {
    yield failure(`${name.case}/${label}`, name.quantity, note ?? 'differs');
  }
  const maxAbs = wrong.length;
  const maxRel = outcomes.length === 0 ? 0 : maxAbs / outcomes.length;
  const note = `${outcomes.length - maxAbs} of ${outcomes.length} equal`;
  yield { ...name, maxAbs, maxRel, tolerance: 0, pass: maxAbs === 0 && outcomes.length > 0, note };
}
