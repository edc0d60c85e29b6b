import { expect, test } from 'vitest';
import { seed } from './__fixtures__/chance.ts';
import { groupOf, samplesOf } from './__fixtures__/group.ts';
import { composeBatch, rawBatches, trainable } from './batch.ts';
import type { BatchConfig, LossConfig, ReplayConfig } from './config.ts';
import { configOf } from './knobs.ts';
import type { Group } from './records.ts';
import { ReplayBuffer } from './replay-buffer.ts';

const literal: ReplayConfig = { alpha: 1, persist: 'episode', capacity: 0, replacement: true };
const { loss: plainLoss } = configOf();

function composed(
  groups: readonly Group[],
  mode: BatchConfig['mode'],
  loss: LossConfig = plainLoss,
) {
  const replay = new ReplayBuffer(literal);
  const raw = groups.flatMap((group) => samplesOf(group));
  const composer = { batch: { mode, keepGroups: false }, loss, replay, seed: seed() };
  return composeBatch(raw, composer, { step: 0, iteration: 0 });
}

test('grpo trains on the raw batch, vanishing groups included [2.4]', () => {
  const batch = composed([groupOf('a', 8), groupOf('b', 2)], 'grpo');
  expect(batch.current).toHaveLength(16);
  expect(batch.replay.draws).toEqual([]);
});

test('filter drops samples without advantage and the batch shrinks [S13] [2.4]', () => {
  const batch = composed([groupOf('a', 8), groupOf('b', 2)], 'filter');
  expect(batch.current.map(({ rollout }) => rollout.problemId)).toEqual(Array(8).fill('b'));
  expect(batch.replay.draws).toEqual([]);
});

test('ssr fills their places from the buffer, so the batch keeps its size [S3] [S4] [identity: replay share]', () => {
  for (const all of [1, 3, 7]) {
    const groups = Array.from({ length: 8 }, (_, id) => groupOf(`g${id}`, id < all ? 8 : 2));
    const batch = composed(groups, 'ssr');
    expect(batch.current).toHaveLength(64 - 8 * all);
    expect(batch.current.length + batch.replay.draws.length).toBe(64);
    expect(batch.replay.draws.length / 64).toBe(1 - batch.effective / batch.rawSize);
  }
});

test('places that replay has to fill are counted without asking the buffer [alarm: replay] [S1]', () => {
  const groups = [groupOf('a', 8), groupOf('b', 2)];
  expect(composed(groups, 'ssr').wanted).toBe(8);
  expect(composed(groups, 'filter').wanted).toBe(0);
  expect(composed([groupOf('b', 2)], 'ssr').wanted).toBe(0);
});

test('no sample of an all-correct group is ever replayed [S8]', () => {
  const batch = composed([groupOf('easy', 8), groupOf('b', 4)], 'ssr');
  for (const { sample } of batch.replay.draws) expect(sample.rollout.problemId).toBe('b');
});

test('when no group vanishes, the three modes give the same batch [identity: no vanishing]', () => {
  const groups = [groupOf('a', 3), groupOf('b', 2)];
  const [grpo, filter, ssr] = (['grpo', 'filter', 'ssr'] as const).map((mode) =>
    composed(groups, mode),
  );
  expect(filter?.current).toEqual(grpo?.current);
  expect(ssr?.current).toEqual(grpo?.current);
  expect(ssr?.replay.draws).toEqual([]);
});

test('ssr without its draws is filter [identity: draws forced to zero]', () => {
  const groups = [groupOf('a', 8), groupOf('b', 2), groupOf('c', 0)];
  expect(composed(groups, 'ssr').current).toEqual(composed(groups, 'filter').current);
});

test('when nothing is effective and the buffer is empty, the batch is empty [S9] [rule 15: nothing effective]', () => {
  const batch = composed([groupOf('a', 8), groupOf('b', 0)], 'ssr');
  expect(batch.current).toEqual([]);
  expect(batch.replay.draws).toEqual([]);
  expect(batch.wanted).toBe(0);
});

test('kept rethinkings of an all-correct group join for imitation when asked for [2.9 all_kept]', () => {
  const groups = [groupOf('a', 8, { kept: [3] }), groupOf('b', 2)];
  const loss: LossConfig = { ...plainLoss, nllCoef: 0.05, nllAllKept: true };
  const batch = composed(groups, 'ssr', loss);
  expect(batch.current).toHaveLength(9);
  expect(batch.current.length + batch.replay.draws.length).toBe(16);
  expect(composed(groups, 'ssr', { ...loss, nllAllKept: false }).current).toHaveLength(8);
  for (const { sample } of batch.replay.draws) expect(sample.advantage).not.toBe(0); // never stored
  expect(batch.replay.size).toBe(8);
  const kept = samplesOf(groupOf('a', 8, { kept: [3] }))[3]!;
  expect(trainable(kept, 'ssr', loss)).toBe(true);
  expect(trainable(kept, 'ssr', plainLoss)).toBe(false);
});

test('raw batches hold every sample once, depend on the seed alone and end with a short one [A4] [rule 15: short last batch]', () => {
  const samples = Array.from({ length: 5 }, (_, id) => samplesOf(groupOf(`p${id}`, 2))).flat();
  const cut = (name: string) =>
    rawBatches(samples, 16, { keepGroups: false }, seed(name)).map((batch) =>
      batch.map(({ id }) => id),
    );
  const batches = cut('one');
  expect(batches.map(({ length }) => length)).toEqual([16, 16, 8]);
  expect(batches.flat().sort()).toEqual(samples.map(({ id }) => id).sort());
  expect(cut('one')).toEqual(batches);
  expect(cut('two')).not.toEqual(batches);
  expect(rawBatches([], 16, { keepGroups: false }, seed())).toEqual([]);
});

test('groups can be kept together [A4]', () => {
  const samples = Array.from({ length: 6 }, (_, id) => samplesOf(groupOf(`p${id}`, 2))).flat();
  const batches = rawBatches(samples, 16, { keepGroups: true }, seed());
  expect(batches).toHaveLength(3);
  for (const batch of batches) {
    expect(new Set(batch.map(({ rollout }) => rollout.problemId)).size).toBe(2);
  }
});
