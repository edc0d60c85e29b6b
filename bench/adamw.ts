import { TensorScope } from '#tensor';
import { AdamW } from '#nn';
import { Decoder, formulaParameters, referenceSizes } from '../test/engine/decoder.ts';
import type { Bench } from './bench.ts';

const settings = { learningRate: 1e-6, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

export const bench: Bench = {
  name: 'adamw',
  summary: 'a fused AdamW step on 12.3 M parameters; in bf16 with f32 masters and copies',
  async run(context) {
    const python = await context.python('adamw.py', { modules: ['torch', 'numpy'] });
    for (const dtype of ['f32', 'bf16'] as const) {
      using model = new Decoder(referenceSizes, formulaParameters(dtype));
      using optimizer = new AdamW(model.parameters.tensors);
      const tensors = [...model.parameters.tensors.values()];
      const step = (): number => {
        using _step = new TensorScope('gradients');
        for (const tensor of tensors) tensor.grad = tensor.detach().mul(0.01);
        const start = performance.now();
        optimizer.accumulate();
        optimizer.step(settings);
        return (performance.now() - start) / 1000;
      };
      const theirs = python?.timer('step', { dtype });
      await context.compare({
        label: `adamw ${dtype}`,
        ours: step,
        theirs,
        rounds: 25,
        warmup: 4,
        bar: 1.1,
      });
    }
  },
};
