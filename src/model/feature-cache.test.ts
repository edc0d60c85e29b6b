import { expect, test } from 'vitest';

import type { Patches } from '#model/processor';
import { liveTensors, noGrad, type Tensor, TensorScope } from '#tensor';

import { picture, promptOf, tinyModel, words } from './__fixtures__/tiny.ts';
import { FeatureCache, type FeatureSource } from './feature-cache.ts';
import { tokenLogprobs } from './head.ts';
import type { QwenVL } from './qwen-vl.ts';

const [large, wide, small] = [picture('a', 6, 4), picture('b', 2, 6), picture('c', 2, 2)] as const;
/** Bytes of one embedding of the tiny model. */
const row = 4 * 32;

/** A source that writes down which pictures reach the tower. */
function watched(model: QwenVL, version = 0): FeatureSource & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    version,
    seen,
    encodeImages: (pictures: readonly Patches[]) => {
      seen.push(...pictures.map(({ hash }) => hash));
      return model.encodeImages(pictures);
    },
  };
}

const floats = (tensor: Tensor | undefined): number[] =>
  Array.from(tensor?.toArray() ?? [], Number);

test('a picture reaches the tower once, however often it is asked for', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  using cache = new FeatureCache(1e6);
  const source = watched(model);
  const first = cache.features([large, small, large], source);
  const second = cache.features([small, wide, large], source);
  expect(source.seen).toEqual(['a', 'c', 'b']);
  expect(['a', 'b', 'c', 'd'].map((hash) => cache.has(hash))).toEqual([true, true, true, false]);
  const plain = noGrad(() => model.encodeImages([large, small]));
  expect(floats(second.get('a'))).toEqual(floats(first.get('a')));
  expect(floats(first.get('a'))).toEqual(floats(plain[0]));
  expect(floats(second.get('c'))).toEqual(floats(plain[1]));
  expect(cache.size).toBe(3);
  expect(cache.bytes).toBe(row * (6 + 3 + 1));
  expect(first.get('a')?.requiresGrad).toBe(false);
});

test('another version of the weights is never answered with old embeddings', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  using cache = new FeatureCache(1e6);
  const before = floats(cache.features([small], watched(model, 1)).get('c'));
  noGrad(() => model.parameters.get('visual.merger.mlp.2.bias')?.add_(1));
  const source = watched(model, 2);
  const after = floats(cache.features([small], source).get('c'));
  expect(source.seen).toEqual(['c']);
  expect(after.map((value, index) => Math.round(value - (before[index] ?? 0)))).toEqual(
    before.map(() => 1),
  );
  expect(cache.size).toBe(1);
});

test('the picture asked for longest ago leaves first, and what was handed out stays valid', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  using cache = new FeatureCache(row * 9);
  const source = watched(model);
  const all = cache.features([large, wide], source);
  cache.features([large], source);
  cache.features([small], source);
  expect([cache.size, cache.bytes]).toEqual([2, row * 7]);
  expect(floats(all.get('b'))).toHaveLength(3 * 32);
  cache.features([large, small], source);
  expect(source.seen).toEqual(['a', 'b', 'c']);
  cache.features([wide], source);
  expect(source.seen).toEqual(['a', 'b', 'c', 'b']);
});

test('a batch beyond the budget is still answered whole', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  using cache = new FeatureCache(row * 2);
  const all = cache.features([large, wide, small], watched(model));
  expect([...all.values()].map((feature) => floats(feature).length / 32)).toEqual([6, 3, 1]);
  expect(cache.bytes).toBe(row);
});

/** Gradients by name after one pass with given embeddings. */
function gradientsWith(
  model: QwenVL,
  features: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, number[]> {
  const batch = model.batch([{ prompt: promptOf(2, [3, large, 4]), responses: [words(9, 1)] }]);
  const hidden = model.hidden(batch, model.embed(batch, features));
  const options = { bans: null, temperatures: null };
  const chosen = hidden.indexSelect(0, batch.predictorRows);
  tokenLogprobs(chosen, model.decoder.head, batch.targets, options).logprobs.sum().backward();
  const found = new Map<string, number[]>();
  for (const [name, parameter] of model.parameters) {
    if (parameter.grad !== null) found.set(name, floats(parameter.grad));
    parameter.grad = null;
  }
  return found;
}

test('kept embeddings give the decoder the same gradients and the tower none', () => {
  using _scope = new TensorScope();
  using model = tinyModel();
  using cache = new FeatureCache(1e6);
  const [fresh] = model.encodeImages([large]);
  if (fresh === undefined) throw new Error('expected embeddings');
  const whole = gradientsWith(model, new Map([['a', fresh]]));
  const frozen = gradientsWith(model, cache.features([large], watched(model)));
  expect([...whole.keys()].some((name) => name.startsWith('visual.'))).toBe(true);
  expect([...frozen.keys()].some((name) => name.startsWith('visual.'))).toBe(false);
  for (const [name, gradient] of frozen) expect(gradient).toEqual(whole.get(name));
  expect(frozen.size).toBeGreaterThan(20);
});

test('the end of the cache frees what it kept', () => {
  using model = tinyModel();
  const before = liveTensors();
  {
    using cache = new FeatureCache(1e6);
    using _scope = new TensorScope();
    cache.features([large, wide], watched(model));
    cache.features([small], watched(model, 2));
  }
  expect(liveTensors()).toBe(before);
});
