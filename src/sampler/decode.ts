import type { TextConfig } from '#model';
import { concat, einsum, fromInts, ops, type Tensor } from '#tensor';
import type { Arrangement } from './arrangement.ts';
import type { PromptSlots, RowCache } from './cache.ts';
import type { FusedLayer, FusedWeights } from './fused-weights.ts';
import type { RotaryTable } from './rotary-table.ts';

/** Everything a token step reads. */
export interface DecodeState {
  readonly config: TextConfig;
  readonly weights: FusedWeights;
  readonly rotary: RotaryTable;
  readonly prompts: PromptSlots;
  readonly cache: RowCache;
  readonly arrangement: Arrangement;
  /** Keys and values of the prompts, layer by layer; fetched once per arrangement. */
  readonly promptLayers: readonly { readonly keys: Tensor; readonly values: Tensor }[];
}

/** Sizes of one step, by their letters: B rows, G prompts, N rows per prompt, K key heads, R queries per key head, d head width. */
interface Sizes {
  readonly B: number;
  readonly G: number;
  readonly N: number;
  readonly K: number;
  readonly R: number;
  readonly d: number;
  /** Heads side by side in the fused projection: K · R + 2K. */
  readonly all: number;
}

function sizesOf({ config, arrangement }: DecodeState): Sizes {
  const { heads, kvHeads: K, headDim: d } = config;
  const { rows: B, prompts: G, perPrompt: N } = arrangement;
  return { B, G, N, K, R: heads / K, d, all: heads + 2 * K };
}

/**
 * One token step: ids and positions of B rows to hidden states after the last norm [B, D]. Writes keys
 * and values into the present column of the row cache.
 */
export function decodeStep(state: DecodeState, ids: Int32Array, positions: Int32Array): Tensor {
  const { weights, config } = state;
  const sizes = sizesOf(state);
  const device = weights.embedding.device;
  const { cos, sin } = state.rotary.rows(
    fromInts(positions).to(device),
    sizes.R * sizes.K,
    sizes.K,
  );
  let x = ops.embedding(weights.embedding, fromInts(ids).to(device));
  for (const [index, layer] of weights.layers.entries()) {
    const h = ops.rmsNorm(x, layer.inputNorm.shape, layer.inputNorm, config.rmsNormEps);
    const heads = ops.addmm(layer.qkvBias, h, layer.qkv).view([sizes.B, sizes.all, sizes.d]);
    const turned = ops.addcmul(heads.mul(cos), heads.roll([sizes.d / 2], [-1]), sin);
    const attended = attendRows(turned, state, index, sizes);
    x = feedForward(ops.addmm(x, attended, layer.output), layer, config.rmsNormEps);
  }
  return ops.rmsNorm(x, weights.norm.shape, weights.norm, config.rmsNormEps);
}

/** x + down(silu(gate) · up) of the normalised x [B, D]. */
export function feedForward(x: Tensor, layer: FusedLayer, epsilon: number): Tensor {
  const h = ops.rmsNorm(x, layer.postNorm.shape, layer.postNorm, epsilon);
  const both = h.mm(layer.gateUp);
  const [gate, up] = both.chunk(2, -1);
  if (gate === undefined || up === undefined) throw new Error('internal: no gate');
  return ops.addmm(x, gate.silu().mul_(up), layer.down);
}

/** Writes this step's keys and values [B, all, d] into the present column. */
function writeColumn(turned: Tensor, cache: RowCache, layer: Tensor, sizes: Sizes): void {
  const { B, K, d, all } = sizes;
  const { rows, columns } = cache.capacity;
  const source = turned.asStrided([2, B, K, d], [K * d, all * d, d, 1], (all - 2 * K) * d);
  const row = K * columns * d;
  const target = layer.asStrided([2, B, K, d], [rows * row, row, columns * d, 1], cache.now * d);
  target.copy_(source);
}

/** Attention of the rows to their prompts and to what they wrote: [B, all, d] → [B, H · d]. */
function attendRows(turned: Tensor, state: DecodeState, index: number, sizes: Sizes): Tensor {
  const { cache, arrangement } = state;
  const { B, G, N, K, R, d, all } = sizes;
  const layer = cache.layer(index);
  writeColumn(turned, cache, layer, sizes);
  const prompt = state.promptLayers[index];
  if (prompt === undefined) throw new Error('internal: no prompt keys');
  const { places, back } = arrangement;
  const q = turned.asStrided([B, K, R, d], [all * d, R * d, d, 1], 0);
  const grid =
    places === null
      ? turned.asStrided([G, N, K, R, d], [N * all * d, all * d, R * d, d, 1], 0)
      : q.indexSelect(0, places).view([G, N, K, R, d]);
  const P = state.prompts.width;
  const spread = einsum('gnkrd,gkpd->gnkrp', [grid, prompt.keys]);
  const masked = arrangement.promptMask === null ? spread : spread.add(arrangement.promptMask);
  const toPrompt = onRows(masked, back, [B, K, R, P]);
  const [keys, values] = ownKeysValues(layer, cache, sizes);
  const own = q.matmul(keys);
  const { rowMask } = arrangement;
  const toOwn = rowMask === null ? own : own.add(ownMask(rowMask, cache));
  const length = cache.now - cache.first + 1;
  const [promptWeights, ownWeights] = concat([toPrompt, toOwn], -1)
    .softmax(-1)
    .splitWithSizes([P, length], -1);
  if (promptWeights === undefined || ownWeights === undefined) throw new Error('internal: split');
  const gridWeights =
    places === null
      ? promptWeights.asStrided(
          [G, N, K, R, P],
          [N * K * R * (P + length), K * R * (P + length), R * (P + length), P + length, 1],
          0,
        )
      : promptWeights.indexSelect(0, places).view([G, N, K, R, P]);
  const fromPrompt = onRows(einsum('gnkrp,gkpd->gnkrd', [gridWeights, prompt.values]), back, [
    B,
    K,
    R,
    d,
  ]);
  return ownWeights
    .matmul(values)
    .add_(fromPrompt)
    .view([B, K * R * d]);
}

/** From the grid of places [G, N, …] to rows [B, …]. */
function onRows(x: Tensor, back: Tensor | null, shape: readonly number[]): Tensor {
  if (back === null) return x.reshape(shape);
  const [, ...rest] = shape;
  return x.reshape([-1, ...rest]).indexSelect(0, back);
}

function ownMask(mask: Tensor, cache: RowCache): Tensor {
  return mask.narrow(-1, cache.first, cache.now - cache.first + 1);
}

/** Keys [B, K, d, t] and values [B, K, t, d] of the columns in sight. */
function ownKeysValues(layer: Tensor, cache: RowCache, { B, K, d }: Sizes): [Tensor, Tensor] {
  const { rows, columns } = cache.capacity;
  const { first, now } = cache;
  const length = now - first + 1;
  const row = K * columns * d;
  const keys = layer.asStrided([B, K, d, length], [row, columns * d, 1, d], first * d);
  const start = rows * row + first * d;
  const values = layer.asStrided([B, K, length, d], [row, columns * d, d, 1], start);
  return [keys, values];
}
