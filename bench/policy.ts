import type { Patches, Prompt } from '#model/processor';
import type { Loss, TrainSequence } from '#policy';
import { liveTensors, memory } from '#tensor';
import { Trainer } from '../src/policy/local/trainer.ts';
import type { Bench, BenchContext } from './bench.ts';
import { writeRandomCheckpoint } from './model-batch.ts';
import { models } from './model.ts';

const groups = 4;
const groupSize = 8;
const responseTokens = 96;
const losses: readonly Loss[] = [{ kind: 'clippedSurrogate', clipLow: 0.2, clipHigh: 0.35 }];
const vocabulary = models['4M']['vocab_size'] as number;

/** A prompt of a given length with a picture of 112 pixels; every seed has its own. */
function promptOf(seed: number, length: number): Prompt {
  const word = (at: number) => (at * 7919 + seed * 104_729) % (vocabulary - 16);
  const text = Int32Array.from({ length: length - 18 }, (_, at) => word(at));
  const image = { hash: `picture ${seed}`, source: '', width: 112, height: 112 };
  return {
    chunks: [
      { kind: 'tokens', ids: Int32Array.of(vocabulary - 8) },
      { kind: 'image', image, grid: { t: 1, h: 8, w: 8 }, length: 16 },
      { kind: 'tokens', ids: Int32Array.of(vocabulary - 7, ...text) },
    ],
    length,
  };
}

const patchesOf = (hash: string): Patches => ({
  hash,
  grid: { t: 1, h: 8, w: 8 },
  pixels: Float32Array.from({ length: 64 * 1176 }, (_, at) => Math.sin(at + hash.length)),
});

/** Groups of responses; with `shared` those of a group have one prompt, else each its own. */
function sequencesOf(promptTokens: number, shared: boolean): readonly TrainSequence[] {
  const prompts = Array.from({ length: groups * groupSize }, (_, at) =>
    promptOf(shared ? Math.floor(at / groupSize) : at, promptTokens),
  );
  return prompts.map((_, at): TrainSequence => {
    const prompt = prompts[shared ? at - (at % groupSize) : at] ?? promptOf(0, promptTokens);
    return {
      prompt,
      response: Int32Array.from(
        { length: responseTokens },
        (__, place) => (place * 31 + at * 977) % (vocabulary - 16),
      ),
      temperatures: new Float32Array(responseTokens).fill(1),
      actions: new Uint8Array(responseTokens).fill(1),
      imitate: new Float32Array(responseTokens),
      advantages: new Float32Array(responseTokens).fill(at % 2 === 0 ? 0.5 : -0.5),
      oldLogprobs: new Float32Array(responseTokens).fill(-7),
      count: 1,
      replayedCount: 0,
    };
  });
}

async function step(trainer: Trainer, sequences: readonly TrainSequence[]): Promise<number> {
  const totals = { actions: sequences.length * responseTokens, imitate: 0, replayedActions: 0 };
  const start = performance.now();
  await trainer.forwardBackward({ sequences, totals }, losses);
  trainer.optimStep({
    learningRate: 0,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
  });
  return (performance.now() - start) / 1000;
}

async function sharing(
  context: BenchContext,
  trainer: Trainer,
  { times, bar }: { readonly times: number; readonly bar: number },
): Promise<void> {
  const tokens = times * responseTokens;
  const [one, other] = [sequencesOf(tokens, true), sequencesOf(tokens, false)];
  await context.compare({
    label: `prompt ${times} × response, shared ÷ not shared`,
    ours: () => step(trainer, one),
    theirs: () => step(trainer, other),
    bar,
    rounds: 11,
  });
}

/** A step in which half of the groups agree, as plain GRPO takes it, against one in which none does. */
async function vanishing(context: BenchContext, trainer: Trainer): Promise<void> {
  const all = sequencesOf(responseTokens, true);
  const half = all.map((one, at) =>
    at < all.length / 2 ? one : { ...one, advantages: one.advantages.map(() => 0) },
  );
  await context.compare({
    label: 'half of the groups without advantage ÷ none',
    ours: () => step(trainer, half),
    theirs: () => step(trainer, all),
    bar: 0.8,
    rounds: 11,
  });
}

/** Tensors and memory after many steps, against those after the first ones. */
async function flat(context: BenchContext, trainer: Trainer): Promise<void> {
  const sequences = sequencesOf(40, true).slice(0, 8);
  for (let at = 0; at < 20; at++) await step(trainer, sequences);
  const before = { tensors: liveTensors(), bytes: memory().resident };
  for (let at = 0; at < 480; at++) await step(trainer, sequences);
  const grown = (memory().resident - before.bytes) / 2 ** 20;
  context.value({
    label: 'tensors more after 500 steps than after 20',
    value: liveTensors() - before.tensors,
    unit: '',
    most: 0,
  });
  context.value({ label: 'memory grown from step 20 to 500', value: grown, unit: 'MB', most: 8 });
}

export const bench: Bench = {
  name: 'policy',
  summary: 'a training step of groups of eight, each prompt computed once against eight times',
  async run(context) {
    const base = context.folder();
    writeRandomCheckpoint(base, models['4M']);
    await using trainer = new Trainer(
      {
        base,
        dtype: 'f32',
        samplerDtype: 'f32',
        device: 'cpu',
        threads: 0,
        trainVision: true,
        gradientCheckpointing: false,
        bannedIds: [],
        maxRows: 256,
        cacheBytes: 2 ** 28,
        tokensAtOnce: 8192,
      },
      (hash) => Promise.resolve(patchesOf(hash)),
    );
    await sharing(context, trainer, { times: 1, bar: 0.7 });
    await sharing(context, trainer, { times: 4, bar: 0.45 });
    await vanishing(context, trainer);
    await flat(context, trainer);
  },
};
