import { ops, type Tensor } from '#tensor';
import { Embedding, Linear, type Parameters, RMSNorm } from '#nn';
import { attendPacked } from './attention.ts';
import type { TextConfig } from './config.ts';
import { type Rotary, rotate } from './rotary.ts';
import type { AttentionLayout } from './tiles.ts';

/** The weights of one decoder layer; training and sampling compute with them in their own ways. */
export class DecoderLayer {
  readonly inputNorm: RMSNorm;
  readonly postNorm: RMSNorm;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly gate: Linear;
  readonly up: Linear;
  readonly down: Linear;
  readonly #config: TextConfig;

  constructor(parameters: Parameters, config: TextConfig) {
    const { hiddenSize: D, intermediateSize: I, heads, kvHeads, headDim, rmsNormEps } = config;
    const attention = parameters.at('self_attn');
    const mlp = parameters.at('mlp');
    const bias = { bias: true };
    this.#config = config;
    this.inputNorm = new RMSNorm(parameters.at('input_layernorm'), D, rmsNormEps);
    this.query = new Linear(attention.at('q_proj'), D, heads * headDim, bias);
    this.key = new Linear(attention.at('k_proj'), D, kvHeads * headDim, bias);
    this.value = new Linear(attention.at('v_proj'), D, kvHeads * headDim, bias);
    this.output = new Linear(attention.at('o_proj'), heads * headDim, D);
    this.postNorm = new RMSNorm(parameters.at('post_attention_layernorm'), D, rmsNormEps);
    this.gate = new Linear(mlp.at('gate_proj'), D, I);
    this.up = new Linear(mlp.at('up_proj'), D, I);
    this.down = new Linear(mlp.at('down_proj'), I, D);
  }

  /** x [T, D] packed tokens → [T, D] */
  forward(x: Tensor, rotary: Rotary, layout: AttentionLayout): Tensor {
    const { headDim } = this.#config;
    const { T } = x.dims('T D');
    const h = this.inputNorm.forward(x);
    const heads = (projected: Tensor): Tensor => projected.view([T, -1, headDim]);
    const q = rotate(heads(this.query.forward(h)), rotary);
    const k = rotate(heads(this.key.forward(h)), rotary);
    const v = heads(this.value.forward(h));
    const attended = x.add(this.output.forward(attendPacked([q, k, v], layout)));
    const m = this.postNorm.forward(attended);
    return attended.add(this.down.forward(this.gate.forward(m).silu().mul(this.up.forward(m))));
  }
}

/** Qwen2.5's decoder: grouped-query attention with bias, M-RoPE, RMSNorm, SwiGLU. */
export class Decoder {
  readonly config: TextConfig;
  readonly embedding: Embedding;
  readonly layers: readonly DecoderLayer[];
  readonly norm: RMSNorm;
  /** [V, D]: the embedding table where the head is tied to it. */
  readonly head: Tensor;

  constructor(parameters: Parameters, config: TextConfig) {
    const model = parameters.at('model');
    this.config = config;
    this.embedding = new Embedding(model.at('embed_tokens'), config.vocabSize, config.hiddenSize);
    this.layers = Array.from(
      { length: config.layers },
      (_, index) => new DecoderLayer(model.at('layers').at(index), config),
    );
    this.norm = new RMSNorm(model.at('norm'), config.hiddenSize, config.rmsNormEps);
    this.head = config.tied
      ? this.embedding.weight
      : parameters.at('lm_head').take('weight', [config.vocabSize, config.hiddenSize]);
  }

  /** [T, D] → f32 [T, V] */
  logits(hidden: Tensor): Tensor {
    return ops.linear(hidden, this.head).to('f32');
  }
}
