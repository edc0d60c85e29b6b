import { AsyncScope, TensorScope } from '#tensor';
import { AdamW } from '#nn';
import {
  Decoder,
  formulaParameters,
  formulaTokens,
  referenceSizes,
  rotaryTables,
} from '../test/engine/decoder.ts';
import type { Bench, BenchContext, PythonBaseline } from './bench.ts';

const batch = 4;
const length = 128;
const settings = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

async function measure(
  context: BenchContext,
  python: PythonBaseline | undefined,
  dtype: 'f32' | 'bf16',
): Promise<void> {
  using model = new Decoder(referenceSizes, formulaParameters(dtype));
  using optimizer = new AdamW(model.parameters.tensors);
  using data = new AsyncScope('data');
  const tokens = data.run(() => formulaTokens(batch, length, referenceSizes.vocabulary));
  const tables = data.run(() => rotaryTables(length, 64, dtype));
  const step = (): Record<string, number> => {
    using _step = new TensorScope('step');
    const start = performance.now();
    const loss = model.loss(tokens, tables);
    const forward = performance.now();
    loss.backward();
    const backward = performance.now();
    optimizer.accumulate();
    optimizer.step(settings);
    const end = performance.now();
    return {
      forward: (forward - start) / 1000,
      backward: (backward - forward) / 1000,
      optimizer: (end - backward) / 1000,
    };
  };
  await context.compare({
    label: `step ${dtype}`,
    ours: step,
    theirs: python?.timer('step', { dtype }),
    rounds: 15,
    warmup: 4,
    bar: 1.05,
    work: { amount: batch * length, unit: 'tok' },
  });
}

export const bench: Bench = {
  name: 'step',
  summary: 'one training step of a 12.3 M-parameter decoder on 4 × 128 tokens',
  async run(context) {
    const python = await context.python('step.py', { modules: ['torch', 'numpy'] });
    for (const dtype of ['f32', 'bf16'] as const) await measure(context, python, dtype);
  },
};
