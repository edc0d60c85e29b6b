import { type ModelConfig, QwenVL } from '#model';
import { ops, seedTorch } from '#tensor';

/** Matrices that end a residual branch: smaller, so that deep stacks start calm. */
const branchEnd = /(o_proj|down_proj|attn\.proj)\.weight$/;

/**
 * A model with random weights: matrices normal with deviation 1 / √inputs (branch ends divided by
 * √(2 · layers)), embeddings 0.1, norms one, biases zero.
 */
export function initialModel(config: ModelConfig, seed: number): QwenVL {
  seedTorch(seed);
  const make = (name: string, shape: readonly number[]) => {
    if (name.endsWith('bias')) return ops.zeros(shape).requiresGrad_(true);
    if (shape.length === 1) return ops.ones(shape).requiresGrad_(true);
    const inputs = shape.slice(1).reduce((product, size) => product * size, 1);
    const layers = name.startsWith('visual.') ? config.vision.depth : config.text.layers;
    const calm = branchEnd.test(name) ? (2 * layers) ** -0.5 : 1;
    const deviation = name.includes('embed_tokens') ? 0.1 : inputs ** -0.5 * calm;
    return ops.empty(shape).normal_(0, deviation).requiresGrad_(true);
  };
  return new QwenVL(config, make, { dtype: 'f32', device: 'cpu' });
}
