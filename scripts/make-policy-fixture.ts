/**
 * Makes test/fixtures/policy: a checkpoint of the right architecture that is as small as can be (60,000
 * weights) and has learnt just enough for tests of training: it answers the easiest counting puzzles in
 * a box, is right now and then, and goes on after a trigger. Run: node --conditions=source
 * scripts/make-policy-fixture.ts
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { puzzle } from '#data';
import { createModel, parseConfig, saveModel } from '#model';
import { createProcessor } from '#model/processor';
import type { TrainSequence } from '#policy';
import { createLocalPolicy } from '#policy/local';
import { triggers } from '#rl';
import { createSeed } from '#run';
import { seedTorch } from '#tensor';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'test/fixtures/policy');
const steps = 400;
const batch = 32;

const config = {
  model_type: 'qwen2_5_vl',
  architectures: ['Qwen2_5_VLForConditionalGeneration'],
  vocab_size: 448,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  rope_scaling: { type: 'mrope', mrope_section: [1, 1, 2] },
  tie_word_embeddings: true,
  image_token_id: 402,
  video_token_id: 403,
  vision_start_token_id: 399,
  vision_end_token_id: 400,
  vision_config: {
    depth: 2,
    hidden_size: 16,
    num_heads: 2,
    intermediate_size: 24,
    out_hidden_size: 32,
    in_channels: 3,
    patch_size: 14,
    temporal_patch_size: 2,
    spatial_merge_size: 2,
    window_size: 112,
    fullatt_block_indexes: [1],
    hidden_act: 'silu',
  },
};

function begin(folder: string): void {
  const tokenizer = join(root, 'test/fixtures/processor/tokenizer');
  for (const name of [
    'tokenizer.json',
    'tokenizer_config.json',
    'chat_template.jinja',
    'generation_config.json',
  ]) {
    copyFileSync(join(tokenizer, name), join(folder, name));
  }
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(config, undefined, 1)}\n`);
  const pictures = { min_pixels: 3136, max_pixels: 12544, patch_size: 14, merge_size: 2 };
  const preprocessor = { ...pictures, temporal_patch_size: 2 };
  writeFileSync(join(folder, 'preprocessor_config.json'), `${JSON.stringify(preprocessor)}\n`);
  seedTorch(1);
  using model = createModel(parseConfig(config), { deviation: 0.08 });
  saveModel(join(folder, 'random'), model.parameters, { source: folder, dtype: 'f32' });
}

const work = mkdtempSync(join(tmpdir(), 'fixture-'));
begin(work);
const processor = await createProcessor(work, { threads: 1 });
const policy = await createLocalPolicy(join(work, 'random'), {
  processor,
  checkpoints: work,
  threads: 1,
});
const random = createSeed('fixture').stream();
const kinds = { families: ['count'], levels: [1] } as const;
const answerOf = (right: string, share: number): string =>
  random.float() < share ? right : String(random.int(5));

function sequence(index: number): TrainSequence {
  const { problem } = puzzle('fixture', 'train', index, kinds);
  const { prompt } = processor.problemPrompt(problem, 'default');
  const end = answerOf(problem.answer, 0.35);
  const first = processor.encode(`So \\boxed{${end}}`);
  const again = random.float() < 0.4;
  const names = Object.values(triggers);
  const second = again
    ? [
        ...processor.encode(names[random.int(3)] ?? ''),
        ...processor.encode(` So \\boxed{${answerOf(problem.answer, 0.6)}}`),
      ]
    : [];
  const response = Int32Array.of(...first, ...second, processor.ids.end);
  const { length } = response;
  return {
    prompt,
    response,
    temperatures: new Float32Array(length).fill(1),
    actions: new Uint8Array(length),
    imitate: Float32Array.from({ length }, (_, at) => (again && at === first.length ? 0 : 1)),
    advantages: new Float32Array(length),
    oldLogprobs: new Float32Array(length),
    count: 1,
    replayedCount: 0,
  };
}

for (let step = 0; step < steps; step++) {
  const sequences = Array.from({ length: batch }, (_, at) => sequence(step * batch + at));
  const imitate = sequences.reduce((sum, one) => sum + one.response.length, 0);
  const totals = { actions: 1, imitate, replayedActions: 0 };
  const metrics = await policy.forwardBackward({ sequences, totals }, [{ kind: 'nll', weight: 1 }]);
  const learningRate = 5e-3 * Math.min(1, (step + 1) / 20) * (1 - step / steps);
  await policy.optimStep({
    learningRate,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
  });
  if (step % 50 === 49) console.log(step + 1, metrics['nll/loss']);
}
const made = await policy.save('made');
mkdirSync(target, { recursive: true });
for (const name of readdirSync(made)) {
  if (!/^(?:optimizer|trainer)/u.test(name)) copyFileSync(join(made, name), join(target, name));
}
await policy[Symbol.asyncDispose]();
await processor[Symbol.asyncDispose]();
rmSync(work, { recursive: true, force: true });
