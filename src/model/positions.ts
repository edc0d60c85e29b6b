import type { Grid, Prompt } from '#model/processor';

/** Positions of one sequence on the axes t, h and w. */
export interface RopeIndex {
  /** [3][T] */
  readonly axes: readonly [Int32Array, Int32Array, Int32Array];
  /** The position of the token after the last one, on all three axes. */
  readonly next: number;
}

/** Merged tokens of a picture along height and width. */
function tokensOf(grid: Grid, mergeSize: number): { rows: number; columns: number } {
  return { rows: grid.h / mergeSize, columns: grid.w / mergeSize };
}

/**
 * Positions of a prompt followed by `tail` text tokens, as upstream's `get_rope_index`: text counts
 * up on all three axes; the tokens of a picture share t and count rows on h, columns on w, from the
 * position where the picture starts; text goes on at the largest position + 1.
 *
 * @example
 * // two words, a picture of 2 × 3 tokens, one word:
 * // t 0 1 2 2 2 2 2 2 5
 * // h 0 1 2 2 2 3 3 3 5
 * // w 0 1 2 3 4 2 3 4 5
 */
export function ropeIndex(prompt: Prompt, tail: number, mergeSize: number): RopeIndex {
  const length = prompt.length + tail;
  const [t, h, w] = [new Int32Array(length), new Int32Array(length), new Int32Array(length)];
  let at = 0;
  let position = 0;
  const text = (count: number): void => {
    for (let index = 0; index < count; index++, at++, position++) {
      t[at] = h[at] = w[at] = position;
    }
  };
  for (const chunk of prompt.chunks) {
    if (chunk.kind === 'tokens') {
      text(chunk.ids.length);
      continue;
    }
    const { rows, columns } = tokensOf(chunk.grid, mergeSize);
    for (let frame = 0; frame < chunk.grid.t; frame++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++, at++) {
          t[at] = position + frame;
          h[at] = position + row;
          w[at] = position + column;
        }
      }
    }
    position += Math.max(chunk.grid.t, rows, columns);
  }
  text(tail);
  return { axes: [t, h, w], next: position };
}
