import { expect, test } from 'vitest';

import type { Prompt } from '#model/processor';

import { picture, promptOf, words } from './__fixtures__/tiny.ts';
import { ModelInputError } from './errors.ts';
import { pack, predictors, type Tree } from './packing.ts';

const space = { imageTokenId: 61, mergeSize: 2, maxPositions: 40 };
const wide = picture('b', 2, 6);

function textTree(prompt: number, ...responses: readonly number[]): Tree {
  return {
    prompt: promptOf(0, [prompt]),
    responses: responses.map((length, index) => words(length, index)),
  };
}

test('prompts come first, each once, then the responses that continue them', () => {
  const packed = pack([textTree(3, 2, 1), textTree(2, 2)], space);
  expect(packed.roots).toEqual([
    { start: 0, length: 3 },
    { start: 3, length: 2 },
  ]);
  expect(packed.branches).toEqual([
    { root: 0, start: 5, length: 2 },
    { root: 0, start: 7, length: 1 },
    { root: 1, start: 8, length: 2 },
  ]);
  expect(packed.ids).toHaveLength(10);
  // Responses go on where their own prompt ends.
  for (const axis of packed.axes) expect([...axis]).toEqual([0, 1, 2, 0, 1, 3, 4, 3, 2, 3]);
});

test('a response is predicted by the end of its prompt, then by itself', () => {
  const packed = pack([textTree(3, 2, 0, 1), textTree(2, 2)], space);
  expect([...predictors(packed)]).toEqual([2, 5, 2, 4, 8]);
});

test('image places hold the image token, and are known by hash', () => {
  const packed = pack([{ prompt: promptOf(1, [2, wide, 1]), responses: [words(1, 2)] }], space);
  expect([...packed.ids.subarray(2, 5)]).toEqual([61, 61, 61]);
  expect(packed.images).toEqual([{ hash: 'b', grid: wide.grid, start: 2, length: 3 }]);
  // One row of three columns: text goes on at the largest position + 1.
  expect(packed.axes.map((axis) => [...axis])).toEqual([
    [0, 1, 2, 2, 2, 5, 6],
    [0, 1, 2, 2, 2, 5, 6],
    [0, 1, 2, 3, 4, 5, 6],
  ]);
});

function refused(prompt: Prompt, ...responses: readonly number[]): string {
  const all = responses.map((length) => words(length, 1));
  expect(() => pack([{ prompt, responses: all }], space)).toThrow(ModelInputError);
  try {
    pack([{ prompt, responses: all }], space);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test('an image token without a picture is refused', () => {
  const ids = Int32Array.of(1, 61, 2);
  expect(refused({ chunks: [{ kind: 'tokens', ids }], length: 3 }, 1)).toMatch(
    /found the image token 61 without a picture; pass pictures as image chunks/,
  );
});

test('a picture whose places do not fit its grid is refused, and so is a video', () => {
  const image = { hash: 'b', source: '', width: 84, height: 28 };
  const chunk = { kind: 'image', image, grid: { t: 1, h: 2, w: 6 }, length: 2 } as const;
  expect(refused({ chunks: [chunk], length: 2 }, 1)).toMatch(
    /expected 3 places for a grid of 2 × 6 patches, found 2/,
  );
  const video = { ...chunk, grid: { t: 2, h: 2, w: 6 }, length: 6 };
  expect(refused({ chunks: [video], length: 6 }, 1)).toMatch(/found 2 frames; no video/);
});

test('a prompt that lies about its length, or has none, is refused', () => {
  expect(refused({ ...promptOf(0, [3]), length: 4 })).toMatch(/a prompt of 4 tokens, found 3/);
  expect(refused({ chunks: [], length: 0 })).toMatch(/a prompt of 0 tokens, found 0/);
});

test('what exceeds the context is refused, by positions and not by tokens', () => {
  expect(pack([textTree(30, 10)], space).ids).toHaveLength(40);
  expect(refused(promptOf(0, [30]), 5, 11)).toMatch(
    /at most 40 positions .* a sequence of 41 tokens that needs 41; shorten the prompt/,
  );
  expect(refused(promptOf(0, [41]))).toMatch(/a sequence of 41 tokens/);
  // A square picture takes more places than positions.
  const square = picture('s', 12, 12);
  expect(
    pack([{ prompt: promptOf(0, [30, square]), responses: [words(4, 1)] }], space).ids,
  ).toHaveLength(70);
});
