import { expect, test } from 'vitest';
import {
  backward,
  enableGrad,
  fromFloats,
  fromInts,
  gradients,
  inferenceMode,
  noGrad,
  ops,
  type Tensor,
  TensorScope,
  TorchError,
} from './index.ts';

const leaf = (): Tensor => fromFloats([1, 2]).requiresGrad_(true);
const records = (): boolean => leaf().exp().requiresGrad;

test('noGrad records nothing, enableGrad inside it does, and both give the mode back', () => {
  using _scope = new TensorScope();
  const inside = noGrad(() => [records(), enableGrad(records), records()]);
  expect(inside).toEqual([false, true, false]);
  expect(records()).toBe(true);
});

test.for([
  ['noGrad', noGrad],
  ['enableGrad', enableGrad],
  ['inferenceMode', inferenceMode],
] as const)('%s is restored after a throw and refuses a promise', ([, mode]) => {
  using _scope = new TensorScope();
  expect(() =>
    mode(() => {
      throw new Error('out');
    }),
  ).toThrow('out');
  expect(() => mode(async () => 1)).toThrow(TorchError);
  expect(records()).toBe(true);
});

test('inference mode nests, and its tensors are usable outside except for backward', () => {
  using _scope = new TensorScope();
  const made = inferenceMode(() => inferenceMode(() => fromFloats([1, 2]).add(1)));
  expect(made.add(1).toArray()).toEqual(Float32Array.of(3, 4));
  expect(() => leaf().mul(made)).toThrow(/Inference tensors cannot be saved for backward/);
  const w = leaf();
  w.mul(made.clone()).sum().backward();
  expect(w.grad?.toArray()).toEqual(Float32Array.of(2, 3));
  const ids = inferenceMode(() => fromInts([0]));
  expect(() => ops.embedding(ops.ones([2, 2]).requiresGrad_(true), ids)).toThrow(
    /Inference tensors/,
  );
});

test('backward adds up in .grad until it is set to null', () => {
  using _scope = new TensorScope();
  const w = leaf();
  expect(w.grad).toBe(null);
  w.square().sum().backward();
  w.square().sum().backward();
  expect(w.grad?.toArray()).toEqual(Float32Array.of(4, 8));
  w.grad = null;
  expect(w.grad).toBe(null);
});

test('a gradient may be set by hand, if it has the shape and type of its tensor', () => {
  using _scope = new TensorScope();
  const w = leaf();
  w.grad = fromFloats([5, 6]);
  expect(w.grad?.toArray()).toEqual(Float32Array.of(5, 6));
  const wrong = [fromFloats([1, 2, 3]), fromFloats([1, 2]).to('f64'), w];
  for (const grad of wrong) {
    expect(() => {
      w.grad = grad;
    }).toThrow(/expected another tensor of its shape, type and device/);
  }
});

test('gradients leaves .grad alone and answers null where there is no way', () => {
  using _scope = new TensorScope();
  const [w, other] = [leaf(), leaf()];
  const [dw, none] = gradients([w.square().sum()], [w, other]);
  expect(dw?.toArray()).toEqual(Float32Array.of(2, 4));
  expect(none).toBe(null);
  expect(w.grad).toBe(null);
});

test('gradients of gradients are there when the graph is kept', () => {
  using _scope = new TensorScope();
  const w = leaf();
  const [first] = gradients([w.pow(3).sum()], [w], { createGraph: true });
  const [second] = gradients([first!.sum()], [w]);
  expect(second?.toArray()).toEqual(Float32Array.of(6, 12));
});

test('backward of several outputs takes a gradient for each', () => {
  using _scope = new TensorScope();
  const w = leaf();
  backward([w.mul(2), w.mul(3)], { grads: [fromFloats([1, 1]), fromFloats([1, 0])] });
  expect(w.grad?.toArray()).toEqual(Float32Array.of(5, 2));
});

test('backward may be limited to some inputs, and keeps the graph when asked', () => {
  using _scope = new TensorScope();
  const [a, b] = [leaf(), leaf()];
  const loss = a.mul(b).sum();
  loss.backward({ inputs: [a], retainGraph: true });
  expect(b.grad).toBe(null);
  loss.backward();
  expect(a.grad?.toArray()).toEqual(Float32Array.of(2, 4));
  expect(b.grad?.toArray()).toEqual(Float32Array.of(1, 2));
});
