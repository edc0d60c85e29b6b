import { describe, expect, test } from 'vitest';
import type { TextConfig } from '#model';
import { createSeed, type Random } from '#run';
import { type DType, fromFloats, noGrad, ops, type Tensor, TensorScope } from '#tensor';
import { tinyConfig } from '../../src/model/__fixtures__/tiny.ts';
import { ComposedAttention } from '../../src/sampler/composed-attention.ts';
import { KernelAttention, kernelFits } from '../../src/sampler/kernel-attention.ts';
import { PromptSlots } from '../../src/sampler/prompt-slots.ts';
import { RotaryTable } from '../../src/sampler/rotary-table.ts';
import type { RowAttention, Rows } from '../../src/sampler/row-attention.ts';
import { RowCache } from '../../src/sampler/row-cache.ts';

const layers = 2;

function noise(random: Random, shape: readonly number[], dtype: DType): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const numbers = Array.from({ length: count }, () => 2 * random.float() - 1);
  return fromFloats(numbers, shape).to(dtype);
}

/** Rows over prompts of unequal lengths, some of which have entered later than others. */
function makeRows(config: TextConfig, dtype: DType, random: Random): Rows {
  const { kvHeads, headDim } = config;
  const shape = { layers, kvHeads, headDim };
  const like = { dtype, device: 'cpu' };
  const prompts = new PromptSlots(shape, like);
  for (const length of [5, 40, 17]) {
    const keysValues = noise(random, [layers, 2, kvHeads, length, headDim], dtype);
    prompts.add({ key: String(length), keysValues, last: keysValues, length, next: length });
  }
  const cache = new RowCache(shape, like);
  const slots = [1, 0, 2, 1, 1];
  const steps = 37;
  for (let step = 0; step < steps; step++) {
    const entering = step === 0 ? 3 : step === 20 || step === 36 ? 1 : 0;
    cache.expect(
      Array.from({ length: entering }, () => 0),
      steps + 1,
    );
    for (let row = 0; row < entering; row++) cache.add();
    for (const column of cache.present())
      noGrad(() => column.copy_(noise(random, column.shape, dtype)));
    cache.advance();
  }
  const rotary = new RotaryTable(config, like);
  rotary.reserve(128);
  return { config, dtype, device: 'cpu', slots, prompts, cache, rotary };
}

const positions = [77, 40, 54, 60, 42];

/** What a layer gives, and the column that it has written. */
function attend(attention: RowAttention, rows: Rows, qkv: Tensor, layer: number) {
  const out = noGrad(() => attention.step(positions)(qkv, layer));
  const column = rows.cache.present()[layer];
  if (column === undefined) throw new Error('no such layer');
  return { out, column: column.clone() };
}

function largestDifference(a: Tensor, b: Tensor): number {
  return a.to('f32').sub(b.to('f32')).abs().max().item();
}

const heads = [
  { headDim: 32, heads: 4, kvHeads: 2 },
  { headDim: 64, heads: 3, kvHeads: 1 },
  { headDim: 128, heads: 2, kvHeads: 2 },
];

describe.for(heads)('%o', (shape) => {
  test.for([
    ['f32', 2e-6],
    ['bf16', 2e-2],
  ] as const)('the kernel gives what operators give, in %s', ([dtype, tolerance]) => {
    using _scope = new TensorScope('test');
    const random = createSeed('row attention').stream();
    const config = { ...tinyConfig.text, ...shape, mropeSection: [shape.headDim / 2, 0, 0] };
    const rows = makeRows(config, dtype, random);
    const width = (shape.heads + 2 * shape.kvHeads) * shape.headDim;
    const qkv = noise(random, [5, width], dtype);
    const [kernel, composed] = [new KernelAttention(rows), new ComposedAttention(rows)];
    for (let layer = 0; layer < layers; layer++) {
      const [ours, theirs] = [kernel, composed].map((each) => attend(each, rows, qkv, layer));
      if (ours === undefined || theirs === undefined) throw new Error('nothing computed');
      expect(theirs.out.abs().max().item()).toBeGreaterThan(0.1);
      expect(largestDifference(ours.out, theirs.out)).toBeLessThan(tolerance);
      expect(largestDifference(ours.column, theirs.column)).toBeLessThan(tolerance);
    }
    kernel.dispose();
    composed.dispose();
    rows.cache.clear();
    rows.prompts.clear();
    rows.rotary.dispose();
  });
});

test('a row’s bytes do not depend on its neighbours', () => {
  using _scope = new TensorScope('test');
  const random = createSeed('neighbours').stream();
  const config = {
    ...tinyConfig.text,
    headDim: 32,
    heads: 4,
    kvHeads: 2,
    mropeSection: [16, 0, 0],
  };
  const rows = makeRows(config, 'f32', random);
  const qkv = noise(random, [5, 8 * 32], 'f32');
  const together = attend(new KernelAttention(rows), rows, qkv, 0).out;
  const changed = qkv.clone();
  noGrad(() => changed.narrow(0, 1, 4).mul_(3));
  const others = attend(new KernelAttention(rows), rows, changed, 0).out;
  expect([...others.select(0, 0).toArray()]).toEqual([...together.select(0, 0).toArray()]);
  expect([...others.select(0, 1).toArray()]).not.toEqual([...together.select(0, 1).toArray()]);
});

test('operators compute what the kernel is not made for', () => {
  const like = { dtype: 'f32', device: 'cpu' } as const;
  const config = { ...tinyConfig.text, headDim: 64 };
  expect(kernelFits({ config, ...like })).toBe(true);
  expect(kernelFits({ config: { ...config, headDim: 48 }, ...like })).toBe(false);
  expect(kernelFits({ config, ...like, device: 'cuda:0' })).toBe(false);
  expect(kernelFits({ config, ...like, dtype: 'f64' })).toBe(false);
});

test.for([
  ['f32', 2e-6],
  ['bf16', 2e-2],
] as const)('norm and gate are those of libtorch, in %s', ([dtype, tolerance]) => {
  using _scope = new TensorScope('test');
  const random = createSeed('norm and gate').stream();
  const x = noise(random, [7, 96], dtype).mul(30);
  const weight = noise(random, [96], dtype);
  // Epsilon decides where a row is small.
  for (const row of [x, x.mul(1e-5)]) {
    const norm = ops.rmsNorm(row, [96], weight, 1e-6);
    expect(largestDifference(ops.rowNorm(row, weight, 1e-6), norm)).toBeLessThan(tolerance);
  }
  const [gate, up] = x.chunk(2, -1);
  if (gate === undefined || up === undefined) throw new Error('no halves');
  const ratio = ops.gated(x).to('f32').sub(gate.silu().mul(up).to('f32')).div(900);
  expect(ratio.abs().max().item()).toBeLessThan(tolerance);
});

test('bf16 is rounded to the nearest, ties to even', () => {
  using _scope = new TensorScope('test');
  const up = fromFloats(
    Array.from({ length: 512 }, (_, index) => index - 256),
    [2, 256],
  ).to('bf16');
  const gate = up.fullLike(31); // its own silu, so that the product alone is rounded
  const found = ops.gated(ops.cat([gate, up], 1));
  expect([...found.toArray()]).toEqual([...gate.mul(up).toArray()]);
});

test('numbers that are none stay none', () => {
  using _scope = new TensorScope('test');
  const x = fromFloats(
    Array.from({ length: 32 }, () => Number.NaN),
    [1, 32],
  );
  for (const dtype of ['f32', 'bf16'] as const) {
    const found = ops.gated(x.to(dtype)).to('f32').toArray();
    expect([...found].every(Number.isNaN)).toBe(true);
  }
});

test('shapes that the kernels are not made for are refused', () => {
  using _scope = new TensorScope('test');
  const random = createSeed('shapes').stream();
  const x = noise(random, [2, 40], 'f32');
  expect(() => ops.gated(x)).toThrow('gated: unfit [2, 40]');
  expect(() => ops.rowNorm(x, noise(random, [40], 'f32'), 1e-6)).toThrow('row_norm: unfit [2, 40]');
  expect(() => ops.gated(x.to('f64'))).toThrow('of type Double');
  // An odd width has no halves, and rows of no width no mean.
  for (const width of [0, 1, 33]) {
    const rows = ops.zeros([2, width], { dtype: 'f32' });
    expect(() => ops.gated(rows)).toThrow(`gated: unfit [2, ${width}]`);
  }
  expect(() => ops.rowNorm(x.narrow(1, 0, 0), x.narrow(1, 0, 0).view([-1]), 1e-6)).toThrow(
    'row_norm: unfit',
  );
  expect(() =>
    ops.rowNorm(noise(random, [2, 32], 'f32'), noise(random, [16], 'f32'), 1e-6),
  ).toThrow('row_norm: unfit weight [16]');
});

test('attention reads nothing behind its tensors', () => {
  using _scope = new TensorScope('test');
  const random = createSeed('bounds').stream();
  const given = {
    qkv: noise(random, [2, 96], 'f32'),
    own: noise(random, [2, 2, 1, 8, 32], 'f32'),
    keys: noise(random, [1, 1, 4, 32], 'f32'),
    values: noise(random, [1, 1, 4, 32], 'f32'),
    rows: [0, 4, 0, 0, 4, 7],
    now: 7,
  };
  const angles = noise(random, [2, 32], 'f32');
  const call = (other: Partial<typeof given>): Tensor => {
    const { qkv, own, keys, values, rows, now } = { ...given, ...other };
    const places = fromFloats(rows, [2, 3]).to('i32');
    return ops.decodeAttention(qkv, angles, angles, own, keys, values, places, now);
  };
  expect(call({}).shape).toEqual([2, 32]);
  expect(() => call({ rows: [0, 4, 0, 1, 4, 7] })).toThrow('row 1 reads prompt 1');
  expect(() => call({ rows: [0, 5, 0, 0, 4, 7] })).toThrow('row 0 reads prompt 0, 5 tokens');
  expect(() => call({ rows: [0, 4, 0, 0, 4, 8] })).toThrow('columns from 8');
  expect(() => call({ now: 8 })).toThrow('unfit own');
  const more = noise(random, [2, 1, 4, 32], 'f32');
  expect(() => call({ keys: more })).toThrow('unfit prompts [1, 1, 4, 32]');
  expect(() => call({ values: given.values.narrow(2, 0, 3) })).toThrow('unfit prompts');
  for (const shape of [
    [2, 2, 0, 8, 32],
    [2, 2, 1, 8, 0],
    [2, 1, 1, 8, 32],
  ])
    expect(() => call({ own: ops.zeros(shape, { dtype: 'f32' }) })).toThrow('unfit');
});
