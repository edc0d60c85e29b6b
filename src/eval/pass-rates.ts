import type { KeptRecord } from './records.ts';

/** The share of correct responses to a problem. */
export interface PassRate {
  readonly id: string;
  /** In [0, 1]. */
  readonly passRate: number;
  readonly n: number;
  readonly correct: number;
  readonly truncated: number;
}

/** Pass rates of the problems that have all their responses, in the order of the records. */
export function passRatesOf(records: readonly KeptRecord[], samples: number): readonly PassRate[] {
  const byId = Map.groupBy(records, ({ id }) => id);
  return [...byId].flatMap(([id, own]) => {
    // A response whose reference answer cannot be judged says nothing about the model.
    const judged = own.filter(({ scores }) => scores.verifier.status !== 'unverifiable');
    if (own.length < samples || judged.length === 0) return [];
    const correct = judged.filter(({ scores }) => scores.verifier.status === 'correct').length;
    const truncated = own.filter(({ finish }) => finish === 'length').length;
    return [{ id, passRate: correct / judged.length, n: judged.length, correct, truncated }];
  });
}
