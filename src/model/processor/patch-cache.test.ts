import { expect, test } from 'vitest';

import { PatchCache } from './patch-cache.ts';

const image = (hash: string) => ({ hash, source: '', width: 1, height: 1 });

/** A cache of `maxBytes` over pictures of 40 bytes each, and the hashes in the order of their cuts. */
function counted(maxBytes: number): { cache: PatchCache; cuts: string[] } {
  const cuts: string[] = [];
  const cache = new PatchCache(maxBytes, async ({ hash }) => {
    cuts.push(hash);
    if (hash === 'broken') throw new Error('broken');
    return { hash, grid: { t: 1, h: 1, w: 1 }, pixels: new Float32Array(10) };
  });
  return { cache, cuts };
}

test('a picture is cut once, whoever asks and whenever', async () => {
  const { cache, cuts } = counted(100);
  const [a, b] = await Promise.all([cache.get(image('a')), cache.get(image('a'))]);
  expect(await cache.get(image('a'))).toBe(a);
  expect(b).toBe(a);
  expect(cuts).toEqual(['a']);
});

test('what was used longest ago makes room', async () => {
  const { cache, cuts } = counted(100);
  for (const hash of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.get(image(hash));
  expect(cuts).toEqual(['a', 'b', 'c', 'b']);
});

test('a picture larger than the cache is returned but not kept', async () => {
  const { cache, cuts } = counted(30);
  for (const hash of ['a', 'a']) expect((await cache.get(image(hash))).hash).toBe('a');
  expect(cuts).toEqual(['a', 'a']);
});

test('a failure is not remembered', async () => {
  const { cache, cuts } = counted(100);
  for (let i = 0; i < 2; i++) await expect(cache.get(image('broken'))).rejects.toThrow('broken');
  expect(cuts).toEqual(['broken', 'broken']);
});
