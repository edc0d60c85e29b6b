import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { sourceSha256 } from './image-kernel.generated.ts';
import { resizeBicubic } from './bicubic.ts';

const fixture = new URL('../../../test/fixtures/processor/resizes.json', import.meta.url);
const cases: [number, number, number, number, string][] = JSON.parse(readFileSync(fixture, 'utf8'));

/** Bits 13 to 20 of index · 2654435761 modulo 2³²: the picture that the fixture was made of. */
function hashedNoise(height: number, width: number): Uint8Array {
  return Uint8Array.from(
    { length: height * width * 3 },
    (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255,
  );
}

test.each(cases)('%i × %i to %i × %i has the bytes of Pillow', (...found) => {
  const [height, width, toHeight, toWidth, sha256] = found;
  const from = hashedNoise(height, width);
  const resized = resizeBicubic(from, { height, width }, { height: toHeight, width: toWidth });
  expect(createHash('sha256').update(resized).digest('hex')).toBe(sha256);
  expect(Buffer.compare(from, hashedNoise(height, width))).toBe(0);
});

test('a picture that keeps its size keeps its bytes', () => {
  const rgb = hashedNoise(5, 7);
  expect(resizeBicubic(rgb, { height: 5, width: 7 }, { height: 5, width: 7 })).toEqual(rgb);
});

test('the compiled kernel is that of its source', () => {
  const source = readFileSync(new URL('image-kernel.as', import.meta.url));
  expect(createHash('sha256').update(source).digest('hex')).toBe(sourceSha256);
});
