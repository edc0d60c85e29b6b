import { expect, test } from 'vitest';
import { fromFloats, noGrad, TensorScope } from '#tensor';
import { RowCache } from './row-cache.ts';

const shape = { layers: 1, kvHeads: 1, headDim: 2 };
const like = { dtype: 'f32', device: 'cpu' } as const;

/** A row that has written so much already. */
function enter(cache: RowCache, written: number): number {
  cache.expect([written], Infinity);
  return cache.add(written);
}

/** Writes a number into the present column of every row. */
function write(cache: RowCache, value: number): void {
  using _scope = new TensorScope('write');
  noGrad(() => cache.present()[0]?.copy_(fromFloats([value], [1, 1, 1, 1])));
  cache.advance();
}

/** The first key element of a row's last columns. */
function read(cache: RowCache, row: number, length: number): readonly number[] {
  using _scope = new TensorScope('read');
  const written = cache.written(row, length);
  return [...written.select(0, 0).select(0, 0).select(0, 0).select(1, 0).toArray()].map(Number);
}

test('a row that continues more tokens than there are columns enters an empty cache', () => {
  using _scope = new TensorScope('test');
  const cache = new RowCache(shape, like);
  enter(cache, 0);
  write(cache, 1);
  cache.remove(0);
  const row = enter(cache, 500);
  expect(cache.columns).toBeGreaterThan(500);
  expect(cache.written(row, 500).shape).toEqual([1, 2, 1, 500, 2]);
  write(cache, 7);
  expect(read(cache, row, 1)).toEqual([7]);
  cache.clear();
});

test('a row that continues many tokens enters beside others, and theirs stay as they are', () => {
  using _scope = new TensorScope('test');
  const cache = new RowCache(shape, like);
  enter(cache, 0);
  for (let value = 0; value < 40; value++) write(cache, -1);
  enter(cache, 0);
  for (let value = 1; value <= 10; value++) write(cache, value);
  // The older row leaves, so the columns in use begin in the middle.
  expect(cache.remove(0)).toBe(1);
  expect(cache.first).toBeGreaterThan(0);
  const row = enter(cache, 90);
  expect(cache.written(row, 90).shape).toEqual([1, 2, 1, 90, 2]);
  const other = cache.entries.findIndex((entry) => cache.now - entry === 10);
  expect(read(cache, other, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  write(cache, 11);
  expect(read(cache, other, 11)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  cache.clear();
});

test('rows of unequal lengths enter at once: room is made before, nothing moves in between', () => {
  using _scope = new TensorScope('test');
  const cache = new RowCache(shape, like);
  enter(cache, 3);
  for (let value = 1; value <= 10; value++) write(cache, value);
  const lengths = [5, 180, 0, 60, 179, 7];
  cache.expect(lengths, 400);
  const { generation, bytes } = cache;
  for (const length of lengths) cache.add(length);
  expect(cache.generation).toBe(generation);
  expect(cache.bytes).toBe(bytes);
  expect(read(cache, 0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(() => cache.add()).toThrow('no room');
  cache.clear();
});
