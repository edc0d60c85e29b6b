import { ops, type Tensor } from '#tensor';
import type { Parameters } from './parameters.ts';

/** (x − mean) / √(variance + ε) · weight + bias over the last axis (Ba et al. 2016). */
export class LayerNorm {
  /** [width] */
  readonly weight: Tensor;
  /** [width] */
  readonly bias: Tensor;
  readonly epsilon: number;

  constructor(parameters: Parameters, width: number, epsilon: number) {
    this.weight = parameters.take('weight', [width]);
    this.bias = parameters.take('bias', [width]);
    this.epsilon = epsilon;
  }

  /** [..., width] → [..., width] */
  forward(x: Tensor): Tensor {
    return ops.layerNorm(x, this.weight.shape, this.weight, this.bias, this.epsilon);
  }
}
