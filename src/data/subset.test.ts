import { expect, test } from 'vitest';

import type { Problem } from './problem.ts';
import { chooseSubset } from './subset.ts';
import type { SubsetSpec } from './subset.ts';

const spec: SubsetSpec = {
  seed: 1,
  rules: [],
  categories: [],
  excludedCategories: [],
  withPictures: false,
  fillUnmeasured: false,
  validation: 0,
};

/** 300 problems: half a, a third b, the rest c; every tenth shares its picture with the next. */
const all = Array.from({ length: 300 }, (_, at): Problem => {
  const hash = at % 10 === 1 ? `h${at - 1}` : `h${at}`;
  return {
    id: `p${at}`,
    question: `${at}?`,
    images: at % 7 === 0 ? [] : [{ hash, source: '', width: 1, height: 1 }],
    answer: '1',
    category: at % 6 < 3 ? 'a' : at % 6 < 5 ? 'b' : 'c',
    ...(at % 2 === 0 ? { passRates: { '7B': (at % 20) / 20 } } : {}),
  };
});
const count = (problems: readonly Problem[], category: string): number =>
  problems.filter((problem) => problem.category === category).length;

test('a rule keeps what was measured and passes; what was not measured never passes', () => {
  for (const [rule, holds] of [
    ['passrate:7B > 0', (rate: number) => rate > 0],
    ['passrate:7B<=0.5', (rate: number) => rate <= 0.5],
    ['passrate:7B = 0', (rate: number) => rate === 0],
    ['passrate:7B != 0', (rate: number) => rate !== 0],
    ['passrate:7B < 1', (rate: number) => rate < 1],
    ['passrate:7B >= .9', (rate: number) => rate >= 0.9],
  ] as const) {
    const { train } = chooseSubset(all, { ...spec, rules: [rule] });
    const expected = all.filter(
      ({ passRates }) => passRates !== undefined && holds(passRates['7B']!),
    );
    expect(train).toEqual(expected);
  }
});

test.each(['passrate:7B', '7B > 0', 'passrate: > 0', 'passrate:7B > x', 'passrate:7B >> 0'])(
  'the rule %s is refused with an example',
  (rule) => {
    expect(() => chooseSubset(all, { ...spec, rules: [rule] })).toThrow(
      /such as "passrate:7B > 0"/,
    );
  },
);

test('categories and pictures choose, and every step counts before and after', () => {
  const { train, manifest } = chooseSubset(all, {
    ...spec,
    excludedCategories: ['c'],
    withPictures: true,
  });
  expect(train.every(({ category, images }) => category !== 'c' && images.length > 0)).toBe(true);
  expect(manifest.steps).toEqual([
    { rule: 'category not in c', before: 300, after: 250 },
    { rule: 'with pictures', before: 250, after: train.length },
  ]);
  expect(chooseSubset(all, { ...spec, categories: ['b'] }).train).toHaveLength(100);
});

test('a cut is proportional, by the seed, and in the order of the data', () => {
  const { train } = chooseSubset(all, { ...spec, count: 60 });
  expect([count(train, 'a'), count(train, 'b'), count(train, 'c')]).toEqual([30, 20, 10]);
  expect(train).toEqual(all.filter((problem) => train.includes(problem)));
  expect(chooseSubset(all, { ...spec, count: 60 }).manifest).toEqual(
    chooseSubset(all, { ...spec, count: 60 }).manifest,
  );
  expect(chooseSubset(all, { ...spec, seed: 2, count: 60 }).train).not.toEqual(train);
});

test('a validation split is proportional and shares neither id nor picture with the rest', () => {
  const { train, validation, manifest } = chooseSubset(all, {
    ...spec,
    validation: 60,
    count: 200,
  });
  expect(validation).toHaveLength(60);
  expect([count(validation, 'a'), count(validation, 'b'), count(validation, 'c')]).toEqual([
    30, 20, 10,
  ]);
  const held = new Set(validation.map(({ id }) => id));
  const pictures = new Set(validation.flatMap(({ images }) => images.map(({ hash }) => hash)));
  expect(train.some(({ id }) => held.has(id))).toBe(false);
  expect(train.some(({ images }) => images.some(({ hash }) => pictures.has(hash)))).toBe(false);
  const [, shared] = manifest.steps;
  expect(shared?.before).toBeGreaterThan(shared?.after ?? Infinity);
});

test('too few are reported, and filled with what was not measured only when asked', () => {
  const rules = ['passrate:7B > 0'];
  const short = chooseSubset(all, { ...spec, rules, count: 200 });
  expect(short.train.length).toBe(135);
  expect(short.manifest.shortfall).toBe(65);
  const filled = chooseSubset(all, { ...spec, rules, count: 200, fillUnmeasured: true });
  expect(filled.train).toHaveLength(200);
  expect(
    filled.train.every(({ passRates }) => passRates === undefined || passRates['7B']! > 0),
  ).toBe(true);
  expect(filled.manifest.steps.at(-1)?.rule).toBe('at most 200, 65 of them not measured');
  const held = chooseSubset(all, {
    ...spec,
    rules,
    count: 200,
    fillUnmeasured: true,
    validation: 30,
  });
  const validation = new Set(held.validation);
  expect(held.train.some((problem) => validation.has(problem))).toBe(false);
});

test('a subset of nothing is an error that shows the counts', () => {
  expect(() => chooseSubset(all, { ...spec, categories: ['z'] })).toThrow(/category in z: 0/);
});
