import { expect, test } from 'vitest';
import { resolveConfig, stampsOf } from './check-config.ts';
import { closestWord } from './closest-word.ts';
import { configOf, knobKeys, knobOf } from './knobs.ts';

const complaints = (given: Record<string, unknown>, preset = {}) =>
  resolveConfig(preset, given).complaints.map(({ message }) => message);

test('settings from a command line become values of their type', () => {
  const { config } = resolveConfig(
    { 'rethink.mode': 'random' },
    {
      'rollout.groupSize': '4',
      'optim.learningRate': '1e-5',
      'replay.persist': '6',
      'replay.capacity': 'none',
      'batch.keepGroups': 'true',
      'rethink.triggers': 'bare_wait, self_correction',
    },
  );
  expect(config?.rollout.groupSize).toBe(4);
  expect(config?.optim.learningRate).toBe(1e-5);
  expect(config?.replay).toMatchObject({ persist: 6, capacity: 0 });
  expect(config?.batch.keepGroups).toBe(true);
  expect(config?.rethink.triggers).toEqual(['bare_wait', 'self_correction']);
});

test('an unknown key is refused with a suggestion [D12]', () => {
  expect(complaints({ 'rollout.groupsize': '8' })).toEqual([
    'there is no setting "rollout.groupsize"; did you mean rollout.groupSize?',
  ]);
  expect(complaints({ groupSize: '8' })).toEqual([
    'there is no setting "groupSize"; did you mean rollout.groupSize?',
  ]);
  expect(complaints({ replay: '8' })).toEqual([
    '"replay" is no setting but has some: replay.alpha, replay.persist, replay.capacity, replay.replacement',
  ]);
  expect(complaints(Object.fromEntries([['__proto__', '1']]))).toEqual([
    'there is no setting "__proto__"',
  ]);
  expect(complaints({ 'something.else.entirely': '8' })).toEqual([
    'there is no setting "something.else.entirely"',
  ]);
});

test('values of a wrong type or out of range are refused in words [S12] [D12]', () => {
  expect(complaints({ 'batch.mode': 'SSR' })).toEqual([
    'batch.mode: expected one of grpo, filter, ssr, found "SSR"; did you mean ssr?',
  ]);
  expect(complaints({ 'batch.mode': 'None' })[0]).toMatch(
    'expected one of grpo, filter, ssr, found "None"',
  );
  expect(complaints({ 'rollout.groupSize': '1' })).toEqual([
    'rollout.groupSize: expected a whole number from 2 to 1024, found 1',
  ]);
  expect(complaints({ 'rollout.groupSize': '' })[0]).toMatch('found ""');
  expect(complaints({ 'rollout.temperature': 'warm' })).toEqual([
    'rollout.temperature: expected a number from 0.01 to 10, found "warm"',
  ]);
  expect(complaints({ 'rollout.temperature': 'NaN' })[0]).toMatch('found "NaN"');
  expect(complaints({ 'rollout.temperature': 'Infinity' })[0]).toMatch('found Infinity');
  expect(complaints({ 'replay.alpha': '-1' })).toEqual([
    'replay.alpha: expected a number from 0 to 10, found -1',
  ]);
  expect(complaints({ 'replay.persist': 'forever' })[0]).toMatch(
    'expected episode or a whole number of at least 1',
  );
  expect(complaints({ 'batch.keepGroups': 'yes' })).toEqual([
    'batch.keepGroups: expected true or false, found "yes"',
  ]);
  expect(complaints({ 'rethink.triggers': 'hm' }, { 'rethink.mode': 'random' })[0]).toMatch(
    'expected some of',
  );
  expect(complaints({ 'rethink.triggers': '' }, { 'rethink.mode': 'random' })[0]).toMatch(
    'expected some of',
  );
  expect(complaints({ 'eval.templates': 'default,rethnk' })[0]).toMatch(
    'found "default", "rethnk"; did you mean rethink?',
  );
  expect(complaints({ 'eval.templates': 'default,default' })).toEqual([
    'eval.templates: expected each once, found "default" again',
  ]);
  expect(complaints({ 'policy.start': '' })).toEqual(['policy.start: expected a text, found ""']);
});

test('a knob that cannot have an effect in the combination is refused [D12]', () => {
  expect(complaints({ 'rethink.q': '0.5' })).toEqual([
    'rethink.q = 0.5 has no effect: rethink.mode is off',
  ]);
  expect(complaints({ 'replay.alpha': '2' }, { 'batch.mode': 'filter' })).toEqual([
    'replay.alpha = 2 has no effect: batch.mode is filter: nothing is replayed',
  ]);
  expect(complaints({ 'loss.nllCoef': '0.1' })).toEqual([
    'loss.nllCoef = 0.1 has no effect: rethink.mode is off',
  ]);
  expect(complaints({ 'mask.nllTrigger': 'false' }, { 'rethink.mode': 'random' })).toEqual([
    'mask.nllTrigger = false has no effect: loss.nllCoef is 0',
  ]);
  expect(complaints({ 'loss.correctionCap': '2', 'loss.oldLogprobs': 'sampler' })).toHaveLength(1);
  expect(complaints({ 'loss.mismatchProbe': '2' })).toHaveLength(1);
  expect(complaints({ 'eval.maxNewTokens': '9', 'validation.problems': '0' })).toHaveLength(1);
  expect(complaints({ 'alarms.mismatchKl': '1', 'rollout.topP': '0.9' })).toHaveLength(1);
  expect(complaints({ 'replay.alpha': '2', 'rethink.mode': 'random', 'rethink.q': '0.5' })).toEqual(
    [],
  );
});

test('a choice that comes to the same as another one is refused [D12]', () => {
  expect(complaints({ 'advantage.baseline': 'final' })).toHaveLength(1);
  expect(complaints({ 'advantage.baseline': 'leave_one_out' })).toEqual([]);
  const imitates = { 'rethink.mode': 'random', 'loss.nllCoef': 0.05 } as const;
  expect(complaints({ 'advantage.baseline': 'final' }, imitates)).toEqual([]);
  const mended = { 'loss.nllKept': 'wrong_to_right', 'loss.nllAllKept': 'true' };
  expect(complaints(mended, imitates)).toEqual([
    'loss.nllAllKept = true has no effect: what mends a wrong answer always has an advantage',
  ]);
  expect(complaints({ ...mended, 'advantage.baseline': 'leave_one_out' }, imitates)).toEqual([]);
  expect(
    complaints({ 'loss.nllKept': 'all' }, { ...imitates, 'rethink.mode': 'wrong_only' }),
  ).toHaveLength(1);
});

test('every knob that can be idle says why, in some combination [D12]', () => {
  const combinations = [
    configOf(),
    configOf({ 'batch.mode': 'grpo', 'rethink.mode': 'random', 'loss.nllCoef': 0.05 }),
    configOf({ 'rethink.mode': 'random', 'rethink.choice': 'gold_aware' }),
    configOf({ 'loss.oldLogprobs': 'sampler', 'data.subset': 'all', 'validation.problems': 0 }),
    configOf({ 'advantage.baseline': 'final', 'rollout.topP': 0.9 }),
  ];
  for (const key of knobKeys.filter((one) => knobOf(one).idle !== undefined)) {
    expect(combinations.some((config) => knobOf(key).idle?.(config) !== undefined)).toBe(true);
  }
});

test('combinations that cannot work are refused [D12] [S1]', () => {
  const random = { 'rethink.mode': 'random' } as const;
  expect(complaints({ 'rollout.problemsPerSync': '8' })[0]).toMatch(
    'a batch of 512 can never be full',
  );
  expect(complaints({ 'rethink.keepMin': '50', 'rethink.keepMax': '40' }, random)[0]).toMatch(
    'nothing can be kept',
  );
  expect(complaints({ 'rethink.maxNewTokens': '20' }, random)[0]).toMatch('nothing can be kept');
  expect(complaints({ 'rethink.q': '0' }, random)[0]).toMatch('nothing is ever triggered');
  expect(
    complaints({ 'mask.policyTrigger': 'true', 'loss.oldLogprobs': 'sampler' }, random)[0],
  ).toMatch('no logprobs for trigger tokens');
  expect(complaints({ 'train.microbatchTokens': '2000' })).toEqual([
    'train.microbatchTokens: too little memory: 2000 tokens at once do not hold one response of up to 2048',
  ]);
  expect(complaints({ 'train.microbatchTokens': '2048' })).toEqual([]);
  expect(
    complaints({ 'train.microbatchTokens': '2048', 'rethink.maxNewTokens': '1025' }, random)[0],
  ).toMatch('of up to 2049');
  expect(complaints({ 'vision.minPixels': '2000000' })[0]).toMatch(
    'expected at least vision.minPixels',
  );
});

test('uses of the reference answer beyond the reward are stamped on the run [F2] [F10]', () => {
  expect(stampsOf(configOf())).toEqual([]);
  expect(stampsOf(configOf({ 'rethink.mode': 'wrong_only' }))).toEqual([
    'reference answers choose which responses rethink',
  ]);
  expect(stampsOf(configOf({ 'rethink.mode': 'random', 'rethink.choice': 'gold_aware' }))).toEqual([
    'reference answers choose the trigger',
  ]);
  expect(stampsOf(configOf({ 'rollout.topP': 0.95 }))).toHaveLength(1);
});

test('a response is rewarded for its answer alone: there is no other reward to choose [R8]', () => {
  expect(knobKeys.filter((key) => key.startsWith('reward.'))).toEqual([
    'reward.answer', // where it stands
    'reward.shaping',
  ]);
  expect(knobOf('reward.shaping').type).toEqual({ kind: 'choice', values: ['none', 'reference'] });
});

test('the list of settings is frozen: a new one is a deliberate act', () => {
  expect(knobKeys).toMatchSnapshot();
});

test('the closest word is near', () => {
  expect(closestWord('filtr', ['grpo', 'filter', 'ssr'])).toBe('filter');
  expect(closestWord('xyz', ['rollout'])).toBeUndefined();
  expect(closestWord('x', [])).toBeUndefined();
});
