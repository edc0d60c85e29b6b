import { expect, test } from 'vitest';

import type { Patches, Prompt } from '#model/processor';
import { checkpointed, concat, liveTensors, noGrad, type Tensor, TensorScope } from '#tensor';

import {
  logprobsOf,
  picture,
  promptOf,
  tinyConfig,
  tinyModel,
  weightsFor,
  words,
} from './__fixtures__/tiny.ts';
import type { Tree } from './packing.ts';
import type { QwenVL } from './qwen-vl.ts';

const [large, wide, small] = [picture('a', 6, 4), picture('b', 2, 6), picture('c', 2, 2)];
const pictures = [large, wide, small] as const;

const plain = (seed: number, parts: readonly (number | Patches)[], reply: number): Tree => ({
  prompt: promptOf(seed, parts),
  responses: [words(reply, seed + 50)],
});

/** Text only, one picture, two pictures, and lengths that differ by an order of magnitude. */
const trees: readonly Tree[] = [
  plain(1, [5], 9),
  plain(2, [3, large, 4], 21),
  plain(3, [2, wide, 3, small, 2], 6),
  plain(4, [120], 40),
];

function floats(tensor: Tensor): Float32Array {
  return tensor.detach().toArray() as Float32Array;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): { mean: number; max: number } {
  expect(a.length).toBe(b.length);
  const differences = Array.from(a, (value, index) => Math.abs(value - (b[index] ?? Number.NaN)));
  return {
    mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    max: Math.max(...differences),
  };
}

/** What a response does to its prompt: the prompt with the response's tokens behind it. */
function extended({ prompt, responses }: Tree, padding: number): Prompt {
  const ids = [...(responses[0] ?? []), ...Array<number>(padding).fill(63)];
  return {
    chunks: [...prompt.chunks, { kind: 'tokens', ids: Int32Array.from(ids) }],
    length: prompt.length + ids.length,
  };
}

/** Log-probabilities with every sequence padded on the right to the longest, as others compute them. */
function paddedLogprobs(model: QwenVL): Float32Array {
  const lengths = trees.map(({ prompt, responses }) => prompt.length + (responses[0]?.length ?? 0));
  const width = Math.max(...lengths);
  const batch = model.batch(
    trees.map((tree, index) => ({
      prompt: extended(tree, width - (lengths[index] ?? 0)),
      responses: [],
    })),
  );
  const features = new Map(
    model.encodeImages(pictures).map((feature, index) => [pictures[index]?.hash ?? '', feature]),
  );
  const hidden = model.hidden(batch, model.embed(batch, features));
  const all = model.decoder.logits(hidden).logSoftmax(-1);
  const rows = trees.map(({ prompt, responses }, index) => {
    const targets = [...(responses[0] ?? [])];
    const first = index * width + prompt.length - 1;
    return targets.map((target, offset) => floats(all.select(0, first + offset))[target] ?? 0);
  });
  return Float32Array.from(rows.flat());
}

test('log-probabilities do not depend on who shares the batch: packed, single and padded agree', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  const packed = floats(noGrad(() => logprobsOf(model, trees, pictures)));
  const single = trees.flatMap((tree) => [
    ...floats(noGrad(() => logprobsOf(model, [tree], pictures))),
  ]);
  const padded = noGrad(() => paddedLogprobs(model));
  for (const other of [single, padded]) {
    const { mean, max } = distance(packed, other);
    expect(mean).toBeLessThanOrEqual(1e-5);
    expect(max).toBeLessThanOrEqual(3e-5);
  }
  // The bar is far below what a mistake does.
  expect(distance(packed, packed.toReversed()).mean).toBeGreaterThan(0.1);
});

/** Gradients of a weighted sum of log-probabilities by parameter, and the log-probabilities. */
function gradientsOf(model: QwenVL, batches: readonly (readonly Tree[])[]) {
  const values: number[] = [];
  const total = batches.flat().flatMap(({ responses }) => responses.map(({ length }) => length));
  const weights = weightsFor(total.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const batch of batches) {
    using _scope = new TensorScope();
    const logprobs = logprobsOf(model, batch, pictures);
    const { n } = logprobs.dims('n');
    values.push(...floats(logprobs));
    logprobs
      .mul(weights.narrow(0, at, n))
      .sum()
      .backward();
    at += n;
  }
  return { values, gradients: takeGradients(model) };
}

function takeGradients(model: QwenVL): ReadonlyMap<string, Float32Array> {
  const found = new Map<string, Float32Array>();
  for (const [name, parameter] of model.parameters) {
    const { grad } = parameter;
    if (grad !== null) found.set(name, floats(grad));
    parameter.grad = null;
  }
  return found;
}

/** Largest distance of two sets of gradients, relative to the larger of each parameter's norms. */
function gradientDistance(
  a: ReadonlyMap<string, Float32Array>,
  b: ReadonlyMap<string, Float32Array>,
): number {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  const norm = (values: Float32Array): number => Math.hypot(...values);
  const whole = Math.hypot(...[...b.values()].map(norm));
  return Math.max(
    ...[...a].map(([name, values]) => {
      const other = b.get(name) ?? new Float32Array();
      const difference = values.map((value, index) => value - (other[index] ?? Number.NaN));
      return norm(difference) / Math.max(norm(other), 1e-3 * whole);
    }),
  );
}

const shared: readonly Tree[] = [
  { prompt: promptOf(7, [4, wide, 5]), responses: [words(8, 1), words(3, 2), words(17, 3)] },
  { prompt: promptOf(8, [30]), responses: [words(5, 4), new Int32Array(0), words(26, 5)] },
  { prompt: promptOf(9, [2, large, 2, small, 1]), responses: [words(1, 6)] },
];
const separate = shared.map((tree) =>
  tree.responses.map((response): Tree => ({ prompt: tree.prompt, responses: [response] })),
);

test('a prompt shared by several responses gives what separate sequences give, gradients included', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  const together = gradientsOf(model, [shared]);
  const apart = gradientsOf(
    model,
    separate.flat().map((tree) => [tree]),
  );
  expect(distance(together.values, apart.values).max).toBeLessThanOrEqual(1e-5);
  expect(gradientDistance(together.gradients, apart.gradients)).toBeLessThanOrEqual(1e-5);
  expect(together.gradients.size).toBe(model.parameters.size);
});

test('a response does not see the other responses of its prompt', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  const other = shared.map((tree, index) =>
    index === 0 ? { ...tree, responses: [tree.responses[0] ?? words(1, 0), words(40, 9)] } : tree,
  );
  const [before, after] = [shared, other].map((all) =>
    floats(noGrad(() => logprobsOf(model, all, pictures))).slice(0, 8),
  );
  expect(distance(before ?? [], after ?? []).max).toBeLessThanOrEqual(1e-5);
});

/** Gradients of one packed batch through checkpointed segments. */
function checkpointedGradients(model: QwenVL): ReadonlyMap<string, Float32Array> {
  using _scope = new TensorScope();
  const batch = model.batch(shared);
  const features = new Map(
    model.encodeImages(pictures).map((feature, index) => [pictures[index]?.hash ?? '', feature]),
  );
  const embeddings = model.embed(batch, features);
  const pass = checkpointed(model.segments(batch), [embeddings.detach()]);
  const [hidden] = pass.outputs;
  if (hidden === undefined) throw new Error('no output');
  const logprobs = model.decoder
    .logits(hidden.indexSelect(0, batch.predictorRows))
    .logSoftmax(-1)
    .gather(-1, batch.targets.unsqueeze(-1))
    .squeeze(-1);
  logprobs.mul(weightsFor(batch.targets.size)).sum().backward();
  const [gradient] = pass.backward();
  if (gradient === undefined || gradient === null) throw new Error('no gradient');
  embeddings.backward({ grad: gradient });
  return takeGradients(model);
}

test('gradient checkpointing gives equal gradients', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  const whole = gradientsOf(model, [shared]).gradients;
  const pieces = checkpointedGradients(model);
  expect(gradientDistance(pieces, whole)).toBeLessThanOrEqual(1e-6);
});

test('bf16 gradients stay near those of f32, for short and for long sequences', () => {
  using _scope = new TensorScope();
  using f32 = tinyModel();
  using bf16 = tinyModel('bf16');
  noGrad(() => {
    for (const [name, parameter] of bf16.parameters) {
      f32.parameters.get(name)?.copy_(parameter.to('f32'));
    }
  });
  const pairs: readonly (readonly Tree[])[] = [shared, [plain(5, [400], 100)]];
  for (const batch of pairs) {
    const [wideRange, halfRange] = [f32, bf16].map((model) => {
      const logprobs = logprobsOf(model, batch, pictures).to('f32');
      logprobs.mul(weightsFor(logprobs.size)).sum().backward();
      const values = new Map<string, Float32Array>();
      for (const [name, parameter] of model.parameters) {
        const { grad } = parameter;
        if (grad !== null) values.set(name, floats(grad.to('f32')));
        parameter.grad = null;
      }
      return {
        logprobs: floats(logprobs),
        all: Float32Array.from([...values.values()].flatMap((v) => [...v])),
      };
    });
    if (wideRange === undefined || halfRange === undefined) throw new Error();
    expect(distance(wideRange.logprobs, halfRange.logprobs).mean).toBeLessThan(0.1);
    const dot = wideRange.all.reduce((sum, v, i) => sum + v * (halfRange.all[i] ?? 0), 0);
    expect(dot / Math.hypot(...wideRange.all) / Math.hypot(...halfRange.all)).toBeGreaterThan(0.99);
  }
});

test('a batch without pictures, and one whose pictures are known, need no tower', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  expect(model.encodeImages([])).toEqual([]);
  const batch = model.batch([plain(1, [5], 3)]);
  expect(model.embed(batch, new Map()).shape).toEqual([8, 32]);
});

test('a picture of the batch that nobody encoded, or of another size, is named', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  const batch = model.batch([plain(2, [3, large, 4], 2)]);
  expect(() => model.embed(batch, new Map())).toThrow(
    /expected 6 embeddings of picture a…, found none; encode the pictures/,
  );
  const [other] = model.encodeImages([small]);
  if (other === undefined) throw new Error();
  expect(() => model.embed(batch, new Map([['a', other]]))).toThrow(/expected 6 .* found 1;/);
});

test('the same picture twice in a prompt shares its embeddings and adds both gradients', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  const prompt = promptOf(6, [2, small, 3, small, 2]);
  const trees = [{ prompt, responses: [words(5, 1)] }];
  const twin = { ...small, hash: 'd' };
  const renamed = promptOf(6, [2, small, 3, twin, 2]);
  const one = logprobsOf(model, trees, [small]);
  one.sum().backward();
  const first = takeGradients(model);
  const two = logprobsOf(model, [{ prompt: renamed, responses: [words(5, 1)] }], [small, twin]);
  two.sum().backward();
  expect(distance(floats(one), floats(two)).max).toBeLessThanOrEqual(1e-5);
  expect(gradientDistance(first, takeGradients(model))).toBeLessThanOrEqual(1e-5);
});

test('a pass leaves nothing behind when its scope closes', () => {
  using model = tinyModel();
  const before = liveTensors();
  {
    using _scope = new TensorScope();
    logprobsOf(model, shared, pictures).sum().backward();
    concat(
      [...model.parameters.values()].flatMap(({ grad }) =>
        grad === null ? [] : [grad.view([-1])],
      ),
    );
  }
  expect(liveTensors()).toBe(before);
});

test('the layers leave nothing in memory but their result', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  const batch = model.batch([plain(1, [5], 3)]);
  const embeddings = model.embed(batch, new Map());
  const before = liveTensors();
  expect(model.hidden(batch, embeddings).shape).toEqual(embeddings.shape);
  expect(liveTensors() - before).toBe(1);
  const layers = (depth: number): number => {
    using _inner = new TensorScope();
    const { vision } = tinyConfig;
    using deep = tinyModel('f32', { ...tinyConfig, vision: { ...vision, depth } });
    const start = liveTensors();
    deep.encodeImages([small]);
    return liveTensors() - start;
  };
  expect(layers(4)).toBe(layers(2));
});
