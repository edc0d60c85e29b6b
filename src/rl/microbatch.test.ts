import { expect, test } from 'vitest';
import type { Batch } from './batch.ts';
import { groupOf, samplesOf } from './__fixtures__/group.ts';
import { cutByTokens } from './cut-by-tokens.ts';
import type { Settings } from './knobs.ts';
import { configOf } from './knobs.ts';
import { reasonToSkip, stepWork } from './microbatch.ts';
import type { Sample } from './records.ts';

const rethinking: Settings = { 'rethink.mode': 'random', 'loss.nllCoef': 0.05 };
const config = (settings: Settings = {}) =>
  configOf({ ...rethinking, 'train.microbatchTokens': 60, ...settings });

function batchOf(current: readonly Sample[], drawn: readonly Sample[] = []): Batch {
  const draws = drawn.map((sample) => ({ sample, insertedAt: 0, iteration: 0, age: 1 }));
  const replay = { draws, size: draws.length, ess: null, evicted: 0 };
  const effective = current.filter(({ advantage }) => advantage !== 0).length;
  return {
    current,
    replay,
    rawSize: current.length + drawn.length,
    effective,
    wanted: drawn.length,
  };
}

const a = samplesOf(groupOf('a', 2, { kept: [5] }));
const b = samplesOf(groupOf('b', 4));

/**
 * The policy loss of a step at ratios of one, as the policy computes it:
 * −Σ count · mask · advantage / M over all microbatches.
 */
function policyLoss({ microbatches, totals }: ReturnType<typeof stepWork>): number {
  let sum = 0;
  for (const { sequences } of microbatches) {
    for (const { actions, advantages, count } of sequences) {
      actions.forEach((bit, t) => (sum += bit * count * (advantages[t] ?? 0)));
    }
  }
  return -sum / totals.actions;
}

test('portions hold the prompt of a problem once and keep its samples together [rule 17]', () => {
  const portions = cutByTokens([...a, ...b], 60);
  expect(portions.flat()).toHaveLength(16);
  for (const portion of portions) {
    const problems = new Set(portion.map(({ rollout }) => rollout.problemId));
    const tokens = portion.reduce((sum, { rollout }) => sum + rollout.response.length, 0);
    expect(tokens + 4 * problems.size).toBeLessThanOrEqual(60);
  }
  // a: 4 + 7·5 + 9 = 48 tokens, b: 4 + 8·5 = 44: one portion each, though they are given mixed.
  const mixed = a.flatMap((sample, place) => [sample, b[place] ?? sample]);
  expect(cutByTokens(mixed, 60).map(({ length }) => length)).toEqual([8, 8]);
});

test('a sequence longer than the budget is a portion of its own, and nothing is lost', () => {
  expect(cutByTokens([...a, ...b], 1)).toHaveLength(16);
  expect(cutByTokens([], 60)).toEqual([]);
});

test('totals count the tokens of the whole step, whatever its cut [rule 17] [L2]', () => {
  const small = stepWork(batchOf([...a, ...b]), config({ 'train.microbatchTokens': 1 }));
  const large = stepWork(batchOf([...a, ...b]), config({ 'train.microbatchTokens': 1e6 }));
  expect(small.microbatches).toHaveLength(16);
  expect(large.microbatches).toHaveLength(1);
  expect(small.totals).toEqual(large.totals);
  expect(large.totals).toEqual({ actions: 15 * 5 + 7, imitate: 5, replayedActions: 0 });
  expect(policyLoss(small)).toBeCloseTo(policyLoss(large), 12);
});

test('a sample that stands in the batch three times is computed once and counts three times', () => {
  const [one] = b;
  const work = stepWork(batchOf([one!], [one!, one!]), config());
  expect(work.microbatches[0]?.sequences).toHaveLength(1);
  expect(work.microbatches[0]?.sequences[0]).toMatchObject({ count: 3, replayedCount: 2 });
  expect(work.totals).toEqual({ actions: 15, imitate: 0, replayedActions: 10 });
});

test('duplicating every sample leaves the loss unchanged [identity: duplication]', () => {
  const samples = [...a, ...b];
  const once = stepWork(batchOf(samples), config());
  const twice = stepWork(batchOf(samples, samples), config());
  expect(twice.totals.actions).toBe(2 * once.totals.actions);
  expect(policyLoss(twice)).toBeCloseTo(policyLoss(once), 12);
  expect(twice.imitated).toBe(2 * once.imitated);
});

test('gradient(Filter) = gradient(GRPO) · M_raw / M_eff [identity: filter against grpo]', () => {
  const easy = samplesOf(groupOf('easy', 8));
  const grpo = stepWork(batchOf([...easy, ...b]), config({ 'rethink.mode': 'off' }));
  const filter = stepWork(batchOf(b), config({ 'rethink.mode': 'off' }));
  expect(policyLoss(filter)).toBeCloseTo(
    (policyLoss(grpo) * grpo.totals.actions) / filter.totals.actions,
    12,
  );
});

test('at first use the loss is −(1/M) Σ m·Â: ratios are one [identity: first use] [L7]', () => {
  const work = stepWork(batchOf(a), config());
  const expected = a.reduce(
    (sum, { advantage, rollout }) => sum + advantage * (rollout.draft === undefined ? 5 : 7),
    0,
  );
  expect(policyLoss(work)).toBeCloseTo(-expected / (7 * 5 + 7), 12);
});

test('per response and per microbatch are weights on tokens, whose sums are the named means [L2]', () => {
  const long = a[5]!; // 7 actions, Â 0.75
  const short = b[7]!; // 5 actions, Â −0.5
  const perResponse = stepWork(
    batchOf([long, short]),
    config({ 'loss.normalise': 'per_response' }),
  );
  expect(policyLoss(perResponse)).toBeCloseTo(-(0.75 - 0.5) / 2, 6);
  const perMicrobatch = stepWork(
    batchOf([long, short, b[0]!]),
    config({ 'loss.normalise': 'per_microbatch', 'train.microbatchTokens': 15 }),
  );
  expect(perMicrobatch.microbatches).toHaveLength(2);
  expect(policyLoss(perMicrobatch)).toBeCloseTo(-(0.75 + 0) / 2, 6);
});

test('the trigger carries no action, its old logprob is no number and never read [L5] [rule 11]', () => {
  const [sequence] = stepWork(batchOf([a[5]!]), config()).microbatches[0]?.sequences ?? [];
  expect([...sequence!.actions]).toEqual([1, 1, 1, 1, 0, 0, 1, 1, 1]);
  expect([...sequence!.imitate]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1]);
  expect([...sequence!.oldLogprobs].some((value) => Number.isNaN(value))).toBe(false);
  expect([...sequence!.temperatures].map((value) => Math.fround(value))).toEqual(
    [1, 1, 1, 1, 1, 1, 0.9, 0.9, 0.9].map(Math.fround),
  );
});

test('losses name only terms that have something to do [L1] [L4] [L6]', () => {
  const kinds = (samples: readonly Sample[], settings: Settings = {}) =>
    stepWork(batchOf(samples), config(settings)).losses;
  expect(kinds(a)).toEqual([
    { kind: 'clippedSurrogate', clipLow: 0.2, clipHigh: 0.35 },
    { kind: 'nll', weight: 0.05 },
  ]);
  expect(kinds(b)).toEqual([{ kind: 'clippedSurrogate', clipLow: 0.2, clipHigh: 0.35 }]);
  expect(kinds(b, { 'loss.klCoef': 0.1, 'loss.clipHigh': 0.2 })).toEqual([
    { kind: 'clippedSurrogate', clipLow: 0.2, clipHigh: 0.2 },
    { kind: 'kl', weight: 0.1 },
  ]);
});

test('importance weights are bounded and apply to single tokens [L7]', () => {
  const sample = {
    ...b[0]!,
    oldLogprobs: b[0]!.rollout.logprobs.map((value, place) => value + place - 1),
  };
  const [sequence] =
    stepWork(batchOf([sample]), config({ 'loss.correctionCap': 2 })).microbatches[0]?.sequences ??
    [];
  const weights = [Math.exp(-1), 1, 2, 2, 2];
  [...sequence!.advantages].forEach((value, place) =>
    expect(value).toBeCloseTo(0.5 * (weights[place] ?? 0), 6),
  );
});

test('a masked truncated response is not computed at all [R2] [rule 10]', () => {
  const cut = {
    ...b[7]!,
    rollout: {
      ...b[7]!.rollout,
      stop: 'length' as const,
      verdict: { ...b[7]!.rollout.verdict, code: 'truncated' as const },
    },
  };
  const masked = stepWork(batchOf([b[0]!, cut]), config({ 'rollout.truncated': 'mask_loss' }));
  expect(masked.totals.actions).toBe(5);
  expect(masked.microbatches.flatMap(({ sequences }) => sequences)).toHaveLength(1);
  expect(stepWork(batchOf([b[0]!, cut]), config()).totals.actions).toBe(10);
});

test('a step that could change nothing says why [S9]', () => {
  const reason = (samples: readonly Sample[], settings: Settings = {}) => {
    const batch = batchOf(samples);
    return reasonToSkip(batch, stepWork(batch, config(settings)), config(settings));
  };
  const easy = samplesOf(groupOf('easy', 8));
  expect(reason([])).toBe('all groups agree and the replay buffer is empty');
  expect(reason(easy)).toBe('all groups agree');
  expect(reason(easy, { 'loss.klCoef': 0.1 })).toBeUndefined();
  expect(reason(samplesOf(groupOf('easy', 8, { kept: [0] })))).toBeUndefined();
  expect(reason(b)).toBeUndefined();
  const masked = b.map((sample) => {
    const verdict = { ...sample.rollout.verdict, code: 'truncated' as const };
    return { ...sample, rollout: { ...sample.rollout, stop: 'length' as const, verdict } };
  });
  const left = { 'rollout.truncated': 'mask_loss' } as const;
  expect(reason([...masked, ...easy], left)).toBe('every token with an advantage is masked');
  expect(reason(masked, left)).toBe('every token of the batch is masked');
});

test('a sample without old logprobs is never trained on in silence', () => {
  expect(() =>
    stepWork(batchOf([{ ...b[0]!, oldLogprobs: new Float32Array(0) }]), config()),
  ).toThrow('internal: sample 0/b/0 has no old logprobs');
});
