import { expect, test } from 'vitest';
import * as composed from './composed.ts';
import {
  fromFloats,
  gradients,
  ops,
  seedTorch,
  type Tensor,
  TensorScope,
  TorchError,
} from './index.ts';

/** Values that follow from a seed. */
function values(seed: number, shape: readonly number[]): Tensor {
  seedTorch(seed);
  return ops.randn(shape);
}

const numbers = (tensor: Tensor): readonly number[] => [
  ...(tensor.to('f64').toArray() as Float64Array),
];

/** The largest difference of two tensors of one shape and type. */
function distance(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  expect(a.dtype).toBe(b.dtype);
  const other = numbers(b);
  return Math.max(
    ...numbers(a).map((value, index) => Math.abs(value - (other[index] ?? Number.NaN))),
  );
}

/** Compares outputs and gradients of two forms of one operator; gives back how many were compared. */
function compared(
  forms: readonly [
    (...inputs: readonly Tensor[]) => Tensor,
    (...inputs: readonly Tensor[]) => Tensor,
  ],
  inputs: readonly Tensor[],
  tolerance: number,
): number {
  const [one, other] = forms.map((form) => {
    const leaves = inputs.map((input) => input.detach().requiresGrad_(true));
    const output = form(...leaves);
    const weights = values(99, output.shape).to(output.dtype);
    return [output.detach(), ...gradients([output.mul(weights).sum()], leaves)];
  });
  expect(one?.length).toBe(inputs.length + 1);
  for (const [index, tensor] of (one ?? []).entries()) {
    const peer = other?.[index];
    if (tensor === null || peer === null || peer === undefined) throw new Error('no gradient');
    expect(distance(tensor, peer), `output and gradients, number ${index}`).toBeLessThan(tolerance);
  }
  return one?.length ?? 0;
}

test.for([
  ['f32', 1e-5],
  ['bf16', 0.06],
] as const)('rmsNorm made of other operators is rms_norm, in %s', ([dtype, tolerance]) => {
  using _scope = new TensorScope();
  const [x, weight] = [values(1, [3, 4, 8]).to(dtype), values(2, [4, 8]).to(dtype)];
  for (const eps of [undefined, 0.1]) {
    const count = compared(
      [(a, b) => composed.rmsNorm(a, [4, 8], b, eps), (a, b) => ops.rmsNorm(a, [4, 8], b, eps)],
      [x, weight],
      tolerance,
    );
    expect(count).toBe(3);
  }
  expect(distance(composed.rmsNorm(x, [8]), ops.rmsNorm(x, [8]))).toBeLessThan(tolerance);
});

const masks: readonly (readonly [string, () => Tensor | null, boolean])[] = [
  ['no mask', () => null, false],
  ['a causal mask', () => null, true],
  ['a boolean mask', () => values(5, [5, 5]).gt(0).logicalOr(ops.eye(5).gt(0)), false],
  ['an additive mask', () => values(6, [5, 5]), false],
];

test.for(masks)(
  'attention made of other operators is the fused one, with %s',
  ([, mask, causal]) => {
    using _scope = new TensorScope();
    const [q, k, v] = [values(1, [2, 4, 5, 8]), values(2, [2, 2, 5, 8]), values(3, [2, 2, 5, 6])];
    const options = { enableGqa: true, scale: 0.3 };
    const added = mask();
    const grouped = compared(
      [
        (a, b, c) => composed.scaledDotProductAttention(a, b, c, added, 0, causal, options),
        (a, b, c) => ops.scaledDotProductAttention(a, b, c, added, 0, causal, options),
      ],
      [q, k, v],
      1e-5,
    );
    const same = values(4, [2, 4, 5, 8]);
    const plain = compared(
      [
        (a, b) => composed.scaledDotProductAttention(a, b, b, added, undefined, causal),
        (a, b) => ops.scaledDotProductAttention(a, b, b, added, undefined, causal),
      ],
      [q, same],
      1e-5,
    );
    expect([grouped, plain]).toEqual([4, 3]);
  },
);

test('dropout of attention drops weights and leaves their mean where it was', () => {
  using _scope = new TensorScope();
  const [q, v] = [values(1, [100, 4, 8]), ops.ones([100, 4, 1])];
  seedTorch(3);
  const sums = numbers(composed.scaledDotProductAttention(q, q, v, null, 0.5));
  const mean = sums.reduce((sum, value) => sum + value, 0) / sums.length;
  expect(Math.abs(mean - 1)).toBeLessThan(0.1);
  expect(new Set(sums).size).toBeGreaterThan(100);
});

const settings = { lr: 0.1, beta1: 0.9, beta2: 0.95, weightDecay: 0.2, eps: 1e-6, amsgrad: false };

test.for([false, true])(
  'AdamW made of other operators is the fused one, maximize %s',
  (maximize) => {
    using _scope = new TensorScope();
    const [one, other] = [composed.fusedAdamw_, ops.fusedAdamw_].map((step) => {
      const [p, m] = [
        [values(1, [7]), values(2, [2, 3])],
        [ops.zeros([7]), ops.zeros([2, 3])],
      ];
      const square = m.map((tensor) => tensor.clone());
      const steps = m.map(() => ops.zeros([]));
      for (let count = 0; count < 5; count++) {
        ops.foreachAdd_(steps, 1);
        const grads = [values(10 + count, [7]), values(20 + count, [2, 3])];
        step(p, grads, m, square, [], steps, { ...settings, maximize });
      }
      return [...p, ...m, ...square];
    });
    for (const [index, tensor] of (one ?? []).entries()) {
      expect(distance(tensor, other?.[index] ?? tensor)).toBeLessThan(1e-6);
    }
    expect(numbers(one?.[0] ?? ops.zeros([1]))).not.toEqual(numbers(values(1, [7])));
  },
);

test('what only the fused AdamW can do is refused, and lists must be of one length', () => {
  using _scope = new TensorScope();
  const x = [fromFloats([1])];
  const run = (amsgrad: boolean, grads: readonly Tensor[]): void =>
    composed.fusedAdamw_(x, grads, x, x, [], x, { ...settings, amsgrad, maximize: false });
  expect(() => run(true, x)).toThrow(/amsgrad and scaled gradients need the fused kernel/);
  expect(() => run(false, [])).toThrow(TorchError);
  expect(() => composed.foreachCopy_(x, [])).toThrow(/lists differ in length/);
});

test('lists are scaled, copied and moved towards each other like by the fused kernels', () => {
  using _scope = new TensorScope();
  const run = (forms: typeof composed | typeof ops): readonly number[] => {
    const list = [values(1, [3]), values(2, [2])];
    const others = [values(3, [3]), values(4, [2])];
    forms.foreachMul_(list, fromFloats([2]).view([]));
    forms.foreachLerp_(list, others, 0.25);
    const copies = [ops.zeros([3]), ops.zeros([2])];
    forms.foreachCopy_(copies, list);
    return copies.flatMap(numbers);
  };
  for (const [index, value] of run(composed).entries()) {
    expect(value).toBeCloseTo(run(ops)[index] ?? Number.NaN, 6);
  }
});
