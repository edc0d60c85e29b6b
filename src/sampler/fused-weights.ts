import type { QwenVL } from '#model';
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
  /** [D, V] */
  readonly head: Tensor;
  dispose(): void;
}

/** Copies and joins the weights of a model in the type that sampling computes in. */
export function fuseWeights(model: QwenVL, dtype: DType): FusedWeights {
  const { decoder, config } = model;
  const owned: Tensor[] = [];
  const own = (make: () => Tensor): Tensor => {
    const tensor = outside(() => noGrad(() => make().detach().to(dtype).clone()));
    owned.push(tensor);
    return tensor;
  };
  const transposed = (weights: () => readonly Tensor[]): Tensor =>
    own(() => concat(weights()).t().contiguous());
  const scale = config.text.headDim ** -0.5;
  const layers = decoder.layers.map((layer): FusedLayer => {
    const { query, key, value } = layer;
    return {
      inputNorm: own(() => layer.inputNorm.weight),
      qkv: transposed(() => [query.weight.mul(scale), key.weight, value.weight]),
      qkvBias: own(() => concat([biasOf(query).mul(scale), biasOf(key), biasOf(value)])),
      output: transposed(() => [layer.output.weight]),
      postNorm: own(() => layer.postNorm.weight),
      gateUp: transposed(() => [layer.gate.weight, layer.up.weight]),
      down: transposed(() => [layer.down.weight]),
    };
  });
  return {
    layers,
    embedding: own(() => decoder.embedding.weight),
    norm: own(() => decoder.norm.weight),
    head: transposed(() => [decoder.head]),
    dispose: () => owned.forEach((tensor) => tensor.dispose()),
  };
}

function biasOf(linear: { readonly bias: Tensor | null }): Tensor {
  if (linear.bias === null) throw new Error('internal: a projection without bias');
  return linear.bias;
}
