import type { Puzzle } from '#data';
import { cutPatches, type ImageLayout, type Patches } from '#model/processor';

/** The pixels of a puzzle's picture as the vision tower eats them. Puzzles need no resizing. */
export function puzzlePatches(shown: Puzzle, layout: ImageLayout): Patches {
  const { size, pixels } = shown;
  const side = size / layout.patchSize;
  return {
    hash: shown.problem.images[0]?.hash ?? '',
    grid: { t: 1, h: side, w: side },
    pixels: cutPatches(pixels, { height: size, width: size }, layout),
  };
}
