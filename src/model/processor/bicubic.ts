import { bicubicTaps } from './bicubic-taps.ts';
import type { Taps } from './bicubic-taps.ts';
import type { Size } from './image-grid.ts';
import { withKernel } from './image-kernel.ts';

/** How many times higher than wide a picture is whose columns Pillow shrinks before its rows. */
const TALL = 100;

/**
 * Resizes a picture, [height, width, 3] bytes, with Pillow's bicubic filter to the last bit: rows first,
 * then columns, each pass rounded and clipped to bytes; a pass that would change nothing is left out.
 * A picture more than a hundred times as high as wide that gets lower has its columns done first, as
 * `Image.resize` of Pillow 12 does to save memory.
 */
export function resizeBicubic(picture: Uint8Array, from: Size, to: Size): Uint8Array {
  if (from.height > TALL * from.width && to.height < from.height) {
    const lowered = resizeColumns(picture, from, to.height);
    return from.width === to.width
      ? lowered
      : resizeRows(lowered, { height: to.height, width: from.width }, to.width);
  }
  const between = { height: from.height, width: to.width };
  const narrowed = from.width === to.width ? picture : resizeRows(picture, from, to.width);
  return from.height === to.height ? narrowed : resizeColumns(narrowed, between, to.height);
}

/** [height, width, 3] → [height, target, 3]. */
function resizeRows(picture: Uint8Array, { height, width }: Size, target: number): Uint8Array {
  const taps = bicubicTaps(width, target);
  const length = height * target * 3;
  return withKernel(stretches(picture, taps, { length, beyond: 3 }), (kernel, memory) => {
    const { buffer, addresses } = memory;
    const [source = 0, first = 0, weights = 0, out = 0] = addresses;
    write(buffer, addresses, picture, taps);
    kernel.resizeRows(source, out, height, width, target, taps.count, first, weights);
    return new Uint8Array(buffer.slice(out, out + length));
  });
}

/** [height, width, 3] → [target, width, 3]. */
function resizeColumns(picture: Uint8Array, { height, width }: Size, target: number): Uint8Array {
  const taps = bicubicTaps(height, target);
  const row = width * 3;
  const length = target * row;
  return withKernel(stretches(picture, taps, { length, beyond: row }), (kernel, memory) => {
    const { buffer, addresses } = memory;
    const [source = 0, first = 0, weights = 0, out = 0] = addresses;
    write(buffer, addresses, picture, taps);
    kernel.resizeColumns(source, out, row, target, taps.count, first, weights);
    return new Uint8Array(buffer.slice(out, out + length));
  });
}

/** Picture, taps and result; taps that weigh nothing are read, each `beyond` bytes further. */
function stretches(
  picture: Uint8Array,
  taps: Taps,
  { length, beyond }: { readonly length: number; readonly beyond: number },
): readonly number[] {
  const { first, weights, count } = taps;
  return [picture.length + count * beyond, first.byteLength, weights.byteLength, length];
}

function write(
  buffer: ArrayBuffer,
  [source = 0, first = 0, weights = 0]: readonly number[],
  picture: Uint8Array,
  taps: Taps,
): void {
  new Uint8Array(buffer, source, picture.length).set(picture);
  new Int32Array(buffer, first, taps.first.length).set(taps.first);
  new Int32Array(buffer, weights, taps.weights.length).set(taps.weights);
}
