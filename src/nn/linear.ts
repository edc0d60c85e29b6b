import { ops, type Tensor } from '#tensor';
import type { Parameters } from './parameters.ts';

/** y = x Wᵀ + b. */
export class Linear {
  /** [outputs, inputs] */
  readonly weight: Tensor;
  /** [outputs], or null */
  readonly bias: Tensor | null;

  constructor(
    parameters: Parameters,
    inputs: number,
    outputs: number,
    options: { readonly bias?: boolean } = {},
  ) {
    this.weight = parameters.take('weight', [outputs, inputs]);
    this.bias = options.bias === true ? parameters.take('bias', [outputs]) : null;
  }

  /** [..., inputs] → [..., outputs] */
  forward(x: Tensor): Tensor {
    return ops.linear(x, this.weight, this.bias);
  }
}
