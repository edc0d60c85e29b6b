// B sequences, T tokens, D width, N query heads, K key/value heads, H head width, V vocabulary
import { fromArray, fromInts, ops, type Tensor } from '#tensor';
import { Embedding, Linear, type MakeParameter, Parameters, RMSNorm } from '#nn';
import { mixed } from './formula.ts';

/** Sizes of a decoder with grouped heads, rotary positions, SwiGLU and a tied embedding. */
export interface DecoderSizes {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly hidden: number;
  readonly vocabulary: number;
}

/** The reference workload: 12.3 million parameters. */
export const referenceSizes: DecoderSizes = {
  layers: 4,
  width: 512,
  heads: 8,
  keyValueHeads: 2,
  hidden: 1408,
  vocabulary: 2048,
};

export const smallSizes: DecoderSizes = {
  layers: 2,
  width: 32,
  heads: 4,
  keyValueHeads: 2,
  hidden: 64,
  vocabulary: 64,
};

/** Uniform numbers of mean 0 and standard deviation 0.02. */
function weights(count: number, seed: number): Float32Array {
  const out = new Float32Array(count);
  const scale = 0.02 * Math.sqrt(12);
  for (let index = 0; index < count; index++) {
    out[index] = (mixed(index, seed) / 4294967296 - 0.5) * scale;
  }
  return out;
}

/** Parameters by a formula: norms are 1, every other tensor follows from its place in the list. */
export function formulaParameters(dtype: 'f32' | 'bf16'): MakeParameter {
  let seed = 0;
  return (name, shape) => {
    seed++;
    const count = shape.reduce((product, size) => product * size, 1);
    const values = name.includes('norm') ? new Float32Array(count).fill(1) : weights(count, seed);
    const wide = fromArray(values, shape);
    if (dtype === 'f32') return wide.requiresGrad_(true);
    const narrow = wide.to(dtype);
    wide.dispose();
    return narrow.requiresGrad_(true);
  };
}

/** Token ids [batch, length + 1] by a formula: inputs and, shifted by one, targets. */
export function formulaTokens(batch: number, length: number, vocabulary: number): Tensor {
  const count = batch * (length + 1);
  const ids = Int32Array.from({ length: count }, (_, index) => mixed(index, 999) % vocabulary);
  return fromInts(ids, [batch, length + 1]);
}

/** cos and sin of the rotary angles, each [T, H]. */
export function rotaryTables(length: number, head: number, dtype: 'f32' | 'bf16') {
  const angles = new Float32Array(length * head);
  for (let position = 0; position < length; position++) {
    for (let at = 0; at < head; at++) {
      const frequency = 10000 ** (-(2 * (at % (head / 2))) / head);
      angles[position * head + at] = position * frequency;
    }
  }
  const table = fromArray(angles, [length, head]);
  return { cos: table.cos().to(dtype), sin: table.sin().to(dtype) };
}

function rotate(x_BNTH: Tensor, cos_TH: Tensor, sin_TH: Tensor): Tensor {
  const [first, second] = x_BNTH.chunk(2, -1) as [Tensor, Tensor];
  return x_BNTH.mul(cos_TH).add(ops.cat([second.neg(), first], -1).mul(sin_TH));
}

class Layer {
  readonly attentionNorm: RMSNorm;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly mlpNorm: RMSNorm;
  readonly gate: Linear;
  readonly up: Linear;
  readonly down: Linear;
  readonly heads: number;

  constructor(at: Parameters, sizes: DecoderSizes) {
    const { width: D, hidden, heads, keyValueHeads } = sizes;
    const narrow = (D / heads) * keyValueHeads;
    this.heads = heads;
    this.attentionNorm = new RMSNorm(at.at('attention_norm'), D, 1e-6);
    this.query = new Linear(at.at('q_proj'), D, D);
    this.key = new Linear(at.at('k_proj'), D, narrow);
    this.value = new Linear(at.at('v_proj'), D, narrow);
    this.output = new Linear(at.at('o_proj'), D, D);
    this.mlpNorm = new RMSNorm(at.at('mlp_norm'), D, 1e-6);
    this.gate = new Linear(at.at('gate_proj'), D, hidden);
    this.up = new Linear(at.at('up_proj'), D, hidden);
    this.down = new Linear(at.at('down_proj'), hidden, D);
  }

  /** `cache` gets the keys and values so far and gives them back longer by T. */
  forward(
    x_BTD: Tensor,
    tables: { readonly cos: Tensor; readonly sin: Tensor },
    cache?: { key: Tensor | null; value: Tensor | null },
  ): Tensor {
    const H = x_BTD.dims('B T D').D / this.heads;
    const normed_BTD = this.attentionNorm.forward(x_BTD);
    const split = (flat: Tensor) => flat.rearrange('B T (N H) -> B N T H', { H });
    const q_BNTH = rotate(split(this.query.forward(normed_BTD)), tables.cos, tables.sin);
    let k_BKTH = rotate(split(this.key.forward(normed_BTD)), tables.cos, tables.sin);
    let v_BKTH = split(this.value.forward(normed_BTD));
    if (cache !== undefined) {
      if (cache.key !== null) k_BKTH = ops.cat([cache.key, k_BKTH], 2);
      if (cache.value !== null) v_BKTH = ops.cat([cache.value, v_BKTH], 2);
      cache.key = k_BKTH;
      cache.value = v_BKTH;
    }
    const attended_BNTH = ops.scaledDotProductAttention(
      q_BNTH,
      k_BKTH,
      v_BKTH,
      null,
      0,
      cache === undefined,
      {
        enableGqa: true,
      },
    );
    const mixed_BTD = x_BTD.add(
      this.output.forward(attended_BNTH.rearrange('B N T H -> B T (N H)')),
    );
    const second_BTD = this.mlpNorm.forward(mixed_BTD);
    const gated = this.gate.forward(second_BTD).silu().mul(this.up.forward(second_BTD));
    return mixed_BTD.add(this.down.forward(gated));
  }
}

/** A decoder built from the layers of `#nn`: the reference workload of tests and benchmarks. */
export class Decoder implements Disposable {
  readonly sizes: DecoderSizes;
  readonly parameters: Parameters;
  readonly embedding: Embedding;
  readonly layers: readonly Layer[];
  readonly norm: RMSNorm;

  constructor(sizes: DecoderSizes, make: MakeParameter) {
    const parameters = new Parameters(make);
    this.sizes = sizes;
    this.parameters = parameters;
    this.embedding = new Embedding(parameters.at('embed'), sizes.vocabulary, sizes.width);
    this.layers = Array.from(
      { length: sizes.layers },
      (_, index) => new Layer(parameters.at('layers').at(index), sizes),
    );
    this.norm = new RMSNorm(parameters.at('norm'), sizes.width, 1e-6);
  }

  /** ids i64 [B, T] → logits [B, T, V]. `caches`, one per layer, make it a step of decoding. */
  logits(
    ids_BT: Tensor,
    tables: { readonly cos: Tensor; readonly sin: Tensor },
    caches?: readonly { key: Tensor | null; value: Tensor | null }[],
  ): Tensor {
    let x_BTD = this.embedding.forward(ids_BT);
    for (const [index, layer] of this.layers.entries()) {
      x_BTD = layer.forward(x_BTD, tables, caches?.[index]);
    }
    return ops.linear(this.norm.forward(x_BTD), this.embedding.weight);
  }

  /** Mean cross-entropy of the next token in nats, over tokens [B, T + 1]. */
  loss(tokens: Tensor, tables: { readonly cos: Tensor; readonly sin: Tensor }): Tensor {
    const { L } = tokens.dims('_ L');
    const ids_BT = tokens.narrow(1, 0, L - 1);
    const targets_BT = tokens.narrow(1, 1, L - 1);
    const logits_BTV = this.logits(ids_BT, tables).to('f32');
    return ops.crossEntropyLoss(logits_BTV.flatten(0, 1), targets_BT.reshape([-1]));
  }

  [Symbol.dispose](): void {
    this.parameters.dispose();
  }
}
