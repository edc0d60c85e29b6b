import type { TextConfig } from '#model';
import { fromInts, ops, type Tensor } from '#tensor';
import type { Arrangement } from './arrangement.ts';
import { attendRows, type View } from './attention.ts';
import type { FusedLayer, FusedWeights } from './fused-weights.ts';
import { onDevice } from './on-device.ts';
import type { PromptLayer } from './prompt-slots.ts';
import type { RotaryTable } from './rotary-table.ts';
import type { RowCache } from './row-cache.ts';

/** Everything a token step reads. */
export interface DecodeState {
  readonly config: TextConfig;
  readonly weights: FusedWeights;
  readonly rotary: RotaryTable;
  readonly cache: RowCache;
  readonly arrangement: Arrangement;
  /** Keys and values of the prompts, layer by layer, and places of each. */
  readonly prompts: readonly PromptLayer[];
  readonly promptWidth: number;
}

function viewOf({ config, arrangement, cache, prompts, promptWidth: P }: DecodeState): View {
  const { heads, kvHeads: K, headDim: d } = config;
  const { rows: B, prompts: G, perPrompt: N, places } = arrangement;
  const t = cache.now - cache.first + 1;
  const { bands } = cache;
  const over = places === null ? [G, N] : [B];
  return {
    sizes: { B, G, N, K, R: heads / K, d, all: heads + 2 * K, P, t },
    arrangement,
    mask: arrangement.mask?.narrow(-1, 0, P + t) ?? null,
    sights: bands.map((band) =>
      cache.sight(band, bands.length === 1 ? over : [band.end - band.start]),
    ),
    prompts,
  };
}

/**
 * One token step: ids and positions of B rows to hidden states after the last norm [B, D]. Writes keys
 * and values into the present column of the row cache.
 */
export function decodeStep(
  state: DecodeState,
  ids: Int32Array,
  positions: readonly number[],
): Tensor {
  const { weights, config, cache, rotary } = state;
  const { heads, kvHeads: K, headDim: d, rmsNormEps } = config;
  const view = viewOf(state);
  const { B, all } = view.sizes;
  const { cos, sin } = rotary.rows(positions, heads + K, K);
  const columns = cache.present();
  const { embedding, norm } = weights;
  let x = ops.embedding(embedding, onDevice(fromInts(ids), embedding.device));
  for (const [index, layer] of weights.layers.entries()) {
    const h = ops.rmsNorm(x, layer.inputNorm.shape, layer.inputNorm, rmsNormEps);
    const flat = ops.addmm(layer.qkvBias, h, layer.qkv).view([B * all, d]);
    const turned = ops.addcmul(flat.mul(cos), flat.roll([d / 2], [1]), sin);
    columns[index]?.copy_(
      turned.asStrided([2, B, K, d], [K * d, all * d, d, 1], (all - 2 * K) * d),
    );
    x = ops.addmm(x, attendRows(turned, view, index), layer.output);
    x = feedForward(x, layer, rmsNormEps);
  }
  return ops.rmsNorm(x, norm.shape, norm, rmsNormEps);
}

/** x + down(silu(gate) · up) of the normalised x [B, D]. */
export function feedForward(x: Tensor, layer: FusedLayer, epsilon: number): Tensor {
  const h = ops.rmsNorm(x, layer.postNorm.shape, layer.postNorm, epsilon);
  const both = h.mm(layer.gateUp);
  const [gate, up] = both.chunk(2, -1);
  if (gate === undefined || up === undefined) throw new Error('internal: no gate');
  return ops.addmm(x, gate.silu().mul_(up), layer.down);
}
