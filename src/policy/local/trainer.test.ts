import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Patches, Prompt } from '#model/processor';
import type { TrainSequence } from '#policy';
import { fromFloats, outside, type Tensor } from '#tensor';
import { Trainer } from './trainer.ts';

const base = fileURLToPath(new URL('../../../test/fixtures/policy', import.meta.url));

/** Pixels that follow from the name of a picture of 4 × 4 patches. */
const patchesOf = (hash: string): Patches => ({
  hash,
  grid: { t: 1, h: 4, w: 4 },
  pixels: Float32Array.from({ length: 16 * 1176 }, (_, at) => Math.sin(at + hash.length)),
});

function promptOf(seed: number): Prompt {
  const hash = 'x'.repeat(1 + seed);
  const words = Int32Array.from({ length: 12 }, (_, at) => (at * 31 + seed * 7) % 390);
  return {
    chunks: [
      { kind: 'tokens', ids: Int32Array.of(397, ...words, 399) },
      {
        kind: 'image',
        image: { hash, source: '', width: 56, height: 56 },
        grid: { t: 1, h: 4, w: 4 },
        length: 4,
      },
      { kind: 'tokens', ids: Int32Array.of(400, ...words) },
    ],
    length: 14 + 4 + 13,
  };
}

const options = {
  base,
  dtype: 'f32',
  samplerDtype: 'f32',
  device: 'cpu',
  threads: 1,
  trainVision: true,
  gradientCheckpointing: false,
  bannedIds: [396, 402, 403],
  maxRows: 256,
  cacheBytes: 2 ** 26,
  tokensAtOnce: 4096,
} as const;

let trainer: Trainer;
beforeAll(() => {
  trainer = new Trainer(options, (hash) => Promise.resolve(patchesOf(hash)));
});
afterAll(() => trainer[Symbol.asyncDispose]());

const params = {
  bannedIds: [396, 402, 403],
  repetitionPenalty: 1,
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  stopIds: [398],
  stopStrings: [],
  minTokens: 0,
  maxTokens: 12,
};

/** An iteration in the small: publish, sample, score, two microbatches, one step. */
async function iterate(seed: number): Promise<void> {
  await trainer.publish();
  const prompts = [promptOf(1), promptOf(2), promptOf(3)];
  const requests = prompts.map((prompt, at) => ({
    prompt,
    count: 4,
    seed: seed * 10 + at,
    params,
  }));
  using _pictures = await trainer.holdPictures(requests);
  const groups = await Promise.all(requests.map((request) => trainer.sample(request).done));
  const given = groups.flatMap((group, at) =>
    group.map(({ tokens }) => ({
      prompt: prompts[at] ?? promptOf(1),
      response: tokens,
      temperatures: new Float32Array(tokens.length).fill(1),
    })),
  );
  const old = await trainer.logprobs(given);
  const sequences = given.map((one, at): TrainSequence => {
    const { length } = one.response;
    return {
      ...one,
      actions: new Uint8Array(length).fill(1),
      imitate: new Float32Array(length).fill(at % 2),
      advantages: new Float32Array(length).fill(at % 3 === 0 ? 1 : -0.5),
      oldLogprobs: old[at] ?? new Float32Array(length),
      count: 1,
      replayedCount: 0,
    };
  });
  const tokens = sequences.reduce((sum, { response }) => sum + response.length, 0);
  const totals = { actions: tokens, imitate: tokens, replayedActions: 0 };
  const losses = [
    { kind: 'clippedSurrogate', clipLow: 0.2, clipHigh: 0.35 },
    { kind: 'nll', weight: 0.05 },
  ] as const;
  for (const part of [sequences.slice(0, 6), sequences.slice(6)]) {
    await trainer.forwardBackward({ sequences: part, totals }, losses);
  }
  trainer.optimStep({
    learningRate: 1e-4,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
  });
}

test('as many tensors are alive after a step as before it, however many steps', async () => {
  await iterate(0);
  await iterate(1);
  const before = trainer.liveTensors;
  for (let seed = 2; seed < 12; seed++) await iterate(seed);
  expect(trainer.liveTensors).toBe(before);
});

test('a gradient that is given up leaves as many tensors alive as before', async () => {
  await iterate(20);
  const before = trainer.liveTensors;
  const prompt = promptOf(1);
  const response = Int32Array.of(5, 6, 398);
  const one = {
    prompt,
    response,
    temperatures: new Float32Array(3).fill(1),
    actions: new Uint8Array(3).fill(1),
    imitate: new Float32Array(3),
    advantages: new Float32Array(3).fill(1),
    oldLogprobs: new Float32Array(3),
    count: 1,
    replayedCount: 0,
  };
  const totals = { actions: 3, imitate: 0, replayedActions: 0 };
  const losses = [{ kind: 'clippedSurrogate', clipLow: 0.2, clipHigh: 0.35 }] as const;
  await trainer.forwardBackward({ sequences: [one], totals }, losses);
  trainer.discardGradient();
  expect(trainer.liveTensors).toBe(before);
});

test('steps that leave tensors behind are warned of, with the place; steps that do not are not', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listen);
  const left: Tensor[] = [];
  const response = Int32Array.of(5, 6, 398);
  const one = {
    prompt: promptOf(1),
    response,
    temperatures: new Float32Array(3).fill(1),
    actions: new Uint8Array(3).fill(1),
    imitate: new Float32Array(3),
    advantages: new Float32Array(3).fill(1),
    oldLogprobs: new Float32Array(3),
    count: 1,
    replayedCount: 0,
  };
  const update = { learningRate: 1e-4, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 };
  const step = async (leaks: boolean): Promise<void> => {
    const microbatch = {
      sequences: [one],
      get totals() {
        if (leaks) left.push(outside(() => fromFloats([1])));
        return { actions: 3, imitate: 0, replayedActions: 0 };
      },
    };
    const losses = [{ kind: 'clippedSurrogate', clipLow: 0.2, clipHigh: 0.35 }] as const;
    await trainer.forwardBackward(microbatch, losses);
    trainer.optimStep({ ...update, maxGradNorm: 1 });
    await setImmediate();
  };
  try {
    for (let count = 0; count < 6; count++) await step(false);
    expect(warnings).toEqual([]);
    for (let count = 0; count < 3; count++) await step(true);
    expect(warnings).toMatchObject([{ name: 'LeakWarning', code: 'TENSOR_LEAK' }]);
    expect(warnings[0]?.message).toMatch(/grown in 3 steps in a row.* at trainer\.test\.ts:\d+/);
  } finally {
    process.off('warning', listen);
    for (const tensor of left) tensor.dispose();
  }
});

/** A trainer that writes down whose pixels it asks for. */
function counting(more: { readonly trainVision: boolean }): {
  readonly trainer: Trainer;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const fetch = (hash: string): Promise<Patches> => {
    asked.push(hash);
    return Promise.resolve(patchesOf(hash));
  };
  return { trainer: new Trainer({ ...options, ...more }, fetch), asked };
}

test('a continuation asks for no pixels that its prompt has shown, until the weights change', async () => {
  const { trainer: own, asked } = counting({ trainVision: true });
  await using _own = own;
  await own.publish();
  const prompt = promptOf(2);
  const ask = async (shown: Prompt): Promise<number> => {
    asked.length = 0;
    const request = { prompt: shown, count: 2, seed: 1, params, keep: true };
    using _pictures = await own.holdPictures([request]);
    await own.sample(request).done;
    return asked.length;
  };
  const more = Int32Array.of(5, 6, 7);
  const chunks = [...prompt.chunks, { kind: 'tokens', ids: more } as const];
  expect(await ask(prompt)).toBe(1);
  expect(await ask({ chunks, length: prompt.length + more.length })).toBe(0);
  await own.publish();
  expect(await ask(prompt)).toBe(1);
});

test('a tower that learns is shown the pixels at every call, a frozen one once', async () => {
  const response = Int32Array.of(5, 6, 398);
  const sequences = [1, 2, 1].map((seed) => ({
    prompt: promptOf(seed),
    response,
    temperatures: new Float32Array(3).fill(1),
  }));
  const found = [];
  for (const trainVision of [true, false]) {
    const { trainer: own, asked } = counting({ trainVision });
    await using _own = own;
    const first = await own.logprobs(sequences);
    const again = await own.logprobs(sequences);
    expect(again).toEqual(first);
    found.push(asked.length);
  }
  expect(found).toEqual([4, 2]);
});
