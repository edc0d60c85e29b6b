import type { StepTotals } from '#policy';
import type { Tensor } from '#tensor';

/** What the losses see of a stretch of response tokens; every tensor is [n]. */
export interface TokenBatch {
  /** Nats, at the temperatures of sampling, bans applied. */
  readonly logprobs: Tensor;
  /** Nats, at temperature 1 without bans; null where no token of the stretch is imitated. */
  readonly plainLogprobs: Tensor | null;
  readonly oldLogprobs: Tensor;
  readonly referenceLogprobs: Tensor | null;
  readonly advantages: Tensor;
  /** 1 on action tokens times how often the sample counts. */
  readonly actions: Tensor;
  /** The part of `actions` that was drawn from replay. */
  readonly replayed: Tensor;
  /** Likelihood weights times how often the sample counts. */
  readonly imitate: Tensor;
  readonly totals: StepTotals;
}

/** A loss as a scalar tensor, and the sums that its metrics are made of. */
export interface LossTerm {
  readonly loss: Tensor;
  /** Scalars that add up over stretches; `…_max` and `…_min` combine by maximum and minimum. */
  readonly metrics: Readonly<Record<string, Tensor>>;
}
