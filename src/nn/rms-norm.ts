import { hasOperator, ops, type Tensor } from '#tensor';
import type { Parameters } from './parameters.ts';

const native = hasOperator('rms_norm');

/**
 * x / √(mean(x²) + ε) · weight over the last axis (Zhang & Sennrich 2019), statistics in f32. The
 * weight multiplies after rounding back to the type of x, as in transformers.
 */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  if (x.dtype === 'f32' && native) return ops.rmsNorm(x, weight.shape, weight, epsilon);
  const wide = x.to('f32');
  const scale = wide.square().mean(-1, true).add(epsilon).rsqrt();
  return wide.mul(scale).to(x.dtype).mul(weight);
}

/** Root mean square normalisation with a learnt scale. */
export class RMSNorm {
  /** [width] */
  readonly weight: Tensor;
  readonly epsilon: number;

  constructor(parameters: Parameters, width: number, epsilon: number) {
    this.weight = parameters.take('weight', [width]);
    this.epsilon = epsilon;
  }

  /** [..., width] → [..., width] */
  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.weight, this.epsilon);
  }
}
