import type { RewardConfig } from './config.ts';

/** What a reward may depend on, besides correctness. */
export interface Judged {
  readonly correct: boolean;
  /** The response ends with the end token. */
  readonly finished: boolean;
  /** Native waits in what the policy wrote. */
  readonly waits: number;
  /** A trigger stands in the response. */
  readonly forced: boolean;
}

/**
 * What is added to correctness (1 or 0). `none`: nothing. `reference`, the numbers of the released
 * code with validity applied last (algorithm.md R1): no end token or more than five waits → −0.1 in
 * all; a correct answer with one or two native waits → 1.1; with n ≥ 3 → 1 − 0.2 n. A response that
 * we made to think again is never shaped.
 */
export function shapingOf(judged: Judged, config: Pick<RewardConfig, 'shaping'>): number {
  if (config.shaping === 'none' || judged.forced) return 0;
  const correctness = judged.correct ? 1 : 0;
  return referenceReward(judged) - correctness;
}

function referenceReward({ correct, finished, waits }: Judged): number {
  if (!finished || waits > 5) return -0.1;
  if (!correct) return 0;
  if (waits === 0) return 1;
  return waits <= 2 ? 1.1 : (5 - waits) / 5;
}
