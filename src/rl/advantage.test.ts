import { expect, test } from 'vitest';
import {
  groupOf,
  rethought,
  roundZero,
  plain,
  shapedGroup,
  verdict,
} from './__fixtures__/group.ts';
import { correctDrafts, groupAdvantages } from './advantage.ts';
import type { AdvantageConfig } from './config.ts';
import type { Group } from './records.ts';

const std: AdvantageConfig = { baseline: 'round0', divideByStd: true };
const leaveOneOut: AdvantageConfig = { baseline: 'leave_one_out', divideByStd: false };
const final: AdvantageConfig = { baseline: 'final', divideByStd: false };
const values = (group: Group, config: AdvantageConfig = roundZero) =>
  groupAdvantages(group, config).map(({ value }) => value);
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

test.each([
  [1, [0.875, -0.125, 1.75], [2.6458, -0.378, 5.2915]],
  [2, [0.75, -0.25, 3], [1.7321, -0.5774, 6.9282]],
  [3, [0.625, -0.375, 3.75], [1.291, -0.7746, 7.746]],
  [4, [0.5, -0.5, 4], [1, -1, 8]],
  [5, [0.375, -0.625, 3.75], [0.7746, -1.291, 7.746]],
  [6, [0.25, -0.75, 3], [0.5774, -1.7321, 6.9282]],
  [7, [0.125, -0.875, 1.75], [0.378, -2.6458, 5.2915]],
])(
  '%i of 8 right: advantages and masses %j, divided by std %j, as in the table [identity: table]',
  (k, [right, wrong, mass = 0], [rightStd = 0, wrongStd = 0, massStd = 0]) => {
    const plainValues = values(groupOf('p', k));
    expect(plainValues[0]).toBe(right);
    expect(plainValues[7]).toBe(wrong);
    expect(sum(plainValues.map(Math.abs))).toBeCloseTo(mass, 12);
    const stdValues = values(groupOf('p', k), std);
    expect(stdValues[0]).toBeCloseTo(rightStd, 4);
    expect(stdValues[7]).toBeCloseTo(wrongStd, 4);
    expect(sum(stdValues.map(Math.abs))).toBeCloseTo(massStd, 4);
  },
);

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
  'advantages sum to zero and their squares to G·p(1−p) for %i right [identity: sums] [A1]',
  (k) => {
    const found = values(groupOf('p', k));
    const p = k / 8;
    expect(sum(found)).toBeCloseTo(0, 12);
    expect(sum(found.map((a) => a * a))).toBeCloseTo(8 * p * (1 - p), 12);
  },
);

test('eight times an advantage is the whole number 8c − k [identity: integer form]', () => {
  for (let k = 0; k <= 8; k++) {
    const group = groupOf('p', k);
    groupAdvantages(group, roundZero).forEach(({ exact }, index) => {
      expect(exact).toEqual({ numerator: 8 * (index < k ? 1 : 0) - k, denominator: 8 });
    });
  }
});

test('leaving the rollout itself out multiplies by G/(G − 1) [identity: leave-one-out] [A1]', () => {
  for (let k = 1; k < 8; k++) {
    const mean = values(groupOf('p', k));
    values(groupOf('p', k), leaveOneOut).forEach((value, index) => {
      expect(value).toBeCloseTo(((mean[index] ?? 0) * 8) / 7, 12);
    });
  }
});

test('a group that agrees has no effective sample, whatever divides it [A3]', () => {
  for (const config of [roundZero, std, leaveOneOut, final]) {
    for (const size of [1, 3, 7, 8]) {
      for (const correct of [0, size]) {
        for (const value of values(groupOf('p', correct, { size }), config)) {
          expect(Object.is(value, 0)).toBe(true);
        }
      }
    }
  }
});

test('the worked example: two right, one kept from right and one from wrong [2.8] [F-worked] [A2] [rule 12]', () => {
  const group = groupOf('p', 2, { kept: [1, 5] });
  const found = values(group);
  expect(found).toEqual([0.75, 0.75, -0.25, -0.25, -0.25, 0.75, -0.25, -0.25]);
  expect(sum(found)).toBe(1); // one wrong to right
  expect(correctDrafts(group)).toBe(2);
  expect(values(group, final)[2]).toBe(-0.375); // what a baseline from final rewards would do
});

test('a kept rethinking is zero among right ones and one in a rescued group [2.8]', () => {
  expect(values(groupOf('p', 8, { kept: [3] }))).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(values(groupOf('p', 0, { kept: [3] }))).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
});

test('leaving itself out, the only wrong one corrected gains nothing over siblings that were all right', () => {
  const corrected = groupAdvantages(groupOf('p', 7, { kept: [7] }), leaveOneOut);
  expect(corrected[7]).toEqual({ value: 0, exact: { numerator: 0, denominator: 7 } });
  expect(corrected[0]?.value).toBeCloseTo(1 / 7, 12);
});

test('dividing by std stays finite for a rescued sample [2.8]', () => {
  const rescued = values(groupOf('p', 0, { kept: [3] }), std)[3] ?? 0;
  expect(rescued).toBeCloseTo(1 / Math.sqrt((1 / 8) * (7 / 8)), 12);
  const alone = { ...groupOf('p', 0, { size: 1 }) };
  const draft = plain('p', 0, verdict(false));
  expect(values({ ...alone, rollouts: [rethought(draft)] }, std)).toEqual([1]);
});

test('shaped rewards leave groups that agree at exactly zero [rule 14] [A3]', () => {
  const right = shapedGroup('p', [
    { correct: true, waits: 0 },
    { correct: true, waits: 1 },
    { correct: true, waits: 3 },
  ]);
  expect(right.rollouts.map(({ verdict: { reward } }) => reward)).toEqual([1, 1.1, 0.4]);
  expect(values(right)).toEqual([0, 0, 0]);
  const wrong = shapedGroup('p', [
    { correct: false, waits: 0, finished: false },
    { correct: false, waits: 0 },
  ]);
  expect(wrong.rollouts.map(({ verdict: { reward } }) => reward)).toEqual([-0.1, 0]);
  expect(values(wrong)).toEqual([0, 0]);
  expect(values(wrong, std)).toEqual([0, 0]);
});

test('shaped rewards are centred on the mean of shaped first rewards', () => {
  const group = shapedGroup('p', [
    { correct: true, waits: 1 },
    { correct: false, waits: 0 },
  ]);
  const [right, wrong] = groupAdvantages(group, roundZero);
  expect(right?.value).toBeCloseTo(0.55, 12);
  expect(wrong?.value).toBeCloseTo(-0.55, 12);
  expect(right?.exact).toBeUndefined();
});

test('an incomplete group uses the rollouts that are there', () => {
  expect(values(groupOf('p', 1, { size: 5 }))).toEqual([0.8, -0.2, -0.2, -0.2, -0.2]);
});
