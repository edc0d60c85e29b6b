import { Meter, defaultBudget } from './budget.ts';
import { prepareGold } from './gold.ts';
import type { GoldProblem } from './gold.ts';

export type GoldCheck =
  | { readonly usable: true }
  | { readonly usable: false; readonly reason: GoldProblem };

/**
 * Whether a gold answer can be judged against. A data loader drops and counts those that cannot,
 * before training: an unusable gold never becomes a reward.
 *
 * @example
 * checkGold('\\boxed{\\frac{1}{2}}') // { usable: true }
 * checkGold('\\frac{1}{2') // { usable: false, reason: 'gold-unparsable' }
 */
export function checkGold(gold: string): GoldCheck {
  const prepared = prepareGold(gold, new Meter(defaultBudget));
  return typeof prepared === 'string' ? { usable: false, reason: prepared } : { usable: true };
}
