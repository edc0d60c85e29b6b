import { expect, test } from 'vitest';
import { groupOf, plain, rethought, samplesOf, verdict } from './__fixtures__/group.ts';
import { actionMask, imitationMask, lossOf, maskTable } from './masks.ts';
import { configOf } from './knobs.ts';
import { draftOf } from './records.ts';

const { loss, mask } = configOf({ 'rethink.mode': 'random', 'loss.nllCoef': 0.05 });
const table = maskTable(mask);
const rollout = rethought(plain('p', 0, verdict(false))); // y1: 4, trigger: 2, y2: 3
const sample = samplesOf(groupOf('p', 0, { kept: [0] }))[0]!;
const bits = (array: Iterable<number>) => [...array].join('');

test('the policy loss never sees the trigger, the likelihood of a kept one does [2.9 masks] [L5] [rule 11]', () => {
  expect(bits(actionMask(rollout, table, false))).toBe('111100111');
  expect(bits(imitationMask(sample, table, loss))).toBe('000011111');
});

test('a plain response is all action and never imitated [2.9 masks] [rule 4]', () => {
  const [alone] = samplesOf(groupOf('p', 2));
  expect(bits(actionMask(alone!.rollout, table, false))).toBe('11111');
  expect(bits(imitationMask(alone!, table, loss))).toBe('00000');
});

test('the trigger can be masked in the likelihood too [L5] [rule 11]', () => {
  const masked = maskTable({ ...mask, nllTrigger: false });
  expect(bits(imitationMask(sample, masked, loss))).toBe('000000111');
});

test('the table reaches every part: y2 only, whole response, trigger as action [L6]', () => {
  const other = maskTable({ policyY1: false, policyTrigger: true, nllY1: true, nllTrigger: true });
  expect(bits(actionMask(rollout, other, false))).toBe('000011111');
  expect(bits(imitationMask(sample, other, loss))).toBe('111111111');
  // y1 is a part of a rethought response only: a plain one stays an action.
  expect(bits(actionMask(plain('p', 1, verdict(true)), other, false))).toBe('11111');
});

test('native waits with a positive advantage are imitated when asked for [L6]', () => {
  const [right, , wrong] = samplesOf(groupOf('p', 2)).map((one) => ({
    ...one,
    rollout: { ...one.rollout, waits: 1 },
  }));
  const native = { ...loss, nllIncludeNative: true };
  expect(bits(imitationMask(right!, table, native))).toBe('11111');
  expect(bits(imitationMask(wrong!, table, native))).toBe('00000');
  expect(
    bits(imitationMask({ ...right!, rollout: { ...right!.rollout, waits: 0 } }, table, native)),
  ).toBe('00000');
});

test('imitation can be kept to wrong answers that became right, and weighed by advantage', () => {
  const confirmed = samplesOf(groupOf('p', 2, { kept: [0, 5] }));
  const only = { ...loss, nllKept: 'wrong_to_right' } as const;
  expect(bits(imitationMask(confirmed[0]!, table, only))).toBe('000000000');
  expect(bits(imitationMask(confirmed[5]!, table, only))).toBe('000011111');
  const weighed = imitationMask(confirmed[5]!, table, { ...loss, nllWeighting: 'advantage' });
  expect([...weighed]).toEqual([0, 0, 0, 0, 0.75, 0.75, 0.75, 0.75, 0.75]);
});

test('the likelihood term rests in an iteration whose first answers wait more often than the cap', () => {
  // Kept rethinkings do not count as waiting: it is what their drafts did unasked.
  const group = samplesOf(groupOf('p', 2, { kept: [0, 5] }));
  const waiting = group.map((one, place) => {
    if (place >= 2) return one;
    const draft = { ...draftOf(one.rollout), waits: 1 };
    return { ...one, rollout: one.rollout.draft === undefined ? draft : { ...one.rollout, draft } };
  });
  const capped = (nllWaitCap: number) => ({ ...loss, nllWaitCap });
  expect(lossOf(capped(0.2), waiting).nllCoef).toBe(0);
  expect(lossOf(capped(0.25), waiting).nllCoef).toBe(0.05); // two of eight are not more than a quarter
  expect(lossOf(capped(1), waiting)).toEqual(loss);
  expect(lossOf(capped(0), group).nllCoef).toBe(0.05);
  const rests = imitationMask(waiting[5]!, table, lossOf(capped(0.2), waiting));
  expect(bits(rests)).toBe('000000000');
});

test('a truncated response can be left out of the loss, its ids stay [R2] [rule 10]', () => {
  const cut = plain('p', 0, { ...verdict(false), code: 'truncated' });
  expect(bits(actionMask(cut, table, false))).toBe('11111');
  expect(bits(actionMask(cut, table, true))).toBe('00000');
});
