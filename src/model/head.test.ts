import { expect, test } from 'vitest';

import {
  concat,
  fromArray,
  fromFloats,
  fromInts,
  noGrad,
  ops,
  seedTorch,
  type Tensor,
  TensorScope,
} from '#tensor';

import { chunkedLogprobs, rowsPerChunk, tokenLogprobs } from './head.ts';

const plain = { bans: null, temperatures: null };

function floats(tensor: Tensor): number[] {
  return Array.from(tensor.detach().toArray(), Number);
}

function maxDistance(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, index) => {
    const difference = Math.abs(value - (b[index] ?? Number.NaN));
    return difference <= most ? most : difference;
  }, 0);
}

/** `n` hidden states, a head that needs several chunks for them, and targets. */
function problem(n: number): { hidden: Tensor; head: Tensor; targets: Tensor; V: number } {
  seedTorch(5);
  const V = 151_936;
  return {
    V,
    hidden: ops.randn([n, 8]).requiresGrad_(true),
    head: noGrad(() => ops.randn([V, 8]).mul(0.5)).requiresGrad_(true),
    targets: fromInts(Array.from({ length: n }, (_, index) => (index * 7919) % V)),
  };
}

test('log-probabilities in chunks equal those of the whole matrix', () => {
  using _scope = new TensorScope();
  const { hidden, head, targets, V } = problem(250);
  expect(rowsPerChunk(V)).toBeLessThan(250 / 2);
  const temperatures = ops.full([250, 1], 0.7);
  const bans = noGrad(() => {
    const all = ops.zeros([V]);
    all.narrow(0, 151_900, 30).fill_(Number.NEGATIVE_INFINITY);
    return all;
  });
  for (const options of [plain, { bans, temperatures }]) {
    const whole = noGrad(() => tokenLogprobs(hidden, head, targets, options).logprobs);
    const chunks = noGrad(() => chunkedLogprobs(hidden, head, targets, options));
    expect(maxDistance(floats(chunks), floats(whole))).toBeLessThanOrEqual(2e-6);
  }
});

test('gradients of chunks add up to those of the whole matrix', () => {
  using _scope = new TensorScope();
  const { hidden, head, targets, V } = problem(150);
  const weights = fromFloats(Array.from({ length: 150 }, (_, index) => Math.sin(index)));
  const take = (): readonly number[][] => {
    const found = [hidden, head].map(({ grad }) => (grad === null ? [] : floats(grad)));
    hidden.grad = head.grad = null;
    return found;
  };
  tokenLogprobs(hidden, head, targets, plain).logprobs.mul(weights).sum().backward();
  const whole = take();
  for (let start = 0, step = rowsPerChunk(V); start < 150; start += step) {
    using _chunk = new TensorScope('chunk');
    const cut = (tensor: Tensor): Tensor => tensor.narrow(0, start, Math.min(step, 150 - start));
    const { logprobs } = tokenLogprobs(cut(hidden), head, cut(targets), plain);
    logprobs.mul(cut(weights)).sum().backward();
  }
  const chunks = take();
  for (const index of [0, 1]) {
    expect(maxDistance(chunks[index] ?? [], whole[index] ?? [])).toBeLessThanOrEqual(1e-5);
  }
  expect(whole[0]).toHaveLength(150 * 8);
  expect(Math.hypot(...(whole[0] ?? []))).toBeGreaterThan(0.1);
});

test('temperature and bans change the distribution that tokens are judged under', () => {
  using _scope = new TensorScope();
  const head = fromArray(Float32Array.of(1, 2, 3), [3, 1]);
  const hidden = fromFloats([1, 1], [2, 1]);
  const { logprobs, entropy, logits } = noGrad(() =>
    tokenLogprobs(hidden, head, fromInts([0, 1]), {
      temperatures: fromFloats([1, 0.5], [2, 1]),
      bans: fromFloats([0, 0, Number.NEGATIVE_INFINITY]),
    }),
  );
  // Of logits 1 and 2 at temperature 1, and of 2 and 4.
  const [first, second] = [-Math.log(1 + Math.exp(1)), -Math.log(1 + Math.exp(-2))];
  expect(maxDistance(floats(logprobs), [first, second])).toBeLessThanOrEqual(1e-6);
  const of = (p: number): number => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
  expect(
    maxDistance(floats(entropy), [Math.exp(first), Math.exp(second)].map(of)),
  ).toBeLessThanOrEqual(1e-6);
  expect(floats(logits)).toEqual([1, 2, 3, 1, 2, 3]);
});

test('a banned logit neither gets a gradient nor spoils that of others', () => {
  using _scope = new TensorScope();
  const logits = fromFloats([1, 2, 3], [3, 1]).requiresGrad_(true);
  const bans = fromFloats([0, 0, Number.NEGATIVE_INFINITY]);
  const options = { temperatures: null, bans };
  tokenLogprobs(fromFloats([1], [1, 1]), logits, fromInts([0]), options)
    .logprobs.sum()
    .backward();
  const p = 1 / (1 + Math.exp(-1));
  const grad = concat([logits.grad ?? ops.zeros([3])]);
  expect(maxDistance(floats(grad), [p, -p, 0])).toBeLessThanOrEqual(1e-6);
});
