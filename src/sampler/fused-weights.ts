import type { DecoderLayer, QwenVL } from '#model';
import { concat, type DType, noGrad, outside, type Tensor } from '#tensor';

/** The weights of one layer as decoding multiplies with them: transposed, joined, scaled. */
export interface FusedLayer {
  readonly inputNorm: Tensor;
  /** [D, (H + 2K) · d]: query (scaled by d^-½), key and value side by side. */
  readonly qkv: Tensor;
  readonly qkvBias: Tensor;
  /** [H · d, D] */
  readonly output: Tensor;
  readonly postNorm: Tensor;
  /** [D, 2I]: gate and up. */
  readonly gateUp: Tensor;
  /** [I, D] */
  readonly down: Tensor;
}

/** A copy of a model's weights for sampling; made at every publication. */
export interface FusedWeights {
  readonly layers: readonly FusedLayer[];
  /** [V, D] */
  readonly embedding: Tensor;
  readonly norm: Tensor;
  /** [D, V]; a view of the embedding where both are tied. */
  readonly head: Tensor;
  dispose(): void;
}

/**
 * Joins the weights of a model in the type that sampling computes in. With `take` the model is given
 * away: its layers are freed one after the other, so that never more than one is held twice.
 */
export function fuseWeights(model: QwenVL, dtype: DType, take = false): FusedWeights {
  const { decoder, config } = model;
  const owned: Tensor[] = [];
  const dispose = (): void => owned.forEach((tensor) => tensor.dispose());
  const own = (make: () => Tensor): Tensor => {
    const tensor = outside(() => noGrad(() => make().detach().to(dtype).clone()));
    owned.push(tensor);
    return tensor;
  };
  const transposed = (weights: () => readonly Tensor[]): Tensor =>
    own(() => concat(weights()).t().contiguous());
  const scale = config.text.headDim ** -0.5;
  const fuse = (layer: DecoderLayer): FusedLayer => {
    const { query, key, value } = layer;
    const fused = {
      inputNorm: own(() => layer.inputNorm.weight),
      qkv: transposed(() => [query.weight.mul(scale), key.weight, value.weight]),
      qkvBias: own(() => concat([biasOf(query).mul(scale), biasOf(key), biasOf(value)])),
      output: transposed(() => [layer.output.weight]),
      postNorm: own(() => layer.postNorm.weight),
      gateUp: transposed(() => [layer.gate.weight, layer.up.weight]),
      down: transposed(() => [layer.down.weight]),
    };
    if (take) for (const tensor of tensorsOf(layer)) tensor.dispose();
    return fused;
  };
  try {
    const layers = decoder.layers.map(fuse);
    const embedding = own(() => decoder.embedding.weight);
    const tied = decoder.head === decoder.embedding.weight;
    const rows = tied ? embedding : own(() => decoder.head);
    const head = outside(() => rows.t());
    owned.push(head);
    const norm = own(() => decoder.norm.weight);
    const { weight } = decoder.norm;
    if (take) for (const each of [decoder.embedding.weight, decoder.head, weight]) each.dispose();
    return { layers, embedding, norm, head, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function tensorsOf(layer: DecoderLayer): readonly Tensor[] {
  const linears = [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up];
  const norms = [layer.inputNorm.weight, layer.postNorm.weight];
  return [...linears, layer.down]
    .flatMap(({ weight, bias }) => (bias === null ? [weight] : [weight, bias]))
    .concat(norms);
}

function biasOf(linear: { readonly bias: Tensor | null }): Tensor {
  if (linear.bias === null) throw new Error('internal: a projection without bias');
  return linear.bias;
}
