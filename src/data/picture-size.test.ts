import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { measurePicture } from './image-decode.ts';
import { imageFormat } from './image-format.ts';
import { pictureSize } from './picture-size.ts';
import { encodePng } from './png.ts';

const files = fileURLToPath(new URL('../../test/fixtures/processor/images/files', import.meta.url));

test('headers state the size that the decoder finds, turned upright', async () => {
  const names = await readdir(files);
  const sizes = new Map<string, unknown>();
  for (const name of names) {
    const bytes = await readFile(join(files, name));
    const measured = await measurePicture(bytes).catch(() => undefined);
    const found = pictureSize(bytes);
    if (measured === undefined || found === undefined) continue;
    expect({ name, ...found }).toEqual({ name, ...measured });
    sizes.set(imageFormat(bytes) ?? '', name);
  }
  expect([...sizes.keys()].sort()).toEqual(['gif', 'jpeg', 'png', 'webp']);
});

test('every one of the eight orientations is understood', async () => {
  const names = (await readdir(files)).filter((name) => /^exif-\d\.jpg$/.test(name));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const bytes = await readFile(join(files, name));
    expect(pictureSize(bytes)).toEqual(await measurePicture(bytes));
  }
});

test('a header cut short is not understood, and nothing is thrown', () => {
  const bytes = encodePng(new Uint8Array(12), 2, 2);
  expect(pictureSize(bytes)).toEqual({ width: 2, height: 2 });
  for (let length = 0; length < 24; length++) {
    expect(pictureSize(bytes.subarray(0, length))).toBeUndefined();
  }
  expect(pictureSize(Uint8Array.of(0xff, 0xd8, 0xff, 0xc0))).toBeUndefined();
});
