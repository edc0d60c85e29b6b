import { expect, test } from 'vitest';

import { picture, promptOf } from './__fixtures__/tiny.ts';
import { ropeIndex } from './positions.ts';
import { patchPositions, windowOrder } from './windows.ts';

test('text counts on all axes; a picture shares its start and counts rows and columns', () => {
  const { axes, next } = ropeIndex(promptOf(0, [2, picture('a', 4, 6)]), 1, 2);
  expect(axes.map((axis) => [...axis])).toEqual([
    [0, 1, 2, 2, 2, 2, 2, 2, 5],
    [0, 1, 2, 2, 2, 3, 3, 3, 5],
    [0, 1, 2, 3, 4, 2, 3, 4, 5],
  ]);
  expect(next).toBe(6);
});

test('after a picture, text goes on behind the longer of its sides', () => {
  const tall = ropeIndex(promptOf(0, [1, picture('a', 8, 2), 1]), 0, 2);
  expect(tall.axes.map((axis) => axis.at(-1))).toEqual([5, 5, 5]);
  const two = ropeIndex(promptOf(0, [picture('a', 2, 2), picture('b', 2, 4), 1]), 0, 2);
  expect([...two.axes[2]]).toEqual([0, 1, 2, 3]);
});

const vision = {
  depth: 1,
  hiddenSize: 8,
  heads: 1,
  intermediateSize: 8,
  outHiddenSize: 8,
  channels: 3,
  patchSize: 14,
  temporalPatchSize: 2,
  mergeSize: 2,
  windowSize: 56,
  fullAttentionBlocks: [],
  ropeTheta: 10_000,
};

test('windows of two by two tokens are visited in reading order, cut at the edges', () => {
  // Three rows of three tokens:  0 1 | 2
  //                              3 4 | 5
  //                              ----+--
  //                              6 7 | 8
  const { tokens, lengths } = windowOrder([{ t: 1, h: 6, w: 6 }], vision);
  expect([...tokens]).toEqual([0, 1, 3, 4, 2, 5, 6, 7, 8]);
  expect(lengths).toEqual([16, 8, 8, 4]);
});

test('windows never reach from one picture into the next', () => {
  const { tokens, lengths } = windowOrder(
    [
      { t: 1, h: 2, w: 2 },
      { t: 1, h: 2, w: 4 },
    ],
    vision,
  );
  expect([...tokens]).toEqual([0, 1, 2]);
  expect(lengths).toEqual([4, 8]);
});

test('patches are numbered block by block of two by two', () => {
  const { rows, columns } = patchPositions({ t: 1, h: 2, w: 4 }, 2);
  expect([...rows]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  expect([...columns]).toEqual([0, 1, 0, 1, 2, 3, 2, 3]);
});
