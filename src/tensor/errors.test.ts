import { expect, test } from 'vitest';
import {
  fromFloats,
  fromInts,
  gradients,
  inferenceMode,
  noGrad,
  ops,
  ShapeError,
  type Tensor,
  TensorScope,
  TorchError,
  type TorchErrorKind,
} from './index.ts';
import { native } from './native.ts';

const x = (): Tensor => fromFloats([1, 2, 3, 4], [2, 2]);
const leaf = (): Tensor => x().requiresGrad_(true);

/** What goes wrong, its kind, and what its message says, advice included. */
const failures: readonly (readonly [string, () => unknown, TorchErrorKind, readonly RegExp[]])[] = [
  [
    'shapes that do not fit',
    () => x().matmul(ops.ones([10, 4])),
    'shape',
    [
      /^(mm: )?mat1 and mat2 shapes cannot be multiplied \(2x2 and 10x4\)\n/,
      /\n {2}in aten::matmul\(Tensor self, Tensor other\) -> Tensor\n/,
      /self = f32\[2, 2\] {3}other = f32\[10, 4\]/,
    ],
  ],
  [
    'an index out of range',
    () => ops.embedding(ops.ones([5, 4]), fromInts([9])),
    'index',
    [/index out of range in self/, /weight = f32\[5, 4\]/, /indices = i64\[1\] \(min 9, max 9\)/],
  ],
  [
    'types that differ',
    () => x().matmul(x().to('bf16')),
    'dtype',
    [/expected m1 and m2 to have the same dtype|expected scalar type Float but found BFloat16/],
  ],
  [
    'a device that is not there',
    () => ops.zeros([1], { device: 'cuda:0' }),
    'device',
    [/CUDA|cuda/],
  ],
  ['more memory than there is', () => ops.zeros([2 ** 50]), 'memory', [/allocate|memory/]],
  [
    'a saved tensor changed in place',
    () => {
      const y = leaf().exp();
      y.add_(1);
      y.sum().backward();
    },
    'autograd',
    [/modified by an inplace operation/, /use the out-of-place form/],
  ],
  [
    'a parameter changed in place',
    () => leaf().add_(1),
    'autograd',
    [/a leaf Variable that requires grad/, /wrap the update in noGrad/],
  ],
  [
    'a second backward',
    () => {
      const loss = leaf().exp().sum();
      loss.backward();
      loss.backward();
    },
    'autograd',
    [/backward through the graph a second time/, /retainGraph, or compute the forward pass again/],
  ],
  [
    'a loss that is no scalar',
    () => leaf().exp().backward(),
    'autograd',
    [
      /grad can be implicitly created only for scalar outputs/,
      /reduce the output to one number, or pass grads/,
    ],
  ],
  [
    'a loss without a gradient',
    () => noGrad(() => leaf().sum()).backward(),
    'autograd',
    [/does not require grad/, /check noGrad and requiresGrad/],
  ],
  [
    'an inference tensor saved for backward',
    () => leaf().mul(inferenceMode(() => x().add(1))),
    'autograd',
    [/Inference tensors cannot be saved for backward/, /clone the tensor outside inference mode/],
  ],
  [
    'an input that the output does not know',
    () => gradients([x().sum()], [leaf()]),
    'autograd',
    [/does not require grad/],
  ],
];

test.for(failures)(
  '%s: typed, with advice and with the line that caused it',
  ([, fail, kind, patterns]) => {
    using _scope = new TensorScope();
    const error = caught(fail);
    for (const pattern of patterns) expect(error.message).toMatch(pattern);
    expect(error.kind).toBe(kind);
    expect(error.message).not.toMatch(/\.cpp|frame #/);
    const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
    expect(frames[0]).toMatch(/errors\.test\.ts/);
    expect(x().add(1).sum().item(), 'the engine stays usable').toBe(14);
  },
);

function caught(body: () => unknown): TorchError {
  try {
    body();
  } catch (error) {
    if (error instanceof TorchError) return error;
    throw error;
  }
  throw new Error('expected a TorchError, found none');
}

test('an error carries operator, schema and described arguments, and holds no tensor', () => {
  using _scope = new TensorScope();
  const error = caught(() => ops.cat([x(), fromFloats([1])], 0));
  expect(error.op).toBe('aten::cat');
  expect(error.schema).toBe('aten::cat(Tensor[] tensors, int dim=0) -> Tensor');
  expect(error.args).toEqual(['tensors = [f32[2, 2], f32[1]]', 'dim = 0']);
});

test('long lists and texts are shortened', () => {
  using _scope = new TensorScope();
  const error = caught(() => x().view(Array.from({ length: 30 }, () => 7)));
  expect(error.args[1]).toBe('size = [7, 7, 7, 7, … 30 in all]');
});

test('a shape error is a TorchError of its own class', () => {
  using _scope = new TensorScope();
  expect(caught(() => x().dims('A B C'))).toBeInstanceOf(ShapeError);
  expect(caught(() => x().dims('A B C'))).toMatchObject({ name: 'ShapeError', kind: 'shape' });
});

test('an operator that libtorch lacks is named with the version', () => {
  const error = caught(() => native.resolve('aten::nothing_of_the_kind', 'Tensor'));
  expect(error.kind).toBe('operator');
  expect(error.message).toMatch(
    /operator 'aten::nothing_of_the_kind\.Tensor' is not in libtorch \d/,
  );
});
