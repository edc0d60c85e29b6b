import type { LossOf } from '#policy';
import { fromFloats } from '#tensor';
import type { LossTerm, TokenBatch } from './loss-term.ts';

/**
 * −weight · Σₜ imitateₜ log π(yₜ) / totals.imitate at temperature 1: the likelihood of trigger and
 * rethinking rises (VL-Rethinker, section 3.3).
 */
export function nll({ weight }: LossOf<'nll'>, batch: TokenBatch): LossTerm {
  const { plainLogprobs, imitate, totals } = batch;
  if (plainLogprobs === null) {
    const zero = fromFloats([0], []);
    return { loss: zero, metrics: { 'nll/loss': zero } };
  }
  const mean = plainLogprobs.mul(imitate).sum().div(-totals.imitate);
  return { loss: mean.mul(weight), metrics: { 'nll/loss': mean.detach() } };
}
