import { type AttentionLayout, attendPacked, type Rotary, rotate } from '#model';
import { concat, inTurn, ops, type Tensor } from '#tensor';
import { feedForward, rowNorm } from './feed-forward.ts';
import type { FusedLayer } from './fused-weights.ts';
import type { Published } from './published.ts';

/** Keys and values [T, K, d] of one layer. */
export interface KeysValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** How packed tokens are computed. */
export interface Pass {
  readonly rotary: Rotary;
  readonly layout: AttentionLayout;
  /** Keys and values that stand before the own ones, layer by layer. */
  readonly before?: readonly KeysValues[];
}

/** One layer over packed tokens x [T, D]; copies keys and values to `written` [2, T, K, d]. */
function layerPass(
  x: Tensor,
  layer: FusedLayer,
  published: Published,
  pass: Omit<Pass, 'before'> & {
    readonly before: KeysValues | undefined;
    readonly written: Tensor;
  },
): Tensor {
  const { heads: H, kvHeads: K, headDim: d, rmsNormEps } = published.config.text;
  const { T } = x.dims('T D');
  const h = rowNorm(x, layer.inputNorm, rmsNormEps);
  const all = ops.addmm(layer.qkvBias, h, layer.qkv).view([T, H + 2 * K, d]);
  const q = rotate(all.narrow(1, 0, H), pass.rotary);
  const own = { keys: rotate(all.narrow(1, H, K), pass.rotary), values: all.narrow(1, H + K, K) };
  pass.written.select(0, 0).copy_(own.keys);
  pass.written.select(0, 1).copy_(own.values);
  const { before } = pass;
  const keys = before === undefined ? own.keys : concat([before.keys, own.keys]);
  const values = before === undefined ? own.values : concat([before.values, own.values]);
  const attended = attendPacked([q, keys, values], pass.layout, 1);
  return feedForward(ops.addmm(x, attended, layer.output), layer, rmsNormEps);
}

/**
 * All layers over packed tokens x [T, D]; returns hidden states before the last norm, and the keys and
 * values that the layers wrote [L, 2, T, K, d].
 */
export function forwardPacked(
  x: Tensor,
  published: Published,
  { before, ...pass }: Pass,
): { readonly hidden: Tensor; readonly written: Tensor } {
  const { layers, kvHeads: K, headDim: d } = published.config.text;
  const { T } = x.dims('T D');
  const { dtype, device } = published;
  const all = ops.empty([layers, 2, T, K, d], { dtype, device });
  const steps = published.weights.layers.map((layer, index) => (h: Tensor) => {
    const written = all.select(0, index);
    return layerPass(h, layer, published, { ...pass, before: before?.[index], written });
  });
  return { hidden: inTurn(x, steps), written: all };
}

/** The norm behind the last layer. */
export function lastNorm(hidden: Tensor, published: Published): Tensor {
  const { norm } = published.weights;
  return rowNorm(hidden, norm, published.config.text.rmsNormEps);
}
