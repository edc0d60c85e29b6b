import { join } from 'node:path';
import { loadModel, type QwenVL, tokenLogprobs } from '#model';
import { type DType, engineConfig, TensorScope } from '#tensor';
import type { Bench, BenchContext, PythonBaseline, Seconds } from './bench.ts';
import {
  type BatchData,
  configOf,
  type Shape,
  writeBatch,
  writeRandomCheckpoint,
} from './model-batch.ts';

/** Of the size of the checkpoint that quickstart trains, and ten times that. */
export const models = {
  '4M': configOf({
    vocab: 2048,
    text: {
      hidden_size: 192,
      intermediate_size: 512,
      num_hidden_layers: 6,
      num_attention_heads: 6,
      num_key_value_heads: 2,
    },
    vision: {
      depth: 4,
      hidden_size: 128,
      intermediate_size: 256,
      num_heads: 4,
      fullatt_block_indexes: [3],
    },
  }),
  '40M': configOf({
    vocab: 8192,
    text: {
      hidden_size: 512,
      intermediate_size: 1408,
      num_hidden_layers: 8,
      num_attention_heads: 8,
      num_key_value_heads: 2,
    },
    vision: {
      depth: 8,
      hidden_size: 320,
      intermediate_size: 864,
      num_heads: 5,
      fullatt_block_indexes: [3, 7],
    },
  }),
} as const;

/** Sixteen sequences; mixed ones differ as sampled responses and pictures do. */
export const batches: Readonly<Record<string, readonly Shape[]>> = {
  equal: Array.from({ length: 16 }, () => ({
    before: 20,
    picture: { h: 12, w: 12 },
    after: 40,
    response: 100,
  })),
  mixed: Array.from({ length: 16 }, (_, index) => ({
    before: 20,
    picture: { h: 8 + 4 * (index % 3), w: 8 + 2 * (index % 5) },
    after: 20 + 5 * (index % 7),
    response: 24 + 13 * ((index * 7) % 16),
  })),
};

/** Forward and backward of the mean negative log-probability of all response tokens. */
export function trainPass(
  model: QwenVL,
  data: BatchData,
): { readonly time: Seconds; readonly loss: number } {
  using _scope = new TensorScope('bench');
  const start = performance.now();
  const batch = model.batch(data.trees);
  const features = model.encodeImages(data.pictures);
  const byHash = new Map(
    features.map((feature, index) => [data.pictures[index]?.hash ?? '', feature] as const),
  );
  const hidden = model.hidden(batch, model.embed(batch, byHash));
  const { logprobs } = tokenLogprobs(
    hidden.indexSelect(0, batch.predictorRows),
    model.decoder.head,
    batch.targets,
    { bans: null, temperatures: null },
  );
  const loss = logprobs.mean().neg();
  const forward = performance.now();
  loss.backward();
  const end = performance.now();
  for (const parameter of model.parameters.values()) parameter.grad = null;
  const time = { forward: (forward - start) / 1000, backward: (end - forward) / 1000 };
  return { time, loss: loss.item() };
}

interface Setting {
  readonly label: string;
  readonly dtype: DType;
  readonly checkpoint: string;
  readonly file: string;
  readonly data: BatchData;
  readonly rounds: number;
}

async function compareSetting(
  context: BenchContext,
  python: PythonBaseline | undefined,
  { label, dtype, checkpoint, file, data, rounds }: Setting,
): Promise<void> {
  using model = loadModel(checkpoint, { dtype });
  const { threads } = engineConfig();
  const request = { checkpoint, batch: file, dtype, threads };
  const best = (await python?.call('prepare', request)) as
    | { readonly attention: string; readonly loss: number }
    | undefined;
  if (best !== undefined) {
    const { loss } = trainPass(model, data);
    const apart = Math.abs(loss - best.loss) / best.loss;
    if (apart > (dtype === 'f32' ? 1e-5 : 1e-2)) {
      throw new Error(`${label}: expected the baseline's loss ${best.loss}, found ${loss}`);
    }
    context.note(`${label}: the baseline's best attention is ${best.attention}`);
  }
  await context.compare({
    label,
    ours: () => trainPass(model, data).time,
    theirs: python?.timer('step'),
    bar: 0.9,
    rounds,
    warmup: 1,
    work: { amount: data.tokens, unit: 'tok' },
  });
}

export const bench: Bench = {
  name: 'model',
  summary: 'forward and backward of 16 sequences with pictures, against transformers',
  async run(context) {
    const folder = context.folder();
    const python = await context.python('model.py', { modules: ['torch', 'transformers'] });
    for (const [size, config] of Object.entries(models)) {
      const checkpoint = join(folder, size);
      // The larger model takes seconds a pass: the batch as training has it, and fewer rounds.
      const [rounds, names] = size === '4M' ? [9, Object.keys(batches)] : [5, ['mixed']];
      const parameters = writeRandomCheckpoint(checkpoint, config);
      context.note(`${size}: ${(parameters / 1e6).toFixed(1)} M parameters`);
      for (const [name, shapes] of Object.entries(batches)) {
        if (!names.includes(name)) continue;
        const file = join(folder, `${size}-${name}.safetensors`);
        const data = writeBatch(file, shapes, config);
        context.note(`${name}: ${data.tokens} tokens, padded ${(100 * data.padding).toFixed(0)} %`);
        for (const dtype of ['f32', 'bf16'] as const) {
          const label = `${size} ${name} ${dtype}`;
          await compareSetting(context, python, { label, dtype, checkpoint, file, data, rounds });
        }
      }
    }
  },
};
