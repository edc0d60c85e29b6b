import type { LossOf } from '#policy';
import { noGrad, type Tensor, where } from '#tensor';
import type { LossTerm, TokenBatch } from './loss-term.ts';

/** Beyond this a ratio says nothing more, and its exponential would not be finite. */
const largestLogRatio = 20;

/**
 * PPO's clipped surrogate (Schulman et al. 2017, eq. 7) with separate bounds, per action token:
 *   −Σₜ min(ρₜ Aₜ, clip(ρₜ, 1 − clipLow, 1 + clipHigh) Aₜ) / totals.actions,  ρₜ = exp(lpₜ − old lpₜ).
 * Tokens that the policy did not choose have log-ratio 0 before the exponential: a masked infinity
 * would still be NaN backwards.
 */
export function clippedSurrogate(bounds: LossOf<'clippedSurrogate'>, batch: TokenBatch): LossTerm {
  const { logprobs, oldLogprobs, advantages, actions, totals } = batch;
  const chosen = actions.gt(0);
  const logRatio = where(chosen, logprobs.sub(oldLogprobs), 0).clamp(
    -largestLogRatio,
    largestLogRatio,
  );
  const ratio = logRatio.exp();
  const clipped = ratio.clamp(1 - bounds.clipLow, 1 + bounds.clipHigh);
  const gain = ratio.mul(advantages).minimum(clipped.mul(advantages));
  const loss = gain.mul(actions).sum().div(-totals.actions);
  return { loss, metrics: noGrad(() => measure(bounds, batch, { chosen, logRatio, ratio, loss })) };
}

interface Ratios {
  readonly chosen: Tensor;
  readonly logRatio: Tensor;
  readonly ratio: Tensor;
  readonly loss: Tensor;
}

function measure(
  { clipLow, clipHigh }: LossOf<'clippedSurrogate'>,
  { advantages, actions, replayed, totals }: TokenBatch,
  { chosen, logRatio, ratio: withGrad, loss }: Ratios,
): Readonly<Record<string, Tensor>> {
  const ratio = withGrad.detach();
  const share = (x: Tensor): Tensor => x.mul(actions).sum().div(totals.actions);
  const high = advantages.gt(0).mul(ratio.gt(1 + clipHigh));
  const low = advantages.lt(0).mul(ratio.lt(1 - clipLow));
  const divergence = ratio.sub(1).sub(logRatio.detach());
  const own = {
    'policy/loss': loss.detach(),
    'policy/clip_fraction': share(high.add(low)),
    'policy/clip_high_fraction': share(high),
    'policy/clip_low_fraction': share(low),
    'policy/ratio_mean': share(ratio),
    'policy/ratio_max': where(chosen, ratio, 0).amax(),
    'policy/ratio_min': where(chosen, ratio, Number.POSITIVE_INFINITY).amin(),
    'policy/approx_kl': share(divergence),
  };
  if (totals.replayedActions === 0) return own;
  const replayShare = (x: Tensor): Tensor => x.mul(replayed).sum().div(totals.replayedActions);
  return {
    ...own,
    'replay/ratio_mean': replayShare(ratio),
    'replay/clip_fraction': replayShare(high.add(low)),
  };
}
