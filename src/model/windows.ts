import type { Grid } from '#model/processor';
import type { VisionConfig } from './config.ts';

/** Where the merged tokens of some pictures go in the tower. */
export interface WindowOrder {
  /** Merged tokens in the order of the tower: window by window. */
  readonly tokens: Int32Array;
  /** Patches of each window, in order. */
  readonly lengths: readonly number[];
}

/**
 * The order in which upstream's tower visits the merged tokens of pictures: windows of
 * `windowSize` pixels in reading order, tokens of a window in reading order, picture after picture.
 */
export function windowOrder(grids: readonly Grid[], vision: VisionConfig): WindowOrder {
  const side = Math.floor(vision.windowSize / vision.mergeSize / vision.patchSize);
  const unit = vision.mergeSize ** 2;
  const tokens: number[] = [];
  const lengths: number[] = [];
  let start = 0;
  for (const grid of grids) {
    const rows = grid.h / vision.mergeSize;
    const columns = grid.w / vision.mergeSize;
    for (let frame = 0; frame < grid.t; frame++, start += rows * columns) {
      for (let top = 0; top < rows; top += side) {
        for (let left = 0; left < columns; left += side) {
          const before = tokens.length;
          for (let row = top; row < Math.min(top + side, rows); row++) {
            for (let column = left; column < Math.min(left + side, columns); column++) {
              tokens.push(start + row * columns + column);
            }
          }
          lengths.push((tokens.length - before) * unit);
        }
      }
    }
  }
  return { tokens: Int32Array.from(tokens), lengths };
}

/** Row and column of every patch of a picture, in the order of the patch rows: merge block by block. */
export function patchPositions(
  grid: Grid,
  mergeSize: number,
): { rows: Int32Array; columns: Int32Array } {
  const count = grid.t * grid.h * grid.w;
  const rows = new Int32Array(count);
  const columns = new Int32Array(count);
  let at = 0;
  for (let frame = 0; frame < grid.t; frame++) {
    for (let top = 0; top < grid.h; top += mergeSize) {
      for (let left = 0; left < grid.w; left += mergeSize) {
        for (let row = top; row < top + mergeSize; row++) {
          for (let column = left; column < left + mergeSize; column++, at++) {
            rows[at] = row;
            columns[at] = column;
          }
        }
      }
    }
  }
  return { rows, columns };
}
