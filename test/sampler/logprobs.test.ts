import { expect, test } from 'vitest';
import { tokenLogprobs } from '#model';
import type { Prompt } from '#model/processor';
import { type Completion, type SampleRequest } from '#sampler';
import { fromArray, noGrad, TensorScope } from '#tensor';
import {
  picture,
  promptOf,
  tinyConfig,
  tinyModel,
  words,
} from '../../src/model/__fixtures__/tiny.ts';
import { ask, openTiny, pictures } from './open-tiny.ts';

type Tiny = Awaited<ReturnType<typeof openTiny>>;

/** Log-probs of responses as training computes them: packed, without any cache. */
function trained(
  { model }: Tiny,
  prompt: Prompt,
  responses: readonly Int32Array[],
  temperature: number,
) {
  using _scope = new TensorScope('trained');
  return noGrad(() => {
    const hashes = prompt.chunks.flatMap((chunk) =>
      chunk.kind === 'image' ? [chunk.image.hash] : [],
    );
    const found = hashes.map((hash) => pictures.get(hash)!);
    const batch = model.batch([{ prompt, responses }]);
    const features = model.encodeImages(found);
    const byHash = new Map(features.map((feature, index) => [hashes[index]!, feature]));
    const hidden = model
      .hidden(batch, model.embed(batch, byHash))
      .indexSelect(0, batch.predictorRows);
    const count = responses.reduce((sum, { length }) => sum + length, 0);
    const temperatures = fromArray(new Float32Array(count).fill(temperature), [count, 1]);
    using bans = model.bans([61, 62]);
    return tokenLogprobs(hidden, model.decoder.head, batch.targets, {
      bans,
      temperatures,
    }).logprobs.toArray() as Float32Array;
  });
}

function distances(ours: readonly number[], theirs: ArrayLike<number>) {
  const d = ours.map((value, index) => value - Number(theirs[index]));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    mean: mean(d.map(Math.abs)),
    max: Math.max(...d.map(Math.abs)),
    k3: mean(d.map((x) => Math.expm1(x) - x)),
  };
}

/** What of the bars does not hold; empty when all do. */
function misses(ours: readonly number[], theirs: ArrayLike<number>): readonly string[] {
  const { mean, max, k3 } = distances(ours, theirs);
  return [
    ...(ours.length === theirs.length ? [] : [`${ours.length} for ${theirs.length}`]),
    ...(mean <= 1e-5 ? [] : [`mean ${mean}`]),
    ...(max <= 1e-4 ? [] : [`largest ${max}`]),
    ...(Math.abs(k3) < 1e-6 ? [] : [`k3 ${k3}`]),
  ];
}

const flat = (completions: readonly Completion[]): readonly number[] =>
  completions.flatMap(({ logprobs }) => [...logprobs]);

test.each([0.7, 1, 1.3])(
  'at temperature %d the trainer finds the log-probs of the sampler',
  async (temperature) => {
    const tiny = await openTiny();
    await using _sampler = tiny.sampler;
    const prompts = [
      promptOf(1, [9, picture('a', 4, 6), 5]),
      promptOf(2, [14]),
      promptOf(3, [picture('b', 8, 8), 3, picture('c', 2, 2), 2]),
    ];
    const all = await Promise.all(
      prompts.map((prompt, seed) =>
        tiny.sampler.sample(
          ask(prompt, { count: 8, seed, params: { temperature, maxTokens: 40 } }),
        ),
      ),
    );
    for (const [index, completions] of all.entries()) {
      const responses = completions.map(({ tokens }) => tokens);
      expect(
        misses(flat(completions), trained(tiny, prompts[index]!, responses, temperature)),
      ).toEqual([]);
    }
  },
);

/** Heads of 8 are computed by operators of libtorch, heads of 32 by the kernels. */
function modelWith(headDim: number) {
  const mropeSection = [1, 1, 2].map((part) => (part * headDim) / 8);
  return tinyModel('f32', { ...tinyConfig, text: { ...tinyConfig.text, headDim, mropeSection } });
}

test.each([8, 32])(
  'rows that come much later than others have the log-probs of the trainer: heads of %d',
  async (headDim) => {
    const tiny = await openTiny({ maxRows: 120 }, modelWith(headDim));
    await using _sampler = tiny.sampler;
    const prompts = [promptOf(2, [14]), promptOf(1, [9, picture('a', 4, 6), 5])];
    // A hundred rows end after 90 tokens; a hundred others take their places beside 20 old ones.
    const wanted = [
      { count: 20, maxTokens: 130 },
      { count: 100, maxTokens: 90 },
      { count: 100, maxTokens: 25 },
    ];
    const all = await Promise.all(
      wanted.map(({ count, maxTokens }, seed) =>
        tiny.sampler.sample(
          ask(prompts[seed % 2]!, { count, seed, params: { maxTokens, stopIds: [] } }),
        ),
      ),
    );
    for (const [index, completions] of all.entries()) {
      const some = completions.filter((_, row) => row % 10 === 0);
      const responses = some.map(({ tokens }) => tokens);
      expect(misses(flat(some), trained(tiny, prompts[index % 2]!, responses, 1))).toEqual([]);
    }
  },
);

test('in bf16 sampler and trainer are equally far from the same weights in f32', async () => {
  const tiny = await openTiny({ dtype: 'bf16' }, tinyModel('bf16'));
  await using _sampler = tiny.sampler;
  const exact = tinyModel('f32');
  for (const [name, weight] of exact.parameters) {
    noGrad(() => weight.detach().copy_(tiny.model.parameters.get(name)!));
  }
  const prompt = promptOf(1, [9, picture('a', 4, 6), 5]);
  const completions = await tiny.sampler.sample(
    ask(prompt, { count: 16, params: { maxTokens: 40, stopIds: [] } }),
  );
  const responses = completions.map(({ tokens }) => tokens);
  const truth = trained({ ...tiny, model: exact }, prompt, responses, 1);
  const theirs = trained(tiny, prompt, responses, 1);
  const ours = distances(flat(completions), truth);
  const other = distances([...theirs], truth);
  expect(ours.mean / other.mean).toBeLessThan(1.25);
  expect(ours.k3 / other.k3).toBeLessThan(1.5);
  // Not farther from each other than two independent errors would be.
  const between = distances(flat(completions), theirs);
  expect(between.mean).toBeLessThan(1.5 * other.mean);
  expect([...completions[0]!.logprobs].every((value) => value <= 0)).toBe(true);
});

test.each([8, 32])(
  'a continuation has the log-probs of the whole, with its keys kept and without: heads of %d',
  async (headDim) => {
    const tiny = await openTiny({}, modelWith(headDim));
    await using _sampler = tiny.sampler;
    const prompt = promptOf(1, [9, picture('a', 4, 6), 5]);
    const drafts = await tiny.sampler.sample(
      ask(prompt, { count: 4, keep: true, params: { stopIds: [] } }),
    );
    const others = await tiny.sampler.sample(
      ask(prompt, { count: 4, seed: 9, params: { stopIds: [] } }),
    );
    const continued = async (draft: Completion): Promise<readonly string[]> => {
      const given = Int32Array.from([...draft.tokens.subarray(0, 11), ...words(5, 8)]);
      const chunks = [...prompt.chunks, { kind: 'tokens' as const, ids: given }];
      const longer = { chunks, length: prompt.length + given.length };
      const [completion] = await tiny.sampler.sample(ask(longer, { params: { temperature: 0.7 } }));
      const whole = Int32Array.from([...given, ...completion!.tokens]);
      const theirs = trained(tiny, prompt, [whole], 0.7);
      return misses([...completion!.logprobs], theirs.subarray(given.length));
    };
    expect((await Promise.all([...drafts, ...others].map(continued))).flat()).toEqual([]);
  },
);

test('plain log-probs and alternatives are those of the model, whatever is drawn from', async () => {
  const tiny = await openTiny();
  await using _sampler = tiny.sampler;
  const prompt = promptOf(2, [14]);
  const request: SampleRequest = ask(prompt, {
    count: 3,
    plainLogprobs: true,
    alternatives: 5,
    params: { temperature: 0.4, topK: 3, bannedIds: [] },
  });
  for (const { tokens, plainLogprobs, logprobs, alternatives } of await tiny.sampler.sample(
    request,
  )) {
    expect(alternatives?.count).toBe(5);
    for (const [index, id] of tokens.entries()) {
      const ids = alternatives!.ids.subarray(index * 5, index * 5 + 5);
      const place = ids.indexOf(id);
      expect(place).toBeGreaterThanOrEqual(0); // one of the three likeliest
      expect(place).toBeLessThan(3);
      expect(alternatives!.logprobs[index * 5 + place]).toBeCloseTo(plainLogprobs![index]!, 6);
      expect(logprobs[index]).toBeGreaterThan(plainLogprobs![index]!);
    }
  }
});
