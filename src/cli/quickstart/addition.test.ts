import { expect, test } from 'vitest';
import { createSeed } from '#run';
import { alphabet, heldOutSums, sumLength, tokensOf, trainingBatch } from './addition.ts';

const text = (ids: ArrayLike<number>) => Array.from(ids, (id) => alphabet[id]).join('');

test('a sum is written with its units first', () => {
  expect(text(tokensOf(37, 48))).toBe('37+48=580');
  expect(text(tokensOf(5, 0))).toBe('05+00=500');
  expect(text(tokensOf(99, 99))).toBe('99+99=891');
});

test('training never sees a held-out sum, and every sum is one or the other', () => {
  const rows = (ids: Int32Array) =>
    Array.from({ length: ids.length / sumLength }, (_, row) =>
      text(ids.subarray(row * sumLength, (row + 1) * sumLength)),
    );
  const heldOut = new Set(rows(heldOutSums()));
  expect(heldOut.size).toBeGreaterThan(400);
  expect(heldOut.size).toBeLessThan(600);
  const trained = new Set(rows(trainingBatch(createSeed(1).stream(), 100_000)));
  expect([...trained].filter((sum) => heldOut.has(sum))).toEqual([]);
  expect(trained.size + heldOut.size).toBe(10_000);
});

test('the same place in the tree of chance gives the same batch', () => {
  const batch = (step: number) => trainingBatch(createSeed(1).at('batch', step).stream(), 4);
  expect(batch(3)).toEqual(batch(3));
  expect(batch(3)).not.toEqual(batch(4));
});
