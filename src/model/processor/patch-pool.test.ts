import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { openImage } from '#data';

import { cutPicture } from './cut-picture.ts';
import { PatchPool } from './patch-pool.ts';

const files = fileURLToPath(
  new URL('../../../test/fixtures/processor/images/files/', import.meta.url),
);
const layout = {
  patchSize: 14,
  mergeSize: 2,
  temporalPatchSize: 2,
  minPixels: 3136,
  maxPixels: 12_544,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};

test('a thread cuts what this thread would cut, and its pixels are shared', async () => {
  await using pool = new PatchPool(2);
  const names = ['rgb.png', 'exif-6.jpg', 'alpha.webp', 'palette.gif', 'wide.png'];
  const images = await Promise.all(names.map((name) => openImage(files + name)));
  const cut = await Promise.all(images.map((image) => pool.cut(image, layout)));
  for (const [i, image] of images.entries()) {
    expect(cut[i]).toEqual(await cutPicture(image, layout));
    expect(cut[i]?.pixels.buffer).toBeInstanceOf(SharedArrayBuffer);
  }
});

test('a broken picture is a named error and leaves the thread at work', async () => {
  await using pool = new PatchPool(1);
  const image = await openImage(`${files}rgb.png`);
  const absent = pool.cut({ ...image, source: '/absent.png' }, layout);
  await expect(absent).rejects.toMatchObject({ name: 'ImageError', fault: 'missing' });
  const bytes = await readFile(`${files}rgb.png`);
  const changed = pool.cut({ ...image, source: bytes.subarray(1) }, layout);
  await expect(changed).rejects.toMatchObject({ name: 'ImageError', fault: 'changed' });
  expect((await pool.cut({ ...image, source: bytes }, layout)).hash).toBe(image.hash);
});

test('a pool that ends fails the pictures it still has', async () => {
  const image = await openImage(`${files}rgb.png`);
  const pool = new PatchPool(1);
  const outcome = pool.cut(image, layout).catch(String);
  await pool[Symbol.asyncDispose]();
  expect(await outcome).toBe('Error: the thread that cuts pictures ended');
});
