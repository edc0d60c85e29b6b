import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng, openImage } from '#data';
import type { ImageRef } from '#data';
import { createProcessor } from '#model/processor';
import type { Prompt } from '#model/processor';
import type { Policy, TrainSequence } from '#policy';
import { createLocalPolicy } from '#policy/local';
import { engineConfig } from '#tensor';
import type { Bench, BenchContext } from './bench.ts';
import { configOf, writeRandomCheckpoint } from './model-batch.ts';

const problems = 16;
const rollouts = 8;
const tokens = 64;
const tokenizer = fileURLToPath(new URL('../test/fixtures/processor/tokenizer', import.meta.url));

/** Four million weights behind a tokenizer that both sides read. */
const config = {
  ...configOf({
    vocab: 448,
    text: {
      hidden_size: 192,
      intermediate_size: 640,
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
  image_token_id: 402,
  video_token_id: 403,
  vision_start_token_id: 399,
  vision_end_token_id: 400,
  bos_token_id: 396,
  eos_token_id: 398,
};

async function picture(seed: number): Promise<ImageRef> {
  const pixels = Uint8Array.from(
    { length: 112 * 112 * 3 },
    (_, at) => (at * 7919 + seed * 104_729) >> 5,
  );
  return openImage(encodePng(pixels, 112, 112));
}

type Old = 'sampler' | 'trainer';

/**
 * Rollouts of exactly so many tokens and one update. Old log-probabilities are those of the sampler,
 * or computed by the trainer before the update (`loss.oldLogprobs`). TRL computes none in this
 * setting: with one step per generation it takes the ratio against its own detached forward pass.
 */
async function step(
  policy: Policy,
  prompts: readonly Prompt[],
  { seed, oldLogprobs }: { readonly seed: number; readonly oldLogprobs: Old },
): Promise<Readonly<Record<string, number>>> {
  const start = performance.now();
  await policy.publish();
  const params = {
    bannedIds: policy.processor.ids.banned,
    repetitionPenalty: 1,
    temperature: 1,
    topK: 0,
    topP: 1,
    minP: 0,
    stopIds: [],
    stopStrings: [],
    minTokens: tokens,
    maxTokens: tokens,
  };
  const groups = await Promise.all(
    prompts.map((prompt, at) =>
      policy.sample({ prompt, count: rollouts, seed: seed * problems + at, params }),
    ),
  );
  const sampled = performance.now();
  const sequences = groups.flatMap((group, at) =>
    group.map(({ tokens: response, logprobs }) => ({
      sequence: {
        prompt: prompts[at] ?? { chunks: [], length: 0 },
        response,
        temperatures: new Float32Array(response.length).fill(1),
      },
      logprobs,
    })),
  );
  const old =
    oldLogprobs === 'sampler'
      ? sequences.map(({ logprobs }) => logprobs)
      : await policy.logprobs(sequences.map(({ sequence }) => sequence));
  const scored = performance.now();
  const train = sequences.map(({ sequence }, at): TrainSequence => {
    const { length } = sequence.response;
    return {
      ...sequence,
      actions: new Uint8Array(length).fill(1),
      imitate: new Float32Array(length),
      advantages: new Float32Array(length).fill(at % 2 === 0 ? 0.5 : -0.5),
      oldLogprobs: old[at] ?? new Float32Array(length),
      count: 1,
      replayedCount: 0,
    };
  });
  const totals = { actions: problems * rollouts * tokens, imitate: 0, replayedActions: 0 };
  const losses = [{ kind: 'clippedSurrogate', clipLow: 0.2, clipHigh: 0.2 }] as const;
  await policy.forwardBackward({ sequences: train, totals }, losses);
  const update = { learningRate: 1e-6, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
  await policy.optimStep({ ...update, maxGradNorm: 1 });
  const end = performance.now();
  return {
    rollouts: (sampled - start) / 1000,
    ...(oldLogprobs === 'trainer' ? { logprobs: (scored - sampled) / 1000 } : {}),
    update: (end - scored) / 1000,
  };
}

async function compare(context: BenchContext, base: string, dtype: 'f32' | 'bf16'): Promise<void> {
  const python = await context.python('grpo.py', { modules: ['torch', 'trl'] });
  const { threads } = engineConfig();
  const setting = { checkpoint: base, dtype, threads, problems, rollouts, tokens };
  await python?.call('prepare', setting);
  await using processor = await createProcessor(base);
  await using policy = await createLocalPolicy(base, {
    processor,
    checkpoints: base,
    dtype,
    samplerDtype: dtype,
    tokensAtOnce: 32_768,
  });
  const pictures = await Promise.all(Array.from({ length: problems }, (_, at) => picture(at)));
  const question = {
    id: '',
    answer: '',
    category: '',
    question: '<image>How many red shapes are there?',
  };
  const prompts = pictures.map(
    (image) => processor.problemPrompt({ ...question, images: [image] }, 'notrigger').prompt,
  );
  let seed = 0;
  const kinds = [
    { oldLogprobs: 'sampler', label: `step ${dtype}, old logprobs as sampled` },
    { oldLogprobs: 'trainer', label: `step ${dtype}, old logprobs recomputed` },
  ] as const;
  for (const { oldLogprobs, label } of kinds) {
    await context.compare({
      label,
      ours: () => step(policy, prompts, { seed: seed++, oldLogprobs }),
      theirs: python?.timer('step'),
      rounds: 5,
      warmup: 1,
      bar: 0.4,
      work: { amount: problems * rollouts * tokens, unit: 'tok' },
    });
  }
}

export const bench: Bench = {
  name: 'grpo',
  summary: 'one GRPO step, 16 problems × 8 rollouts × 64 tokens, against TRL’s GRPOTrainer',
  async run(context) {
    const base = context.folder();
    const files = [
      'tokenizer.json',
      'tokenizer_config.json',
      'chat_template.jinja',
      'generation_config.json',
    ];
    for (const name of files) copyFileSync(join(tokenizer, name), join(base, name));
    const parameters = writeRandomCheckpoint(base, config);
    context.note(`${(parameters / 1e6).toFixed(2)} M parameters`);
    for (const dtype of ['f32', 'bf16'] as const) await compare(context, base, dtype);
  },
};
