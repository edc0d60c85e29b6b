import type { LossOf } from '#policy';
import { where } from '#tensor';
import type { LossTerm, TokenBatch } from './loss-term.ts';

/**
 * weight · Σₜ (exp(dₜ) − 1 − dₜ) / totals.actions with d = log π_ref − log π: Schulman's k3 estimate
 * of the divergence from the reference policy.
 */
export function kl({ weight }: LossOf<'kl'>, batch: TokenBatch): LossTerm {
  const { logprobs, referenceLogprobs, actions, totals } = batch;
  if (referenceLogprobs === null) {
    throw new Error('internal: a kl loss without reference logprobs');
  }
  const gap = where(actions.gt(0), referenceLogprobs.sub(logprobs), 0).clamp(-20, 20);
  const mean = gap.exp().sub(1).sub(gap).mul(actions).sum().div(totals.actions);
  return { loss: mean.mul(weight), metrics: { 'kl/ref': mean.detach() } };
}
