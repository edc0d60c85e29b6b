import type { ImageLayout, Size } from './image-grid.ts';
import type { Grid } from './prompt.ts';

const LEVELS = 256;
const CHANNELS = 3;

/** [channel · 256 + byte] → (byte / 255 − mean) / std. */
function normalisedLevels({ mean, std }: Pick<ImageLayout, 'mean' | 'std'>): Float32Array {
  return Float32Array.from({ length: CHANNELS * LEVELS }, (_, i) => {
    const channel = Math.floor(i / LEVELS);
    return ((i % LEVELS) / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1);
  });
}

/** Numbers in one patch: channels · equal copies in time · rows · columns. */
export function patchValues({ patchSize, temporalPatchSize }: ImageLayout): number {
  return CHANNELS * temporalPatchSize * patchSize * patchSize;
}

/**
 * Cuts a resized picture, [height, width, 3] bytes, into normalised patches,
 * [t·h·w, 3 · temporalPatchSize · patchSize²]. Rows run through blocks of mergeSize² patches in
 * reading order, inside a block line by line; within a row: channel, time (equal copies), pixel line,
 * pixel column. The result lies in shared memory.
 */
export function cutPatches(rgb: Uint8Array, size: Size, layout: ImageLayout): Float32Array {
  const { height, width } = size;
  const { patchSize, mergeSize } = layout;
  const block = patchSize * mergeSize;
  const length = patchValues(layout);
  const values = (height / patchSize) * (width / patchSize) * length;
  const out = new Float32Array(new SharedArrayBuffer(values * Float32Array.BYTES_PER_ELEMENT));
  const levels = normalisedLevels(layout);
  let o = 0;
  for (let top = 0; top < height; top += block) {
    for (let left = 0; left < width; left += block) {
      for (let y = top; y < top + block; y += patchSize) {
        for (let x = left; x < left + block; x += patchSize, o += length) {
          const from = rgb.subarray((y * width + x) * CHANNELS);
          cutPatch(from, width * CHANNELS, { levels, layout, out: out.subarray(o, o + length) });
        }
      }
    }
  }
  return out;
}

interface PatchTarget {
  readonly levels: Float32Array;
  readonly layout: ImageLayout;
  readonly out: Float32Array;
}

/** One patch from its upper left byte on; lines are `stride` bytes apart. */
function cutPatch(rgb: Uint8Array, stride: number, { levels, layout, out }: PatchTarget): void {
  const { patchSize, temporalPatchSize } = layout;
  const plane = patchSize * patchSize;
  let o = 0;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const table = channel * LEVELS;
    for (let y = 0; y < patchSize; y++) {
      let p = y * stride + channel;
      for (const end = o + patchSize; o < end; o++, p += CHANNELS) {
        out[o] = levels[table + (rgb[p] ?? 0)] ?? 0;
      }
    }
    for (let copy = 1; copy < temporalPatchSize; copy++, o += plane) {
      out.copyWithin(o, o - plane, o);
    }
  }
}

/** The size in pixels of a picture that was resized for this grid. */
export function gridSize(grid: Grid, { patchSize }: Pick<ImageLayout, 'patchSize'>): Size {
  return { height: grid.h * patchSize, width: grid.w * patchSize };
}
