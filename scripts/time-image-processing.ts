/**
 * Times image processing in one thread: `node --conditions=source scripts/time-image-processing.ts
 * FILE…`. For each picture file, one line of JSON: milliseconds of every repetition, from decoded
 * pixels to patches and from the encoded file to patches. scripts/compare-image-speed.py reads it.
 */
import { readFileSync } from 'node:fs';

import { decodePicture } from '#data';
import { cutPatches, imageGrid, resizeBicubic } from '#model/processor';
import type { ImageLayout } from '#model/processor';

const REPETITIONS = 15;
const layout: ImageLayout = {
  patchSize: 14,
  mergeSize: 2,
  temporalPatchSize: 2,
  minPixels: 3136,
  maxPixels: 1_003_520,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

for (const path of process.argv.slice(2)) {
  const bytes = readFileSync(path);
  const pixels: number[] = [];
  const file: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    const picture = await decodePicture(bytes);
    const decoded = performance.now();
    const grid = imageGrid(picture, layout);
    const size = { height: grid.h * layout.patchSize, width: grid.w * layout.patchSize };
    cutPatches(resizeBicubic(picture.rgb, picture, size), size, layout);
    const end = performance.now();
    pixels.push(end - decoded);
    file.push(end - start);
  }
  console.log(JSON.stringify({ path, pixels, file }));
}
