import type { TextConfig } from '#model';
import { concat, einsum, fromInts, ops, type Tensor } from '#tensor';
import type { Arrangement } from './arrangement.ts';
import type { PromptSlots, RowCache } from './cache.ts';
import type { FusedLayer, FusedWeights } from './fused-weights.ts';
import type { RotaryTable } from './rotary-table.ts';

/** Keys and values [S, K, P, d] of the prompts in one layer. */
export interface PromptLayer {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Everything a token step reads. */
export interface DecodeState {
  readonly config: TextConfig;
  readonly weights: FusedWeights;
  readonly rotary: RotaryTable;
  readonly prompts: PromptSlots;
  readonly cache: RowCache;
  readonly arrangement: Arrangement;
  /** Keys and values of the prompts, layer by layer; fetched once per arrangement. */
  readonly promptLayers: readonly PromptLayer[];
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
  /** Columns of the row cache in sight. */
  readonly t: number;
}

/** What all layers of one step share. */
interface Step {
  readonly state: DecodeState;
  readonly sizes: Sizes;
  readonly cos: Tensor;
  readonly sin: Tensor;
  /** [B, 1, 1, t] or null; see `Arrangement.rowMask`. */
  readonly mask: Tensor | null;
}

function beginStep(state: DecodeState, positions: Int32Array): Step {
  const { config, arrangement, cache, rotary } = state;
  const { heads, kvHeads: K, headDim: d } = config;
  const { rows: B, prompts: G, perPrompt: N } = arrangement;
  const t = cache.now - cache.first + 1;
  const sizes = { B, G, N, K, R: heads / K, d, all: heads + 2 * K, t };
  const device = state.weights.embedding.device;
  const tables = rotary.rows(fromInts(positions).to(device), heads, K);
  const mask = arrangement.rowMask?.narrow(-1, cache.first, t) ?? null;
  return { state, sizes, ...tables, mask };
}

/**
 * One token step: ids and positions of B rows to hidden states after the last norm [B, D]. Writes keys
 * and values into the present column of the row cache.
 */
export function decodeStep(state: DecodeState, ids: Int32Array, positions: Int32Array): Tensor {
  const { weights, config } = state;
  const step = beginStep(state, positions);
  const { B, all, d } = step.sizes;
  let x = ops.embedding(weights.embedding, fromInts(ids).to(weights.embedding.device));
  for (const [index, layer] of weights.layers.entries()) {
    const h = ops.rmsNorm(x, layer.inputNorm.shape, layer.inputNorm, config.rmsNormEps);
    const heads = ops.addmm(layer.qkvBias, h, layer.qkv).view([B, all, d]);
    const turned = ops.addcmul(heads.mul(step.cos), heads.roll([d / 2], [-1]), step.sin);
    const attended = attendRows(turned, step, index);
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
function writeColumn(turned: Tensor, layer: Tensor, { state, sizes }: Step): void {
  const { B, K, d, all } = sizes;
  const { cache } = state;
  const { rows, columns } = cache.capacity;
  const source = turned.asStrided([2, B, K, d], [K * d, all * d, d, 1], (all - 2 * K) * d);
  const row = K * columns * d;
  const target = layer.asStrided([2, B, K, d], [rows * row, row, columns * d, 1], cache.now * d);
  target.copy_(source);
}

/** Attention of the rows to their prompts and to what they wrote: [B, all, d] → [B, H · d]. */
function attendRows(turned: Tensor, step: Step, index: number): Tensor {
  const { state, sizes } = step;
  const layer = state.cache.layer(index);
  writeColumn(turned, layer, step);
  const prompt = state.promptLayers[index];
  if (prompt === undefined) throw new Error('internal: no prompt keys');
  const { B, K, R, d } = sizes;
  const attend = state.arrangement.places === null ? attendInOrder : attendByPlaces;
  return attend(turned, { ...step, prompt, layer }).view([B, K * R * d]);
}

interface LayerStep extends Step {
  /** [2, rows, K, columns, d] */
  readonly layer: Tensor;
  readonly prompt: PromptLayer;
}

/** Where row g · N + n continues prompt g, no row has to be moved. Returns [G, N, K, R, d]. */
function attendInOrder(turned: Tensor, step: LayerStep): Tensor {
  const { state, sizes, prompt } = step;
  const { G, N, K, R, d, all, t } = sizes;
  const q = turned.asStrided([G, N, K, R, d], [N * all * d, all * d, R * d, d, 1], 0);
  const toPrompt = maskedBy(
    einsum('gnkrd,gkpd->gnkrp', [q, prompt.keys]),
    state.arrangement.promptMask,
  );
  const [keys, values] = ownKeysValues(step, [G, N]);
  const toOwn = maskedBy(q.matmul(keys), step.mask?.view([G, N, 1, 1, t]) ?? null);
  const [forPrompt, forOwn] = weigh(toPrompt, toOwn, t);
  return forOwn.matmul(values).add_(einsum('gnkrp,gkpd->gnkrd', [forPrompt, prompt.values]));
}

/** Rows of one prompt are brought together, and back again. Returns [B, K, R, d]. */
function attendByPlaces(turned: Tensor, step: LayerStep): Tensor {
  const { state, sizes, prompt } = step;
  const { B, G, N, K, R, d, all, t } = sizes;
  const { places, back, promptMask } = state.arrangement;
  if (places === null || back === null) throw new Error('internal: no places');
  const P = state.prompts.width;
  const q = turned.asStrided([B, K, R, d], [all * d, R * d, d, 1], 0);
  const grid = q.indexSelect(0, places).view([G, N, K, R, d]);
  const spread = maskedBy(einsum('gnkrd,gkpd->gnkrp', [grid, prompt.keys]), promptMask);
  const toPrompt = spread.reshape([G * N, K, R, P]).indexSelect(0, back);
  const [keys, values] = ownKeysValues(step, [B]);
  const [forPrompt, forOwn] = weigh(toPrompt, maskedBy(q.matmul(keys), step.mask), t);
  const weights = forPrompt.indexSelect(0, places).view([G, N, K, R, P]);
  const fromPrompt = einsum('gnkrp,gkpd->gnkrd', [weights, prompt.values]);
  const inRows = fromPrompt.reshape([G * N, K, R, d]).indexSelect(0, back);
  return forOwn.matmul(values).add_(inRows);
}

function maskedBy(scores: Tensor, mask: Tensor | null): Tensor {
  return mask === null ? scores : scores.add(mask);
}

/** Softmax over the scores of both parts together. */
function weigh(toPrompt: Tensor, toOwn: Tensor, t: number): readonly [Tensor, Tensor] {
  const P = toPrompt.shape.at(-1) ?? 0;
  const [forPrompt, forOwn] = concat([toPrompt, toOwn], -1).softmax(-1).splitWithSizes([P, t], -1);
  if (forPrompt === undefined || forOwn === undefined) throw new Error('internal: split');
  return [forPrompt, forOwn];
}

/** Keys […, K, d, t] and values […, K, t, d] of the columns in sight; `over`: B, or G and N. */
function ownKeysValues(step: LayerStep, over: readonly number[]): [Tensor, Tensor] {
  const { layer, sizes, state } = step;
  const { K, d, t } = sizes;
  const { rows, columns } = state.cache.capacity;
  const { first } = state.cache;
  const row = K * columns * d;
  const strides = over.length === 1 ? [row] : [(over[1] ?? 1) * row, row];
  const keys = layer.asStrided([...over, K, d, t], [...strides, columns * d, 1, d], first * d);
  const start = rows * row + first * d;
  const values = layer.asStrided([...over, K, t, d], [...strides, columns * d, d, 1], start);
  return [keys, values];
}
