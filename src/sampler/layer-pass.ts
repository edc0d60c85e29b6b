import { type AttentionLayout, attendPacked, type Rotary, rotate } from '#model';
import { concat, ops, type Tensor } from '#tensor';
import { feedForward, rowNorm } from './feed-forward.ts';
import type { FusedLayer } from './fused-weights.ts';
import type { Published } from './published.ts';

/** Keys and values [T, K, d] that one layer has computed. */
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

/** One layer over packed tokens x [T, D]. */
function layerPass(
  x: Tensor,
  layer: FusedLayer,
  published: Published,
  pass: Pass & { readonly index: number },
): { readonly out: Tensor; readonly own: KeysValues } {
  const { heads: H, kvHeads: K, headDim: d, rmsNormEps } = published.config.text;
  const { T } = x.dims('T D');
  const h = rowNorm(x, layer.inputNorm, rmsNormEps);
  const all = ops.addmm(layer.qkvBias, h, layer.qkv).view([T, H + 2 * K, d]);
  const q = rotate(all.narrow(1, 0, H), pass.rotary);
  const own = { keys: rotate(all.narrow(1, H, K), pass.rotary), values: all.narrow(1, H + K, K) };
  const before = pass.before?.[pass.index];
  const keys = before === undefined ? own.keys : concat([before.keys, own.keys]);
  const values = before === undefined ? own.values : concat([before.values, own.values]);
  const attended = attendPacked([q, keys, values], pass.layout, 1);
  const out = feedForward(ops.addmm(x, attended, layer.output), layer, rmsNormEps);
  return { out, own };
}

/** All layers over packed tokens x [T, D]; returns hidden states before the last norm and what each layer wrote. */
export function forwardPacked(
  x: Tensor,
  published: Published,
  pass: Pass,
): { readonly hidden: Tensor; readonly written: readonly KeysValues[] } {
  let hidden = x;
  const written: KeysValues[] = [];
  for (const [index, layer] of published.weights.layers.entries()) {
    const { out, own } = layerPass(hidden, layer, published, { ...pass, index });
    hidden = out;
    written.push(own);
  }
  return { hidden, written };
}

/** The norm behind the last layer. */
export function lastNorm(hidden: Tensor, published: Published): Tensor {
  const { norm } = published.weights;
  return rowNorm(hidden, norm, published.config.text.rmsNormEps);
}
