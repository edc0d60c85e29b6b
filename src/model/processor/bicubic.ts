import { runKernel } from './bicubic-kernel.ts';
import { bicubicTaps } from './bicubic-taps.ts';
import type { Size } from './image-grid.ts';

/**
 * Resizes a picture, [height, width, 3] bytes, with Pillow's bicubic filter to the last bit: rows first,
 * then columns, each pass rounded and clipped to bytes; a pass that would change nothing is left out.
 */
export function resizeBicubic(picture: Uint8Array, from: Size, to: Size): Uint8Array {
  const between = { height: from.height, width: to.width };
  const narrowed = from.width === to.width ? picture : resizeRows(picture, from, to.width);
  return from.height === to.height ? narrowed : resizeColumns(narrowed, between, to.height);
}

/** [height, width, 3] → [height, target, 3]. */
function resizeRows(picture: Uint8Array, { height, width }: Size, target: number): Uint8Array {
  const taps = bicubicTaps(width, target);
  const pass = { picture, taps, length: height * target * 3, beyond: taps.count * 3 };
  return runKernel(pass, (kernel, at) => {
    const { source, target: out, first, weights } = at;
    kernel.resizeRows(source, out, height, width, target, taps.count, first, weights);
  });
}

/** [height, width, 3] → [target, width, 3]. */
function resizeColumns(picture: Uint8Array, { height, width }: Size, target: number): Uint8Array {
  const taps = bicubicTaps(height, target);
  const row = width * 3;
  const pass = { picture, taps, length: target * row, beyond: taps.count * row };
  return runKernel(pass, (kernel, at) => {
    const { source, target: out, first, weights } = at;
    kernel.resizeColumns(source, out, row, target, taps.count, first, weights);
  });
}
