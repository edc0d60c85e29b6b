import { expect, test } from 'vitest';

import { noGrad, ops, seedTorch, setThreads, type Tensor, TensorScope } from '#tensor';

import { attend } from './attention.ts';

setThreads(1);

const [n, H, K, D] = [2, 6, 2, 8];

function floats(tensor: Tensor): Float32Array {
  return tensor.detach().to('f32').toArray() as Float32Array;
}

/** The definition, number by number; `allowed` says which keys a query of some sequence may see. */
function naive(
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  allowed: (sequence: number, query: number, key: number) => boolean,
): number[] {
  const [L, S] = [q.shape[2] ?? 0, k.shape[2] ?? 0];
  const [qs, ks, vs] = [floats(q), floats(k), floats(v)];
  const out: number[] = [];
  for (let b = 0; b < n; b++) {
    for (let h = 0; h < H; h++) {
      const group = b * K + Math.floor(h / (H / K));
      for (let i = 0; i < L; i++) {
        const scores = Array.from({ length: S }, (_, j) => {
          if (!allowed(b, i, j)) return 0;
          let dot = 0;
          for (let d = 0; d < D; d++) {
            dot += (qs[((b * H + h) * L + i) * D + d] ?? 0) * (ks[(group * S + j) * D + d] ?? 0);
          }
          return Math.exp(dot / Math.sqrt(D));
        });
        const total = scores.reduce((sum, score) => sum + score, 0);
        for (let d = 0; d < D; d++) {
          out.push(
            scores.reduce((sum, s, j) => sum + s * (vs[(group * S + j) * D + d] ?? 0), 0) / total,
          );
        }
      }
    }
  }
  return out;
}

function inputs(L: number, S: number, dtype: 'f32' | 'bf16'): [Tensor, Tensor, Tensor] {
  seedTorch(9);
  const random = (heads: number, length: number): Tensor =>
    noGrad(() => ops.randn([n, heads, length, D]).to(dtype));
  return [random(H, L), random(K, S), random(K, S)];
}

function maxDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, index) => Math.abs(value - (b[index] ?? Number.NaN))));
}

test.each([
  ['f32', 1e-5],
  ['bf16', 3e-2],
] as const)('%s: a causal square, a mask and no mask follow the definition', (dtype, tolerance) => {
  using _scope = new TensorScope();
  const square = inputs(7, 7, dtype);
  const [q, k, v] = square;
  expect(
    maxDistance(
      floats(attend(q, k, v, { mask: 'causal' })),
      naive(square, (_, i, j) => j <= i),
    ),
  ).toBeLessThan(tolerance);
  expect(
    maxDistance(
      floats(attend(q, k, v, { mask: null })),
      naive(square, () => true),
    ),
  ).toBeLessThan(tolerance);
  const oblong = inputs(3, 9, dtype);
  const seen = (b: number, i: number, j: number): boolean => j < 4 + b || (j >= 6 && j <= 6 + i);
  const mask = noGrad(() => {
    const all = ops.zeros([n, 1, 3, 9]);
    for (let b = 0; b < n; b++) {
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 9; j++) {
          if (!seen(b, i, j))
            all.select(0, b).select(1, i).select(1, j).fill_(Number.NEGATIVE_INFINITY);
        }
      }
    }
    return all.to(dtype);
  });
  const [q2, k2, v2] = oblong;
  expect(maxDistance(floats(attend(q2, k2, v2, { mask })), naive(oblong, seen))).toBeLessThan(
    tolerance,
  );
});

test('bf16: short and long keys, which take different ways, agree', () => {
  using _scope = new TensorScope();
  const [q, k, v] = inputs(520, 520, 'bf16');
  const whole = floats(attend(q, k, v, { mask: 'causal' }));
  const cut = (x: Tensor): Tensor => x.narrow(2, 0, 500);
  const first = floats(attend(cut(q), cut(k), cut(v), { mask: 'causal' }));
  const same = Array.from(first, (_, index) => {
    const [row, rest] = [Math.floor(index / (500 * D)), index % (500 * D)];
    return whole[row * 520 * D + rest] ?? Number.NaN;
  });
  const mean =
    first.reduce((sum, value, index) => sum + Math.abs(value - (same[index] ?? 0)), 0) /
    first.length;
  expect(mean).toBeLessThan(2e-3);
});
