import type { TextConfig } from '#model';
import { fromArray, ops, type Tensor } from '#tensor';
import { feedForward, rowNorm } from './feed-forward.ts';
import type { FusedWeights } from './fused-weights.ts';
import { onDevice } from './on-device.ts';
import type { RowAttention } from './row-attention.ts';

/** Everything a token step reads. */
export interface DecodeState {
  readonly config: TextConfig;
  readonly weights: FusedWeights;
  readonly attention: RowAttention;
}

/**
 * One token step: ids and positions of B rows to hidden states after the last norm [B, D]. Writes keys
 * and values into the present column of the row cache.
 */
export function decodeStep(
  { config, weights, attention }: DecodeState,
  ids: Int32Array,
  positions: readonly number[],
): Tensor {
  const { rmsNormEps } = config;
  const attend = attention.step(positions);
  const { embedding, norm } = weights;
  let x = ops.embedding(embedding, onDevice(fromArray(ids), embedding.device));
  for (const [index, layer] of weights.layers.entries()) {
    const h = rowNorm(x, layer.inputNorm, rmsNormEps);
    const attended = attend(ops.addmm(layer.qkvBias, h, layer.qkv), index);
    x = feedForward(ops.addmm(x, attended, layer.output), layer, rmsNormEps);
  }
  return rowNorm(x, norm, rmsNormEps);
}
