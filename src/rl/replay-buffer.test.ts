import { expect, test } from 'vitest';
import { random } from './__fixtures__/chance.ts';
import { groupOf, samplesOf } from './__fixtures__/group.ts';
import type { ReplayConfig } from './config.ts';
import type { Sample } from './records.ts';
import { replayWeights } from './replay-weights.ts';
import { ReplayBuffer } from './replay-buffer.ts';

const literal: ReplayConfig = { alpha: 1, persist: 'episode', capacity: 0, replacement: true };
const effective = (samples: readonly Sample[]) =>
  samples.filter(({ advantage }) => advantage !== 0);
const at = (step: number, iteration = 0) => ({ step, iteration });
const ids = (samples: readonly { id: string }[]) => samples.map(({ id }) => id);
const drawn = (buffer: ReplayBuffer, count: number, step: number) =>
  buffer.exchange([], count, at(step), random(step)).draws.map(({ sample }) => sample.id);

/** P(j) of Eq. 1 over what is stored. */
function probabilities(buffer: ReplayBuffer, alpha = 1): readonly number[] {
  const { values } = replayWeights(
    buffer.entries.map(({ sample }) => sample),
    alpha,
  );
  const total = values.reduce((a, b) => a + b, 0);
  return Array.from(values, (value) => value / total);
}

test('the worked example of two steps [2.5 worked SSR] [S1] [identity: replay mass]', () => {
  const buffer = new ReplayBuffer(literal);
  const b = samplesOf(groupOf('B', 2));
  const first = buffer.exchange(effective(b), 8, at(0), random(1));
  expect(first.draws).toHaveLength(8);
  expect(first.size).toBe(8);
  expect(first.ess).toBeCloseTo(6, 12);
  expect(probabilities(buffer).slice(0, 2)).toEqual([0.25, 0.25]);
  expect(probabilities(buffer).slice(2)).toEqual(Array(6).fill(1 / 12));
  const c = samplesOf(groupOf('C', 4));
  const second = buffer.exchange(effective(c), 8, at(1), random(2));
  expect(second.size).toBe(16);
  const chances = probabilities(buffer);
  expect(chances[0]).toBeCloseTo(0.75 / 7, 12);
  expect(chances[2]).toBeCloseTo(0.25 / 7, 12);
  expect(chances[8]).toBeCloseTo(0.5 / 7, 12);
  const ages = buffer.entries.map(({ insertedAt }) => 1 - insertedAt);
  expect(chances.reduce((sum, p, place) => sum + p * (ages[place] ?? 0), 0)).toBeCloseTo(3 / 7, 12);
  expect(buffer.clear()).toBe(16);
  expect(buffer.entries).toEqual([]);
});

test.each([1, 2, 3, 4, 5, 6, 7])(
  'a one-group buffer with %i right has mass 2Gp(1−p), half of it on right ones, and size 4Gp(1−p) [identity: replay mass]',
  (k) => {
    const buffer = new ReplayBuffer(literal);
    const samples = samplesOf(groupOf('p', k));
    const { ess } = buffer.exchange(samples, 1, at(0), random(0));
    const p = k / 8;
    expect(ess).toBeCloseTo(4 * 8 * p * (1 - p), 12);
    const { values, whole } = replayWeights(samples, 1);
    expect(whole).toBe(true);
    const mass = values.reduce((a, b) => a + b, 0) / 8;
    expect(mass).toBeCloseTo(2 * 8 * p * (1 - p), 12);
    expect(values.slice(0, k).reduce((a, b) => a + b, 0) / 8).toBeCloseTo(mass / 2, 12);
  },
);

test('a lone right answer is drawn seven times as often as each wrong sibling [identity: lone correct] [S6]', () => {
  const { values, whole } = replayWeights(samplesOf(groupOf('p', 1)), 1);
  expect(whole).toBe(true);
  expect([...values]).toEqual([7, 1, 1, 1, 1, 1, 1, 1]);
});

test('weights of groups of different size share a denominator [S6]', () => {
  const samples = [
    ...samplesOf(groupOf('a', 1, { size: 2 })),
    ...samplesOf(groupOf('b', 1, { size: 3 })),
  ];
  const { values, whole } = replayWeights(samples, 1);
  expect(whole).toBe(true); // 1/2, 1/2, 2/3, 1/3, 1/3 in sixths
  expect([...values]).toEqual([3, 3, 4, 2, 2]);
});

test('α = 0 is uniform, α = 2 squares, std falls back to floats [S6]', () => {
  const samples = samplesOf(groupOf('p', 2));
  expect([...replayWeights(samples, 0).values]).toEqual(Array(8).fill(1));
  const squared = replayWeights(samples, 2);
  expect(squared.whole).toBe(false);
  expect([...squared.values].slice(0, 3)).toEqual([0.5625, 0.5625, 0.0625]);
  const std = samplesOf(groupOf('p', 2), { baseline: 'round0', divideByStd: true });
  expect(replayWeights(std, 1).whole).toBe(false);
});

test('draws follow Eq. 1 [S6] [S7]', () => {
  const buffer = new ReplayBuffer(literal);
  buffer.exchange(samplesOf(groupOf('p', 1)), 0, at(0), random(0));
  const { draws } = buffer.exchange([], 70_000, at(0), random(3));
  const lone = draws.filter(({ sample }) => sample.rollout.index === 0).length;
  expect(lone / 70_000).toBeCloseTo(0.5, 2);
  for (let index = 1; index < 8; index++) {
    const share = draws.filter(({ sample }) => sample.rollout.index === index).length / 70_000;
    expect(share).toBeCloseTo(1 / 14, 2);
  }
});

test('insertion comes before drawing, so a sample can be drawn in its own step [S4] [2.3]', () => {
  const buffer = new ReplayBuffer(literal);
  const fresh = effective(samplesOf(groupOf('p', 3)));
  const { draws } = buffer.exchange(fresh, 4, at(9), random(1));
  expect(draws).toHaveLength(4);
  for (const draw of draws) {
    expect(draw.age).toBe(0);
    expect(ids(fresh)).toContain(draw.sample.id);
  }
});

test('with replacement, more can be drawn than the buffer holds, and ties never compare payloads [S7] [rule 33]', () => {
  const buffer = new ReplayBuffer(literal);
  const fresh = samplesOf(groupOf('p', 4)); // eight equal weights
  expect(buffer.exchange(fresh, 100, at(0), random(1)).draws).toHaveLength(100);
});

test('without replacement whole passes come first and nothing repeats before all have come [S7]', () => {
  const buffer = new ReplayBuffer({ ...literal, replacement: false });
  const fresh = samplesOf(groupOf('p', 1));
  const names = buffer.exchange(fresh, 19, at(0), random(5)).draws.map(({ sample }) => sample.id);
  expect(names).toHaveLength(19);
  const times = (id: string) => names.filter((name) => name === id).length;
  for (const { id } of fresh) expect([2, 3]).toContain(times(id));
  expect(new Set(names.slice(16)).size).toBe(3);
});

test('without replacement the first draw follows Eq. 1 [S7]', () => {
  const buffer = new ReplayBuffer({ ...literal, replacement: false });
  buffer.exchange(samplesOf(groupOf('p', 1)), 0, at(0), random(0));
  let lone = 0;
  for (let trial = 0; trial < 4_000; trial++) {
    const [first] = buffer.exchange([], 2, at(0), random(trial * 7919)).draws;
    if (first?.sample.rollout.index === 0) lone += 1;
  }
  expect(lone / 4_000).toBeCloseTo(0.5, 1);
});

test('a sample persists K steps: drawable at s … s + K − 1, across syncs [S5] [rule 16]', () => {
  const buffer = new ReplayBuffer({ ...literal, persist: 3 });
  buffer.exchange(effective(samplesOf(groupOf('p', 4))), 0, at(10), random(0));
  expect(drawn(buffer, 2, 11)).toHaveLength(2);
  expect(drawn(buffer, 2, 12)).toHaveLength(2);
  const last = buffer.exchange([], 2, at(13, 1), random(0));
  expect(last).toEqual({ draws: [], size: 0, ess: null, evicted: 8 });
});

test('beyond its capacity the oldest leave first [S5]', () => {
  const buffer = new ReplayBuffer({ ...literal, capacity: 10 });
  buffer.exchange(samplesOf(groupOf('old', 4)), 0, at(0), random(0));
  const { size, evicted } = buffer.exchange(samplesOf(groupOf('new', 4)), 0, at(1), random(0));
  expect([size, evicted]).toEqual([10, 6]);
  const problems = buffer.entries.map(({ sample }) => sample.rollout.problemId);
  expect(problems.filter((id) => id === 'old')).toHaveLength(2);
});

test(
  'an empty buffer draws nothing and ends [S9] [rule 15: empty buffer]',
  { timeout: 1000 },
  () => {
    for (const replacement of [true, false]) {
      const step = new ReplayBuffer({ ...literal, replacement }).exchange([], 16, at(0), random(0));
      expect(step).toEqual({ draws: [], size: 0, ess: null, evicted: 0 });
    }
  },
);

test('what was stored can be restored, and draws go on the same [S10]', () => {
  const buffer = new ReplayBuffer(literal);
  buffer.exchange(samplesOf(groupOf('p', 3)), 5, at(0), random(0));
  const restored = new ReplayBuffer(literal, structuredClone(buffer.entries));
  expect(drawn(restored, 6, 1)).toEqual(drawn(buffer, 6, 1));
});

test('thousands of samples and draws take no time', { timeout: 5000 }, () => {
  const many = Array.from({ length: 1024 }, (_, id) => samplesOf(groupOf(`p${id}`, 1 + (id % 7))));
  for (const replacement of [true, false]) {
    const buffer = new ReplayBuffer({ ...literal, alpha: 2, replacement });
    const { draws } = buffer.exchange(many.flat(), 8_000, at(0), random(1));
    expect(draws).toHaveLength(8_000);
  }
});
