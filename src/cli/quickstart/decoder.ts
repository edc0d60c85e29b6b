// B sequences, T tokens, D width, F inner width, H heads, K width of a head, V vocabulary
import { Embedding, Linear, type Parameters, RMSNorm } from '#nn';
import { ops, type Tensor } from '#tensor';

export interface DecoderSize {
  readonly vocabulary: number;
  readonly length: number;
  readonly width: number;
  readonly inner: number;
  readonly heads: number;
  readonly layers: number;
}

const epsilon = 1e-6;

/** Causal self-attention, then SwiGLU (Shazeer 2020), each behind a norm and added to the stream. */
class Layer {
  readonly #heads: number;
  readonly #attentionNorm: RMSNorm;
  readonly #queryKeyValue: Linear;
  readonly #output: Linear;
  readonly #innerNorm: RMSNorm;
  readonly #gate: Linear;
  readonly #up: Linear;
  readonly #down: Linear;

  constructor(parameters: Parameters, { width, inner, heads }: DecoderSize) {
    this.#heads = heads;
    this.#attentionNorm = new RMSNorm(parameters.at('attention_norm'), width, epsilon);
    this.#queryKeyValue = new Linear(parameters.at('qkv'), width, 3 * width);
    this.#output = new Linear(parameters.at('output'), width, width);
    this.#innerNorm = new RMSNorm(parameters.at('inner_norm'), width, epsilon);
    this.#gate = new Linear(parameters.at('gate'), width, inner);
    this.#up = new Linear(parameters.at('up'), width, inner);
    this.#down = new Linear(parameters.at('down'), inner, width);
  }

  forward(x_BTD: Tensor): Tensor {
    const attended_BTD = x_BTD.add(this.#attend(this.#attentionNorm.forward(x_BTD)));
    const y_BTD = this.#innerNorm.forward(attended_BTD);
    const inner_BTF = ops.silu(this.#gate.forward(y_BTD)).mul(this.#up.forward(y_BTD));
    return attended_BTD.add(this.#down.forward(inner_BTF));
  }

  #attend(x_BTD: Tensor): Tensor {
    const apart = this.#queryKeyValue
      .forward(x_BTD)
      .rearrange('B T (three H K) -> three B H T K', { three: 3, H: this.#heads });
    const [q_BHTK, k_BHTK, v_BHTK] = [0, 1, 2].map((index) => apart.select(0, index));
    if (q_BHTK === undefined || k_BHTK === undefined || v_BHTK === undefined)
      throw new Error('internal: three parts expected');
    const y_BHTK = ops.scaledDotProductAttention(q_BHTK, k_BHTK, v_BHTK, null, 0, true);
    return this.#output.forward(y_BHTK.rearrange('B H T K -> B T (H K)'));
  }
}

/** A decoder of the usual kind, small enough to learn something in seconds. */
export class Decoder {
  readonly #tokens: Embedding;
  readonly #positions: Embedding;
  readonly #layers: readonly Layer[];
  readonly #norm: RMSNorm;

  constructor(parameters: Parameters, size: DecoderSize) {
    const { vocabulary, length, width, layers } = size;
    this.#tokens = new Embedding(parameters.at('tokens'), vocabulary, width);
    this.#positions = new Embedding(parameters.at('positions'), length, width);
    this.#layers = Array.from(
      { length: layers },
      (_, index) => new Layer(parameters.at('layers').at(index), size),
    );
    this.#norm = new RMSNorm(parameters.at('norm'), width, epsilon);
  }

  /** ids i64 [B, T] → logits [B, T, V]; the table of tokens serves both ends. */
  forward(ids_BT: Tensor): Tensor {
    const { T } = ids_BT.dims('B T');
    let x_BTD = this.#tokens.forward(ids_BT).add(this.#positions.weight.narrow(0, 0, T));
    for (const layer of this.#layers) x_BTD = layer.forward(x_BTD);
    return ops.linear(this.#norm.forward(x_BTD), this.#tokens.weight);
  }
}
