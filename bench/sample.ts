import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '#model';
import type { Patches } from '#model/processor';
import { createSeed } from '#run';
import { Sampler } from '#sampler';
import { type DType, engineConfig } from '#tensor';
import type { Bench, BenchContext, PythonBaseline } from './bench.ts';
import { configOf, writeRandomCheckpoint } from './model-batch.ts';

/** About four and forty million parameters. */
const models = {
  '4M': configOf({
    vocab: 2048,
    text: {
      hidden_size: 256,
      intermediate_size: 768,
      num_hidden_layers: 4,
      num_attention_heads: 4,
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
      hidden_size: 640,
      intermediate_size: 1792,
      num_hidden_layers: 8,
      num_attention_heads: 10,
      num_key_value_heads: 2,
    },
    vision: {
      depth: 4,
      hidden_size: 256,
      intermediate_size: 512,
      num_heads: 4,
      fullatt_block_indexes: [3],
    },
  }),
};

const work = { problems: 16, group: 8, text: 60, side: 112, new: 64 };
const picture = (work.side / 28) ** 2;

interface Setting {
  readonly name: keyof typeof models;
  readonly dtype: DType;
  readonly checkpoint: string;
  readonly python: PythonBaseline | undefined;
}

/** All completions of one round, with prompts and pictures of its own. */
async function oneRound(sampler: Sampler, round: number, known: Map<string, Patches>) {
  const random = createSeed('bench sample').at(round).stream();
  const side = work.side / 14;
  const grid = { t: 1, h: side, w: side };
  known.clear();
  const prompts = Array.from({ length: work.problems }, (_, index) => {
    const hash = `${round}.${index}`;
    const pixels = Float32Array.from({ length: side * side * 1176 }, () => 2 * random.float() - 1);
    known.set(hash, { hash, grid, pixels });
    const ids = Int32Array.from({ length: work.text }, () => random.int(2000));
    const image = { hash, source: '', width: work.side, height: work.side };
    return {
      length: picture + work.text,
      chunks: [
        { kind: 'image', image, grid, length: picture } as const,
        { kind: 'tokens', ids } as const,
      ],
    };
  });
  const params = {
    bannedIds: [],
    repetitionPenalty: 1,
    temperature: 1,
    topK: 0,
    topP: 1,
    minP: 0,
    stopIds: [],
    stopStrings: [],
    minTokens: 0,
    maxTokens: work.new,
  };
  const start = performance.now();
  const all = await Promise.all(
    prompts.map((prompt, seed) => sampler.sample({ prompt, count: work.group, seed, params })),
  );
  const seconds = (performance.now() - start) / 1000;
  const tokens = all.flat().reduce((sum, completion) => sum + completion.tokens.length, 0);
  if (tokens !== work.problems * work.group * work.new) throw new Error(`found ${tokens} tokens`);
  return seconds;
}

/** The batch size at which transformers is fastest. */
async function bestBatch(python: PythonBaseline): Promise<number> {
  let [best, least] = [0, Infinity];
  for (const batch of [16, 64, 128]) {
    const seconds = Number(await python.call('generate', { batch }));
    if (seconds < least) [best, least] = [batch, seconds];
  }
  return best;
}

async function compareSetting(
  context: BenchContext,
  { name, dtype, checkpoint, python }: Setting,
): Promise<void> {
  const { threads } = engineConfig();
  const known = new Map<string, Patches>();
  await using sampler = new Sampler({
    dtype,
    patches: async ({ hash }) => {
      const found = known.get(hash);
      if (found === undefined) throw new Error(`an unknown picture ${hash}`);
      return found;
    },
    maxRows: work.problems * work.group,
    prefillTokens: 1 << 14,
    cacheBytes: 8e9,
  });
  await sampler.publish(loadModel(checkpoint, { dtype }), 1, { take: true });
  await python?.call('prepare', { checkpoint, dtype, threads, ...work });
  const batch = python === undefined ? 0 : await bestBatch(python);
  if (python !== undefined) context.note(`${name} ${dtype}: generate is fastest at batch ${batch}`);
  let round = 0;
  await context.compare({
    label: `${name} ${dtype}, generate`,
    ours: () => oneRound(sampler, round++, known),
    theirs: python?.timer('generate', { batch }),
    bar: name === '4M' ? 1 / 4 : 1 / 3,
    rounds: 5,
    warmup: 1,
    work: { amount: work.problems * work.group * work.new, unit: 'tok' },
  });
  await compareVllm(context, { name, dtype, checkpoint, python }, () =>
    oneRound(sampler, round++, known),
  );
}

async function compareVllm(
  context: BenchContext,
  { name, dtype, checkpoint }: Setting,
  ours: () => Promise<number>,
): Promise<void> {
  if (name !== '4M') return;
  const vllm = await context.python('sample_vllm.py', { modules: ['torch', 'vllm'] });
  if (vllm === undefined) return;
  const { threads } = engineConfig();
  const { problems, group } = work;
  const size = { problems, group, length: picture + work.text, new: work.new };
  for (const eager of [true, false]) {
    try {
      await vllm.call('prepare', { checkpoint, dtype, threads, eager, ...size });
    } catch (error) {
      context.note(
        `vLLM does not start: ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
    await context.compare({
      label: `${name} ${dtype}, vLLM ${eager ? 'eager' : 'compiled'}`,
      ours,
      theirs: vllm.timer('generate'),
      bar: 1 / 2.5,
      rounds: 5,
      warmup: 1,
      work: { amount: problems * group * work.new, unit: 'tok' },
    });
  }
}

export const bench: Bench = {
  name: 'sample',
  summary: '16 problems with pictures × 8 answers × 64 tokens, against generate and vLLM',
  async run(context) {
    const folder = mkdtempSync(join(tmpdir(), 'bench-sample-'));
    try {
      const python = await context.python('sample.py', { modules: ['torch', 'transformers'] });
      for (const name of ['4M', '40M'] as const) {
        const checkpoint = join(folder, name);
        const parameters = writeRandomCheckpoint(checkpoint, models[name]);
        context.note(`${name}: ${(parameters / 1e6).toFixed(1)} M parameters`);
        for (const dtype of ['f32', 'bf16'] as const) {
          await compareSetting(context, { name, dtype, checkpoint, python });
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
