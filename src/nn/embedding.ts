import { ops, type Tensor } from '#tensor';
import type { Parameters } from './parameters.ts';

/** A row of a table per id. */
export class Embedding {
  /** [rows, width] */
  readonly weight: Tensor;

  constructor(parameters: Parameters, rows: number, width: number) {
    this.weight = parameters.take('weight', [rows, width]);
  }

  /** ids i64 [...] → [..., width] */
  forward(ids: Tensor): Tensor {
    return ops.embedding(this.weight, ids);
  }
}
