import { expect, test } from 'vitest';
import { Bands } from './bands.ts';

test('rows that enter together are one band, much younger ones another', () => {
  const bands = new Bands();
  for (const entry of [0, 0, 10, 90, 95]) bands.add(entry);
  expect(bands.worth(1)).toEqual([
    { start: 0, end: 3, first: 0 },
    { start: 3, end: 5, first: 90 },
  ]);
});

test('bands are one where their separation spares fewer cells than asked', () => {
  const bands = new Bands();
  for (const entry of [0, 0, 90, 95]) bands.add(entry);
  expect(bands.worth(180)).toHaveLength(2);
  expect(bands.worth(181)).toEqual([{ start: 0, end: 4, first: 0 }]);
});

test('of more than four bands the two that waste least become one', () => {
  const bands = new Bands();
  for (const entry of [0, 100, 140, 300, 400]) bands.add(entry);
  expect(bands.worth(1).map(({ end, first }) => [end, first])).toEqual([
    [1, 0],
    [3, 100],
    [4, 300],
    [5, 400],
  ]);
});

test('a row that leaves is replaced by the last of its band, and so on', () => {
  const bands = new Bands();
  for (const entry of [0, 1, 2, 90, 91, 200]) bands.add(entry);
  expect(bands.remove(0)).toEqual([
    { from: 2, to: 0 },
    { from: 4, to: 2 },
    { from: 5, to: 4 },
  ]);
  expect(bands.entries).toEqual([2, 1, 91, 90, 200]);
  expect(bands.worth(1)).toEqual([
    { start: 0, end: 2, first: 1 },
    { start: 2, end: 4, first: 90 },
    { start: 4, end: 5, first: 200 },
  ]);
  expect(bands.remove(4)).toEqual([]);
  expect(bands.worth(1)).toHaveLength(2);
});
