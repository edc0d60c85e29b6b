import { expect, test } from 'vitest';

import { gridTokens, imageGrid, smartResize } from './image-grid.ts';

const bounds = { minPixels: 784, maxPixels: 1_003_520 };

test('half a factor rounds to the even multiple', () => {
  expect(smartResize({ height: 70, width: 98 }, 28, bounds)).toEqual({ height: 56, width: 112 });
  expect(smartResize({ height: 42, width: 126 }, 28, bounds)).toEqual({ height: 56, width: 112 });
});

test('a ratio of 200 is accepted, one above it is a named error', () => {
  expect(smartResize({ height: 1, width: 200 }, 28, bounds)).toEqual({ height: 28, width: 420 });
  for (const size of [
    { height: 1, width: 201 },
    { height: 402, width: 2 },
    { height: 0, width: 5 },
  ]) {
    expect(() => smartResize(size, 28, bounds)).toThrow(
      expect.objectContaining({ name: 'ImageError', fault: 'extreme' }),
    );
  }
});

test('a grid counts patches, and a token stands for a block of them', () => {
  const layout = {
    ...bounds,
    patchSize: 14,
    mergeSize: 2,
    temporalPatchSize: 2,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  };
  const grid = imageGrid({ height: 90, width: 150 }, layout);
  expect(grid).toEqual({ t: 1, h: 6, w: 10 });
  expect(gridTokens(grid, 2)).toBe(15);
});
