import { expect, test } from 'vitest';

import { cutPatches } from './patches.ts';

const layout = {
  patchSize: 2,
  mergeSize: 2,
  temporalPatchSize: 2,
  minPixels: 1,
  maxPixels: 1000,
  mean: [0, 0.5, 1],
  std: [1, 0.5, 0.25],
};

test('rows run block by block; in a row: channel, time, line, column', () => {
  const [height, width] = [4, 8];
  // Red tells the column, green the line.
  const rgb = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [y, x] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width];
    return [x, y, 255][i % 3] ?? 0;
  });
  const pixels = cutPatches(rgb, { height, width }, layout);
  expect(pixels.buffer).toBeInstanceOf(SharedArrayBuffer);
  const rows = Array.from({ length: 8 }, (_, row) => pixels.slice(row * 24, (row + 1) * 24));
  const corner = (row: Float32Array) => [(row[0] ?? 0) * 255, ((row[8] ?? 0) * 0.5 + 0.5) * 255];
  expect(rows.map((row) => corner(row).map(Math.round))).toEqual([
    [0, 0],
    [2, 0],
    [0, 2],
    [2, 2],
    [4, 0],
    [6, 0],
    [4, 2],
    [6, 2],
  ]);
  const level = (byte: number, channel: number) =>
    Math.fround((byte / 255 - (layout.mean[channel] ?? 0)) / (layout.std[channel] ?? 1));
  const red = [0, 1, 0, 1].map((byte) => level(byte, 0));
  const green = [0, 0, 1, 1].map((byte) => level(byte, 1));
  expect([...(rows[0] ?? [])]).toEqual([
    ...red,
    ...red,
    ...green,
    ...green,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
});
