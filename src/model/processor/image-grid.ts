import { ImageError } from '#data';

import type { Grid } from './prompt.ts';

/** How pictures are measured and cut: from `preprocessor_config.json` and `vision_config`. */
export interface ImageLayout {
  /** Side of a patch in pixels. */
  readonly patchSize: number;
  /** Patches along one side of the block that becomes one token. */
  readonly mergeSize: number;
  /** Equal copies of a picture along time. */
  readonly temporalPatchSize: number;
  /** Bounds of height · width after resizing. */
  readonly minPixels: number;
  readonly maxPixels: number;
  /** Per channel, on values between 0 and 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Height and width in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

const LARGEST_RATIO = 200;

/** Rounds halves to the even neighbour, as Python's `round` does: 2.5 → 2, 3.5 → 4. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The size a picture is resized to: both sides multiples of `factor`, the area between `minPixels`
 * and `maxPixels` where the sides allow it, the ratio of the sides nearly kept (`smart_resize` of
 * the Qwen2-VL image processor). A side of 0 is legal before the area is raised.
 *
 * @throws ImageError `extreme` if one side is more than 200 times the other.
 */
export function smartResize(
  size: Size,
  factor: number,
  { minPixels, maxPixels }: Pick<ImageLayout, 'minPixels' | 'maxPixels'>,
): Size {
  const { height, width } = size;
  const ratio = Math.max(height, width) / Math.min(height, width);
  if (!(ratio <= LARGEST_RATIO)) {
    throw new ImageError(
      'extreme',
      `expected a picture whose longer side is at most ${LARGEST_RATIO} times the shorter one, ` +
        `found ${width} × ${height} pixels; crop it or leave it out`,
    );
  }
  const nearest = {
    height: roundHalfToEven(height / factor) * factor,
    width: roundHalfToEven(width / factor) * factor,
  };
  if (nearest.height * nearest.width > maxPixels) {
    const shrink = Math.sqrt((height * width) / maxPixels);
    return {
      height: Math.max(factor, Math.floor(height / shrink / factor) * factor),
      width: Math.max(factor, Math.floor(width / shrink / factor) * factor),
    };
  }
  if (nearest.height * nearest.width < minPixels) {
    const grow = Math.sqrt(minPixels / (height * width));
    return {
      height: Math.ceil((height * grow) / factor) * factor,
      width: Math.ceil((width * grow) / factor) * factor,
    };
  }
  return nearest;
}

/** Pixels of one picture → patches along its sides. */
export function imageGrid(size: Size, layout: ImageLayout): Grid {
  const { height, width } = smartResize(size, layout.patchSize * layout.mergeSize, layout);
  return { t: 1, h: height / layout.patchSize, w: width / layout.patchSize };
}

/** Places a picture takes in the token sequence: one for each merged block of patches. */
export function gridTokens(grid: Grid, mergeSize: number): number {
  return (grid.t * grid.h * grid.w) / (mergeSize * mergeSize);
}
