import { readImage } from '#data';
import type { ImageRef } from '#data';

import { resizeBicubic } from './bicubic.ts';
import { imageGrid } from './image-grid.ts';
import type { ImageLayout } from './image-grid.ts';
import { cutPatches, gridSize } from './patches.ts';
import type { Patches } from './prompt.ts';

/** Decodes, resizes and cuts one picture, in this thread. */
export async function cutPicture(image: ImageRef, layout: ImageLayout): Promise<Patches> {
  const picture = await readImage(image);
  const grid = imageGrid(picture, layout);
  const size = gridSize(grid, layout);
  const resized = resizeBicubic(picture.rgb, picture, size);
  return { hash: image.hash, grid, pixels: cutPatches(resized, size, layout) };
}
