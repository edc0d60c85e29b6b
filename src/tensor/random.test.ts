import { expect, test } from 'vitest';
import {
  fromFloats,
  liveTensors,
  ops,
  rngState,
  seedTorch,
  setRngState,
  TensorScope,
} from './index.ts';

/** One draw of every sort. */
function draws(): readonly (readonly (number | bigint)[])[] {
  using _scope = new TensorScope();
  const x = ops.ones([8]);
  return [
    ops.rand([5]),
    ops.randn([5]),
    ops.randint(0, 1000, [5]),
    ops.randperm(9),
    x.dropout(0.5, true),
    fromFloats([1, 2, 3]).multinomial(6, true),
    ops.empty([4]).uniform_(),
    ops.empty([4]).normal_(),
    ops.full([9], 0.5).bernoulli(),
  ].map((tensor) => [...tensor.toArray()]);
}

test('the same seed gives the same tensors, another seed others', () => {
  seedTorch(5);
  const first = draws();
  const next = draws();
  seedTorch(5);
  expect(draws()).toEqual(first);
  expect(next).not.toEqual(first);
  seedTorch(6);
  expect(draws()).not.toEqual(first);
});

test('a state saved and restored gives the same draws', () => {
  using _scope = new TensorScope();
  seedTorch(1);
  draws();
  const state = rngState();
  const first = draws();
  setRngState(state);
  expect(draws()).toEqual(first);
  expect(() => setRngState(fromFloats([1]))).toThrow(/RNG state/);
});

test('a state belongs to the scope it was taken in', () => {
  const before = liveTensors();
  {
    using _scope = new TensorScope();
    rngState();
  }
  expect(liveTensors()).toBe(before);
});
