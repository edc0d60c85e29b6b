import type { ImageLayout, Size } from './image-grid.ts';
import { withKernel } from './image-kernel.ts';
import type { Grid } from './prompt.ts';

const CHANNELS = 3;

/** Numbers in one patch: channels · equal copies in time · lines · columns. */
export function patchValues({ patchSize, temporalPatchSize }: ImageLayout): number {
  return CHANNELS * temporalPatchSize * patchSize * patchSize;
}

/** (byte / 255 − mean) / std as byte · scale + offset: [channel · 2], scale before offset. */
function scalesAndOffsets({ mean, std }: Pick<ImageLayout, 'mean' | 'std'>): Float32Array {
  return Float32Array.from({ length: CHANNELS * 2 }, (_, i) => {
    const channel = Math.floor(i / 2);
    const deviation = std[channel] ?? 1;
    return i % 2 === 0 ? 1 / 255 / deviation : -(mean[channel] ?? 0) / deviation;
  });
}

/**
 * Cuts a resized picture, [height, width, 3] bytes, into normalised patches,
 * [t·h·w, 3 · temporalPatchSize · patchSize²]. Rows run through blocks of mergeSize² patches in
 * reading order, inside a block line by line; within a row: channel, time (equal copies), pixel line,
 * pixel column. The result lies in shared memory.
 */
export function cutPatches(rgb: Uint8Array, size: Size, layout: ImageLayout): Float32Array {
  const { height, width } = size;
  const { patchSize, mergeSize, temporalPatchSize } = layout;
  const bandHeight = patchSize * mergeSize;
  const bandBytes = bandHeight * width * CHANNELS;
  const bandValues = (width / patchSize) * mergeSize * patchValues(layout);
  const values = (height / bandHeight) * bandValues;
  const out = new Float32Array(new SharedArrayBuffer(values * Float32Array.BYTES_PER_ELEMENT));
  const levels = scalesAndOffsets(layout);
  const lengths = [bandBytes, levels.byteLength, bandValues * Float32Array.BYTES_PER_ELEMENT];
  withKernel(lengths, (kernel, { addresses, buffer }) => {
    const [source = 0, scales = 0, target = 0] = addresses;
    const band = new Uint8Array(buffer, source, bandBytes);
    const cut = new Float32Array(buffer, target, bandValues);
    new Float32Array(buffer, scales, levels.length).set(levels);
    for (let i = 0; i * bandValues < values; i++) {
      band.set(rgb.subarray(i * bandBytes, (i + 1) * bandBytes));
      kernel.cutBand(source, target, width, patchSize, mergeSize, temporalPatchSize, scales);
      out.set(cut, i * bandValues);
    }
  });
  return out;
}

/** The size in pixels of a picture that was resized for this grid. */
export function gridSize(grid: Grid, { patchSize }: Pick<ImageLayout, 'patchSize'>): Size {
  return { height: grid.h * patchSize, width: grid.w * patchSize };
}
