import { expect, test } from 'vitest';
import { seed } from './__fixtures__/chance.ts';
import { problem } from './__fixtures__/group.ts';
import { splitValidation } from './validation-split.ts';

const picture = (hash: string) => ({ hash, source: `${hash}.png`, width: 28, height: 28 });
const problems = Array.from({ length: 100 }, (_, index) => ({
  ...problem(`p${index}`),
  category: index < 60 ? 'sums' : index < 90 ? 'charts' : 'rare',
  images: [picture(`h${index % 50}`)], // every picture stands in two problems
}));
const ids = (places: readonly number[]) => places.map((place) => problems[place]?.id ?? '');

test('held out problems are drawn in proportion to categories', () => {
  const { validation } = splitValidation(problems, 20, seed());
  const counts = Map.groupBy(validation, (place) => problems[place]?.category);
  const sizes = Object.fromEntries([...counts].map(([name, places]) => [name, places.length]));
  expect(sizes).toEqual({ sums: 12, charts: 6, rare: 2 });
  expect(splitValidation(problems, 7, seed()).validation).toHaveLength(7);
});

test('nothing that shares a picture or an id with a held out problem is trained on', () => {
  const { validation, training, removed } = splitValidation(problems, 50, seed());
  const pictures = new Set(validation.map((place) => problems[place]?.images[0]?.hash));
  expect(training.some((place) => pictures.has(problems[place]?.images[0]?.hash))).toBe(false);
  expect(removed.length).toBeGreaterThan(0);
  expect([...validation, ...training, ...removed].sort((a, b) => a - b)).toEqual([
    ...problems.keys(),
  ]);
  const twice = [problems[0]!, { ...problems[0]!, images: [] }];
  const split = splitValidation(twice, 1, seed());
  expect([split.validation.length, split.training.length, split.removed.length]).toEqual([1, 0, 1]);
});

test('the draw depends on the seed and on ids, not on the order of the dataset', () => {
  const reversed = problems.toReversed();
  const one = ids(splitValidation(problems, 20, seed('a')).validation).sort();
  const other = splitValidation(reversed, 20, seed('a'))
    .validation.map((place) => reversed[place]?.id ?? '')
    .sort();
  expect(other).toEqual(one);
  expect(ids(splitValidation(problems, 20, seed('b')).validation).sort()).not.toEqual(one);
});

test('a small dataset is held out as far as it goes', () => {
  expect(splitValidation(problems.slice(0, 3), 10, seed()).validation).toEqual([0, 1, 2]);
  expect(splitValidation([], 10, seed())).toEqual({ validation: [], training: [], removed: [] });
  expect(splitValidation(problems, 0, seed()).training).toHaveLength(100);
});
