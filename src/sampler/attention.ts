import { concat, einsum, ops, type Tensor } from '#tensor';
import type { Arrangement } from './arrangement.ts';
import type { PromptLayer } from './prompt-slots.ts';
import type { Sight } from './row-cache.ts';

/** Sizes of one step, by their letters: B rows, G prompts, N rows per prompt, K key heads, R queries per key head, d head width. */
export interface Sizes {
  readonly B: number;
  readonly G: number;
  readonly N: number;
  readonly K: number;
  readonly R: number;
  readonly d: number;
  /** Heads side by side in the fused projection: K · R + 2K. */
  readonly all: number;
  /** Places of a prompt, padding included. */
  readonly P: number;
  /** Columns of the row cache in sight of any row. */
  readonly t: number;
}

/** What the rows of one step see. */
export interface View {
  readonly sizes: Sizes;
  readonly arrangement: Arrangement;
  /** The mask of the arrangement, cut to P + t; null where there is nothing to hide. */
  readonly mask: Tensor | null;
  readonly sights: readonly Sight[];
  readonly prompts: readonly PromptLayer[];
}

/** One layer of what the rows see. */
interface LayerView extends View {
  readonly index: number;
  readonly prompt: PromptLayer;
  /** [B · all, d]: queries, keys and values of this step, row by row. */
  readonly turned: Tensor;
}

/** Attention of the rows to their prompts and to what they wrote: [B · all, d] → [B, H · d]. */
export function attendRows(turned: Tensor, view: View, index: number): Tensor {
  const prompt = view.prompts[index];
  if (prompt === undefined) throw new Error('internal: no prompt keys');
  const { B, K, R, d } = view.sizes;
  const attend = view.arrangement.places === null ? attendInOrder : attendByPlaces;
  return attend({ ...view, index, prompt, turned }).view([B, K * R * d]);
}

/** Where row g · N + n continues prompt g, no row has to be moved. Returns [G, N, K, R, d]. */
function attendInOrder(view: LayerView): Tensor {
  const { G, N, K, R, d, all } = view.sizes;
  const q = view.turned.asStrided([G, N, K, R, d], [N * all * d, all * d, R * d, d, 1], 0);
  const toPrompt = einsum('gnkrd,gkpd->gnkrp', [q, view.prompt.keys]);
  const weights = weigh(toPrompt, ownScores(q, view, [G, N]), view);
  const { forPrompt, own } = spend(weights, view, [G, N]);
  return own.add_(einsum('gnkrp,gkpd->gnkrd', [forPrompt, view.prompt.values]));
}

/** Rows of one prompt are brought together, and back again. Returns [B, K, R, d]. */
function attendByPlaces(view: LayerView): Tensor {
  const { B, G, N, K, R, d, all, P } = view.sizes;
  const { places, back } = view.arrangement;
  if (places === null || back === null) throw new Error('internal: no places');
  const q = view.turned.asStrided([B, K, R, d], [all * d, R * d, d, 1], 0);
  const grid = q.indexSelect(0, places).view([G, N, K, R, d]);
  const spread = einsum('gnkrd,gkpd->gnkrp', [grid, view.prompt.keys]);
  const toPrompt = spread.reshape([G * N, K, R, P]).indexSelect(0, back);
  const weights = weigh(toPrompt, ownScores(q, view, [B]), view);
  const { forPrompt, own } = spend(weights, view, [B]);
  const inPlaces = forPrompt.indexSelect(0, places).view([G, N, K, R, P]);
  const fromPrompt = einsum('gnkrp,gkpd->gnkrd', [inPlaces, view.prompt.values]);
  return own.add_(fromPrompt.reshape([G * N, K, R, d]).indexSelect(0, back));
}

/** Softmax over the scores of prompt and own columns together. */
function weigh(toPrompt: Tensor, toOwn: Tensor, { mask }: LayerView): Tensor {
  const scores = concat([toPrompt, toOwn], -1);
  return (mask === null ? scores : scores.add_(mask)).softmax(-1);
}

/** Scores [over, K, R, t] of queries [over, K, R, d] to what the rows wrote; the mask hides where a band does not look. */
function ownScores(q: Tensor, view: LayerView, over: readonly number[]): Tensor {
  const { K, R, d, all, t } = view.sizes;
  const { sights, index, turned } = view;
  const [only] = sights;
  if (sights.length === 1 && only !== undefined) return q.matmul(layerOf(only.keys, index));
  const strides = [all * d, R * d, d, 1];
  const parts = sights.map(({ start, end, columns, keys }) => {
    const rows = turned.asStrided([end - start, K, R, d], strides, start * all * d);
    const scores = rows.matmul(layerOf(keys, index));
    const missing = t - columns;
    return missing === 0 ? scores : ops.constantPadNd(scores, [missing, 0]);
  });
  return joined(parts, [...over, K, R, t]);
}

/** Cuts weights [over, K, R, P + t] into those of the prompt and the sum over own values [over, K, R, d]. */
function spend(
  weights: Tensor,
  { sizes, sights, index }: LayerView,
  over: readonly number[],
): { readonly forPrompt: Tensor; readonly own: Tensor } {
  const { K, R, d, P, t } = sizes;
  const [only] = sights;
  if (sights.length === 1 && only !== undefined) {
    const [forPrompt, forOwn] = weights.splitWithSizes([P, t], -1);
    if (forPrompt === undefined || forOwn === undefined) throw new Error('internal: split');
    return { forPrompt, own: forOwn.matmul(layerOf(only.values, index)) };
  }
  const width = P + t;
  const strides = [K * R * width, R * width, width, 1];
  const parts = sights.map(({ start, end, columns, values }) => {
    const from = start * K * R * width + width - columns;
    const forOwn = weights.asStrided([end - start, K, R, columns], strides, from);
    return forOwn.matmul(layerOf(values, index));
  });
  return { forPrompt: weights.narrow(-1, 0, P), own: joined(parts, [...over, K, R, d]) };
}

function layerOf(layers: readonly Tensor[], index: number): Tensor {
  const layer = layers[index];
  if (layer === undefined) throw new Error('internal: no such layer');
  return layer;
}

/** Rows of all bands, one band after the other. */
function joined(parts: readonly Tensor[], shape: readonly number[]): Tensor {
  const all = concat(parts, 0);
  return shape.length === all.shape.length ? all : all.view(shape);
}
