import { afterEach, expect, test } from 'vitest';

import { engineConfig, noGrad, seedTorch, setThreads, type Tensor, TensorScope } from '#tensor';

import {
  logprobsOf,
  picture,
  promptOf,
  tinyConfig,
  weightsFor,
  words,
} from './__fixtures__/tiny.ts';
import type { ModelConfig } from './config.ts';
import { createModel, type QwenVL } from './qwen-vl.ts';

/** Large enough that products, attention and sums are divided among threads. */
const config: ModelConfig = {
  ...tinyConfig,
  text: {
    ...tinyConfig.text,
    hiddenSize: 128,
    intermediateSize: 256,
    headDim: 32,
    mropeSection: [4, 6, 6],
  },
  vision: { ...tinyConfig.vision, hiddenSize: 64, intermediateSize: 128, outHiddenSize: 128 },
};
const [large, wide] = [picture('a', 16, 12), picture('b', 8, 20)];
const trees = [
  { prompt: promptOf(1, [30, large, 40]), responses: [words(150, 1), words(90, 2)] },
  { prompt: promptOf(2, [200, wide, 7]), responses: [words(60, 3)] },
];

const floats = (tensor: Tensor): Float32Array => tensor.detach().toArray() as Float32Array;

/** Log-probabilities and all gradients of one pass with so many threads. */
function pass(model: QwenVL, threads: number): { logprobs: Float32Array; gradients: Float32Array } {
  using _scope = new TensorScope();
  setThreads(threads);
  const logprobs = logprobsOf(model, trees, [large, wide]);
  logprobs.mul(weightsFor(logprobs.size)).sum().backward();
  const gradients = [...model.parameters.values()].flatMap((parameter) => {
    const { grad } = parameter;
    parameter.grad = null;
    return grad === null ? [] : [...floats(grad)];
  });
  return { logprobs: floats(logprobs), gradients: Float32Array.from(gradients) };
}

const same = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0;

const before = engineConfig().threads;
afterEach(() => setThreads(before));

test('in f32 the number of threads changes rounding only, and the same number changes nothing', () => {
  seedTorch(3);
  using model = createModel(config, { deviation: 0.15 });
  const [one, again, two, twice] = [1, 1, 2, 2].map((threads) => pass(model, threads));
  if (!one || !again || !two || !twice) throw new Error('expected four passes');
  // Bit for bit, gradients included.
  expect(same(again.logprobs, one.logprobs) && same(again.gradients, one.gradients)).toBe(true);
  expect(same(twice.logprobs, two.logprobs) && same(twice.gradients, two.gradients)).toBe(true);
  const apart = one.logprobs.map((value, index) => Math.abs(value - (two.logprobs[index] ?? NaN)));
  expect(apart.reduce((sum, value) => sum + value, 0) / apart.length).toBeLessThanOrEqual(1e-5);
  expect(Math.max(...apart)).toBeLessThanOrEqual(3e-5);
  const norm = (values: Float32Array): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const difference = one.gradients.map((value, index) => value - (two.gradients[index] ?? NaN));
  expect(norm(difference) / norm(one.gradients)).toBeLessThanOrEqual(1e-5);
});

test('in bf16 the number of threads moves log-probabilities within the type', () => {
  seedTorch(3);
  using model = createModel(config, { deviation: 0.15, dtype: 'bf16' });
  const [one, two] = [1, 2].map((threads) => {
    using _scope = new TensorScope();
    setThreads(threads);
    return floats(noGrad(() => logprobsOf(model, trees, [large, wide])).to('f32'));
  });
  const apart = (one ?? []).map((value, index) => Math.abs(value - (two?.[index] ?? NaN)));
  expect(Math.max(...apart)).toBeLessThanOrEqual(0.1);
});
