import { ops, type Tensor } from '#tensor';
import type { FusedLayer } from './fused-weights.ts';

/** Numbers that the kernels of `native/decode.cpp` take at once. */
const lanes = 16;

/** Rows of x [T, D] divided by their root mean square, times `weight` [D]. */
export function rowNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  const [width = 0] = weight.shape;
  return x.device === 'cpu' && width % lanes === 0
    ? ops.rowNorm(x, weight, epsilon)
    : ops.rmsNorm(x, weight.shape, weight, epsilon);
}

/** silu(gate) · up of gate and up side by side [T, 2I]. */
function gated(both: Tensor): Tensor {
  const { I2 } = both.dims('T I2');
  if (both.device === 'cpu' && I2 % (2 * lanes) === 0) return ops.gated(both);
  const [gate, up] = both.chunk(2, -1);
  if (gate === undefined || up === undefined) throw new Error('internal: no gate');
  return gate.silu().mul_(up);
}

/** x + down(silu(gate) · up) of the normalised x [T, D]. */
export function feedForward(x: Tensor, layer: FusedLayer, epsilon: number): Tensor {
  const h = rowNorm(x, layer.postNorm, epsilon);
  return ops.addmm(x, gated(h.mm(layer.gateUp)), layer.down);
}
