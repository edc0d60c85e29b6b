import { expect, test } from 'vitest';
import type { ImageChunk } from './shown-pictures.ts';
import { imagesOf, ShownPictures } from './shown-pictures.ts';

const picture = (hash: string, w = 4): ImageChunk => ({
  kind: 'image',
  image: { hash, source: '', width: 14 * w, height: 56 },
  grid: { t: 1, h: 4, w },
  length: w,
});

test('a picture is known from the moment it was shown until the weights change', () => {
  const shown = new ShownPictures(10, 100);
  expect(shown.has(picture('a'))).toBe(false);
  shown.add(picture('a'));
  expect(shown.has(picture('a'))).toBe(true);
  expect(shown.has(picture('a', 6))).toBe(false); // at another size it is another one
  shown.clear();
  expect(shown.has(picture('a'))).toBe(false);
});

test('once their embeddings exceed what is kept, none counts as known', () => {
  const shown = new ShownPictures(10, 80);
  for (const hash of ['a', 'b', 'b']) shown.add(picture(hash));
  expect(shown.has(picture('a'))).toBe(true);
  shown.add(picture('c'));
  expect(['a', 'b', 'c'].map((hash) => shown.has(picture(hash)))).toEqual([false, false, false]);
});

test('pictures of prompts come as often as they are shown', () => {
  const chunks = [picture('a'), { kind: 'tokens', ids: Int32Array.of(1) } as const, picture('b')];
  const hashes = imagesOf([
    { chunks, length: 9 },
    { chunks: [picture('a')], length: 4 },
  ]).map(({ image }) => image.hash);
  expect(hashes).toEqual(['a', 'b', 'a']);
});
