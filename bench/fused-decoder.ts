// B sequences, D width, N query heads, K key/value heads, H head width, V vocabulary
import { fromArray, ops, outside, type Tensor, tidy } from '#tensor';
import type { Decoder } from '../test/engine/decoder.ts';

interface FusedLayer {
  readonly attentionNorm: Tensor;
  /** Query, key and value in one product, as a view: [D, (N + 2K) H] */
  readonly queryKeyValue: Tensor;
  readonly output: Tensor;
  readonly mlpNorm: Tensor;
  readonly gateUp: Tensor;
  readonly down: Tensor;
  /** [B, K, most tokens, H] */
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * The reference decoder with as few operators per token as its arithmetic allows: joined products,
 * rotation of query and key together with the sign in the sine table, caches written in place,
 * residual additions inside the products.
 */
export class FusedDecoder implements Disposable {
  readonly #layers: readonly FusedLayer[];
  readonly #norm: Tensor;
  readonly #embedding: Tensor;
  readonly #heads: { readonly N: number; readonly K: number; readonly H: number };
  readonly #owned: Tensor[] = [];

  constructor(model: Decoder, batch: number, mostTokens: number) {
    const { width, heads: N, keyValueHeads: K } = model.sizes;
    const H = width / N;
    const own = (make: () => Tensor): Tensor => {
      const tensor = outside(() => tidy(make));
      this.#owned.push(tensor);
      return tensor;
    };
    const joined = (...weights: Tensor[]) => own(() => ops.cat(weights, 0).detach().t());
    const cache = (like: Tensor) =>
      own(() => ops.zeros([batch, K, mostTokens, H], { dtype: like.dtype }));
    this.#heads = { N, K, H };
    this.#norm = model.norm.weight;
    this.#embedding = model.embedding.weight;
    this.#layers = model.layers.map((layer) => ({
      attentionNorm: layer.attentionNorm.weight,
      queryKeyValue: joined(layer.query.weight, layer.key.weight, layer.value.weight),
      output: joined(layer.output.weight),
      mlpNorm: layer.mlpNorm.weight,
      gateUp: joined(layer.gate.weight, layer.up.weight),
      down: joined(layer.down.weight),
      keys: cache(layer.key.weight),
      values: cache(layer.key.weight),
    }));
  }

  /** ids i64 [B] at one position → logits [B, V]; `sin` has its first half negated. */
  logits(
    ids_B: Tensor,
    at: number,
    tables: { readonly cos: Tensor; readonly sin: Tensor },
  ): Tensor {
    const cos_H = tables.cos.select(0, at);
    const sin_H = tables.sin.select(0, at);
    let x_BD = ops.embedding(this.#embedding, ids_B);
    for (const layer of this.#layers) x_BD = this.#layer(layer, x_BD, at, [cos_H, sin_H]);
    return ops.linear(x_BD.rmsNorm(this.#norm.shape, this.#norm, 1e-6), this.#embedding);
  }

  #layer(
    layer: FusedLayer,
    x_BD: Tensor,
    at: number,
    [cos_H, sin_H]: readonly [Tensor, Tensor],
  ): Tensor {
    const { N, K, H } = this.#heads;
    const normed_BD = x_BD.rmsNorm(layer.attentionNorm.shape, layer.attentionNorm, 1e-6);
    const all_BSH = normed_BD.mm(layer.queryKeyValue).view([-1, N + 2 * K, H]);
    const plain_BSH = all_BSH.narrow(1, 0, N + K);
    const turned_BSH = plain_BSH.mul(cos_H).addcmul(plain_BSH.roll([H / 2], [-1]), sin_H);
    layer.keys.select(2, at).copy_(turned_BSH.narrow(1, N, K));
    layer.values.select(2, at).copy_(all_BSH.narrow(1, N + K, K));
    const attended_BN1H = ops.scaledDotProductAttention(
      turned_BSH.narrow(1, 0, N).unsqueeze(2),
      layer.keys.narrow(2, 0, at + 1),
      layer.values.narrow(2, 0, at + 1),
      null,
      0,
      false,
      { enableGqa: true },
    );
    const mixed_BD = x_BD.addmm(attended_BN1H.view([-1, N * H]), layer.output);
    const [gate, up] = mixed_BD
      .rmsNorm(layer.mlpNorm.shape, layer.mlpNorm, 1e-6)
      .mm(layer.gateUp)
      .chunk(2, -1) as [Tensor, Tensor];
    return mixed_BD.addmm(gate.silu().mul(up), layer.down);
  }

  [Symbol.dispose](): void {
    for (const tensor of this.#owned) tensor.dispose();
  }
}

/** The sine table with its first half negated, so that `roll` serves as the rotation. */
export function signedSine(sin: Tensor): Tensor {
  const { H } = sin.dims('T H');
  const sign = fromArray(Float32Array.from({ length: H }, (_, at) => (at < H / 2 ? -1 : 1)));
  return sin.mul(sign.to(sin.dtype));
}
