import { expect, test } from 'vitest';
import { groupAdvantages } from './advantage.ts';
import { problem, roundZero } from './__fixtures__/group.ts';
import { end, imagePad, processor, promptText, sampler, says } from './__fixtures__/policy.ts';
import { setupOf } from './__fixtures__/setup.ts';
import type { Settings } from './knobs.ts';
import { configOf } from './knobs.ts';
import { PhaseClock } from './phases.ts';
import type { Completion, Group } from './records.ts';
import { failuresOf, forceRethinking } from './rethink.ts';
import { collectRollouts } from './rollout.ts';
import { triggers } from './triggers.ts';

const at = { iteration: 0, weightsVersion: 1, clock: new PhaseClock(() => 0) };
const long = ' Looking once more at everything I see'; // 38 tokens
const always: Settings = { 'rethink.mode': 'random', 'rethink.q': 1, 'rollout.groupSize': 8 };
const right = `${long}. \\boxed{4}`;
const wrong = `${long}. \\boxed{5}`;

/** Answers with the given first answers, then with what `second` says to each joined text. */
async function rethink(
  first: readonly Completion[],
  second: (joined: string) => Completion | undefined,
  settings: Settings = {},
  answer = '4',
): Promise<Group> {
  const config = configOf({ ...always, ...settings });
  const setup = setupOf(
    sampler(({ prompt, count }) => {
      if (count > 1) return first;
      const completion = second(promptText(prompt));
      return completion === undefined ? [] : [completion];
    }),
  );
  const drafts = await collectRollouts([problem('p', answer)], config, setup, at);
  const [group] = await forceRethinking(drafts.groups, config, setup, at);
  if (group === undefined) throw new Error('no group');
  return group;
}

const firsts = (correct: number, size = 8) =>
  Array.from({ length: size }, (_, index) =>
    says(`${index}: \\boxed{${index < correct ? 4 : 3}}`, 1),
  );
const indexOf = (joined: string) => Number(/\?(\d):/.exec(joined)?.[1]);
const outcomes = (group: Group) => group.rethinking?.attempts.map(({ outcome }) => outcome);

test('worked example: kept 1 and 5 replace their drafts, advantages from round 0 [2.8] [F-worked]', async () => {
  const group = await rethink(firsts(2), (joined) =>
    says([1, 5].includes(indexOf(joined)) ? right : wrong, 1),
  );
  expect(group.rollouts).toHaveLength(8);
  expect(group.rollouts.map(({ draft }) => draft !== undefined)).toEqual([
    false,
    true,
    false,
    false,
    false,
    true,
    false,
    false,
  ]);
  expect(groupAdvantages(group, roundZero).map(({ value }) => value)).toEqual([
    0.75, 0.75, -0.25, -0.25, -0.25, 0.75, -0.25, -0.25,
  ]);
});

test('the continuation starts from the ids of draft and trigger, and y1 stays as sampled [F7] [rule 9] [2.8.5]', async () => {
  // The fake tokenizer decodes 300 to one letter and would never encode it from two: ids must survive.
  const y1 = Int32Array.of(300, 105, 92, 98, end);
  const seen: Int32Array[] = [];
  const config = configOf({ ...always, 'rollout.groupSize': 2 });
  const setup = setupOf(
    sampler(({ prompt, count, params }) => {
      if (count === 2)
        return [
          { ...says('x', 1), tokens: y1, logprobs: new Float32Array(5).fill(-1) },
          says('y', 1),
        ];
      const last = prompt.chunks.at(-1);
      if (last?.kind === 'tokens') seen.push(last.ids);
      expect(params).toMatchObject({ temperature: 0.9, maxTokens: 1024 });
      return [says(right, 1)];
    }),
  );
  const { groups } = await collectRollouts([problem('p')], config, setup, at);
  const [group] = await forceRethinking(groups, config, setup, at);
  const kept = group?.rollouts[0];
  expect([...(seen[0] ?? [])].slice(0, 4)).toEqual([300, 105, 92, 98]);
  expect([...(kept?.response ?? [])].slice(0, 4)).toEqual([300, 105, 92, 98]);
  const trigger = triggers[kept?.trigger as keyof typeof triggers];
  const spans = kept?.spans ?? [];
  expect(spans.map(({ kind, start, temperature }) => [kind, start, temperature])).toEqual([
    ['draft', 0, 1],
    ['trigger', 4, 1],
    ['rethinking', 4 + trigger.length, 0.9],
  ]);
  expect(processor.decode(kept!.response.subarray(spans[1]!.start, spans[1]!.end))).toBe(trigger);
  const logprobs = [...(kept?.logprobs ?? [])];
  expect(logprobs.slice(0, 4)).toEqual([-1, -1, -1, -1]);
  expect(logprobs.slice(4, spans[2]!.start).every((value) => Number.isNaN(value))).toBe(true);
  expect(logprobs.slice(spans[2]!.start).every((value) => value === -0.25)).toBe(true);
});

test('eligible are finished, short, clean answers, wrong and right alike [F4] [2.8.2]', async () => {
  const first = [
    says('\\boxed{4}', 1),
    says('\\boxed{3}', 1),
    says('\\boxed{4}', 1, true),
    says('x'.repeat(1025), 1),
    says('x'.repeat(1024), 1), // the end token does not count
    { ...says('x', 1), tokens: Int32Array.of(imagePad, end) },
  ];
  const group = await rethink(first, () => says(wrong, 1), { 'rollout.groupSize': 6 });
  expect(group.rethinking?.attempts.map(({ index }) => index)).toEqual([0, 1, 4]);
  expect(group.rethinking?.skipped).toEqual([
    { index: 2, reason: 'truncated' },
    { index: 3, reason: 'long' },
    { index: 5, reason: 'forbidden' },
  ]);
});

test('checks come in the order of the specification, the quota last [F6] [2.8.6]', async () => {
  const seconds: (Completion | undefined)[] = [
    { ...says('no', 1), tokens: Int32Array.of(imagePad) },
    says('x'.repeat(20), 1, true),
    says('\\boxed{4}', 1), // 9 tokens
    says(`${'x'.repeat(1020)}\\boxed{4}`, 1),
    says(`${long}. Wait, so. Wait, no. Wait, yes. Wait, \\boxed{4}`, 1),
    says(wrong, 1),
    says(right, 1),
    undefined,
  ];
  const group = await rethink(firsts(0), (joined) => seconds[indexOf(joined)], {
    'rethink.maxPerProblem': 2,
  });
  expect(outcomes(group)).toEqual([
    'forbidden',
    'unfinished',
    'short',
    'long',
    'waits',
    'wrong',
    'kept',
    'unfinished',
  ]);
});

test('lengths from 31 to 1,023 are kept, the end token not counted [F6] [2.8.6]', async () => {
  const box = '\\boxed{4}';
  const lengths = [30, 31, 1023, 1024];
  const texts = lengths.map((length) => 'x'.repeat(length - box.length) + box);
  const group = await rethink(firsts(0, 4), (joined) => says(texts[indexOf(joined)] ?? '', 1), {
    'rollout.groupSize': 4,
    'rethink.maxNewTokens': 2000,
  });
  expect(outcomes(group)).toEqual(['short', 'kept', 'kept', 'long']);
});

test('a reply dropped for another reason uses no quota; ascending index decides [F6] [quota]', async () => {
  const group = await rethink(firsts(0), (joined) => says(indexOf(joined) < 3 ? wrong : right, 1));
  expect(outcomes(group)).toEqual([
    'wrong',
    'wrong',
    'wrong',
    'kept',
    'kept',
    'quota',
    'quota',
    'quota',
  ]);
});

test('every kept sample is correct and worth 1, under shaped rewards too [F8]', async () => {
  const group = await rethink(firsts(3), () => says(right, 1), { 'reward.shaping': 'reference' });
  const kept = group.rollouts.filter(({ draft }) => draft !== undefined);
  expect(kept).toHaveLength(2);
  for (const { verdict } of kept)
    expect(verdict).toMatchObject({ code: 'correct', reward: 1, shaping: 0 });
});

test('the last box of the whole response counts, or only one in the continuation [2.8.6]', async () => {
  const silent = () => says(`${long}. It stands.`, 1);
  expect(outcomes(await rethink(firsts(8), silent))?.[0]).toBe('kept');
  expect(outcomes(await rethink(firsts(8), silent, { 'rethink.requireBoxInY2': true }))?.[0]).toBe(
    'wrong',
  );
});

test('draws and triggers do not depend on the reference answer [rule 13] [F2] [F4]', async () => {
  const first = firsts(4);
  const settings: Settings = { 'rethink.q': 0.5 };
  const one = await rethink(first, () => says(wrong, 1), settings, '4');
  const other = await rethink(first, () => says(wrong, 1), settings, '3');
  const chosen = (group: Group) =>
    group.rethinking?.attempts.map(({ index, trigger }) => [index, trigger]);
  expect(chosen(one)).toEqual(chosen(other));
  expect(one.rollouts.map(({ verdict }) => verdict.correct)).not.toEqual(
    other.rollouts.map(({ verdict }) => verdict.correct),
  );
});

test('draws and triggers do not depend on order or concurrency [S10] [2.8.3]', async () => {
  const config = (concurrency: number) =>
    configOf({ ...always, 'rethink.q': 0.5, 'rollout.concurrency': concurrency });
  const chosen = async (ids: readonly string[], concurrency: number) => {
    const setup = setupOf(sampler(({ count }) => (count > 1 ? firsts(4) : [says(wrong, 1)])));
    const { groups } = await collectRollouts(
      ids.map((id) => problem(id)),
      config(concurrency),
      setup,
      at,
    );
    const thought = await forceRethinking(groups, config(concurrency), setup, at);
    return thought
      .flatMap(
        ({ rethinking }) =>
          rethinking?.attempts.map(({ rolloutId, trigger }) => `${rolloutId} ${trigger}`) ?? [],
      )
      .sort();
  };
  expect(await chosen(['a', 'b', 'c'], 0)).toEqual(await chosen(['c', 'b', 'a'], 1));
});

test('every rollout of a problem has its own draw and its own trigger [2.8.3] [2.8.4]', async () => {
  const half = { 'rethink.q': 0.5, 'rollout.groupSize': 32 };
  const group = await rethink(firsts(0, 32), () => says(wrong, 1), half);
  const attempts = group.rethinking?.attempts ?? [];
  expect(attempts.length).toBeGreaterThan(4);
  expect(attempts.length).toBeLessThan(28);
  expect(new Set(attempts.map(({ trigger }) => trigger)).size).toBe(3);
});

test('a continuation of other weights stops the run [rule 22] [D7]', async () => {
  const foreign = () => ({ ...says(right, 1), weightsVersion: 2 });
  await expect(rethink(firsts(0), foreign)).rejects.toThrow(
    'expected rollouts of weights version 1, found 2',
  );
});

test('a fraction q of the eligible ones is triggered, uniformly with three triggers [F1] [F5] [2.8.4]', async () => {
  const config = configOf({ ...always, 'rethink.q': 0.65 });
  const setup = setupOf(sampler(({ count }) => (count > 1 ? firsts(4) : [says(wrong, 1)])));
  const problems = Array.from({ length: 300 }, (_, id) => problem(`p${id}`));
  const { groups } = await collectRollouts(problems, config, setup, at);
  const attempts = (await forceRethinking(groups, config, setup, at)).flatMap(
    (group) => group.rethinking?.attempts ?? [],
  );
  expect(attempts.length / 2400).toBeCloseTo(0.65, 1);
  const counts = Map.groupBy(attempts, ({ trigger }) => trigger);
  expect([...counts.keys()].sort()).toEqual([
    'self_correction',
    'self_questioning',
    'self_verification',
  ]);
  for (const some of counts.values()) expect(some.length / attempts.length).toBeCloseTo(1 / 3, 1);
});

test('gold_aware triggers follow the released code: 20 % bare, 30 % questioning, 50 % by truth [F2]', async () => {
  const config = configOf({ ...always, 'rethink.choice': 'gold_aware' });
  const setup = setupOf(sampler(({ count }) => (count > 1 ? firsts(8) : [says(wrong, 1)])));
  const problems = Array.from({ length: 300 }, (_, id) => problem(`p${id}`));
  const { groups } = await collectRollouts(problems, config, setup, at);
  const attempts = (await forceRethinking(groups, config, setup, at)).flatMap(
    (group) => group.rethinking?.attempts ?? [],
  );
  const share = (trigger: string) =>
    attempts.filter((one) => one.trigger === trigger).length / attempts.length;
  expect(share('bare_wait')).toBeCloseTo(0.2, 1);
  expect(share('self_questioning')).toBeCloseTo(0.3, 1);
  expect(share('self_verification')).toBeCloseTo(0.5, 1);
  expect(share('self_correction')).toBe(0); // every first answer is right
});

test('modes and options choose who is triggered [F4] [F10]', async () => {
  const indexes = async (settings: Settings, correct = 6) => {
    const group = await rethink(firsts(correct), () => says(wrong, 1), settings);
    const { attempts = [], skipped = [] } = group.rethinking ?? {};
    expect(attempts.length + skipped.length).toBe(8);
    return attempts.map(({ index }) => index);
  };
  expect(await indexes({})).toHaveLength(8);
  expect(await indexes({ 'rethink.mode': 'wrong_only' })).toEqual([6, 7]);
  expect(await indexes({ 'rethink.skipWrongAbove': 0.7 })).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await indexes({ 'rethink.skipWrongAbove': 0.7 }, 5)).toHaveLength(8);
  expect(await indexes({ 'rethink.q': 0 })).toEqual([]);
  const waited = [says('Wait, \\boxed{4}', 1), ...firsts(8).slice(1)];
  const group = await rethink(waited, () => says(wrong, 1), { 'rethink.skipWaited': true });
  expect(group.rethinking?.skipped).toEqual([{ index: 0, reason: 'not_drawn' }]);
});

test(
  'with nothing to trigger nobody is asked and nothing waits [F12]',
  { timeout: 1000 },
  async () => {
    const unfinished = firsts(2).map(({ tokens }) => says(processor.decode(tokens), 1, true));
    const group = await rethink(unfinished, () => {
      throw new Error('asked');
    });
    expect(group.rethinking).toMatchObject({ attempts: [] });
    expect(group.rethinking?.skipped.map(({ reason }) => reason)).toEqual(
      Array(8).fill('truncated'),
    );
  },
);

test('off means that nobody is asked and groups come back as they were [F10]', async () => {
  const group = await rethink(
    firsts(2),
    () => {
      throw new Error('asked');
    },
    { 'rethink.mode': 'off' },
  );
  expect(group.rethinking).toBeUndefined();
});

test('the tail can be cut: the place is recorded and only kept tokens remain, with their own logprobs [F3] [rule 11]', async () => {
  const first = says('Two and two.\n\nSo the answer is \\boxed{3}', 1);
  first.logprobs.forEach((_, place) => (first.logprobs[place] = -place));
  const group = await rethink([first, says('nothing to find', 1)], () => says(right, 1), {
    'rollout.groupSize': 2,
    'rethink.cutTail': 1,
  });
  const [cut, whole] = group.rollouts;
  expect(cut?.cut).toBe('Two and two.'.length);
  expect(processor.decode(cut!.response)).toMatch(/^Two and two\.\n\nWait/);
  expect([...cut!.logprobs.subarray(0, 12)]).toEqual([...first.logprobs.subarray(0, 12)]);
  expect(whole?.cut).toBeUndefined();
  expect(group.rethinking?.attempts[0]).toMatchObject({ cut: 12, draftTokens: 12 });
});

test('every triggered rollout is recorded with verdicts before and after [2.8.10] [F8]', async () => {
  const group = await rethink(firsts(2), (joined) =>
    says(indexOf(joined) % 2 === 0 ? right : wrong, 1),
  );
  const attempts = group.rethinking?.attempts ?? [];
  expect(attempts).toHaveLength(8);
  for (const attempt of attempts) {
    expect(attempt.rolloutId).toBe(`0/p/${attempt.index}`);
    expect(attempt.before.correct).toBe(attempt.index < 2);
    expect(attempt.after.correct).toBe(attempt.index % 2 === 0);
  }
});

test('without room for a continuation the answer is left as it is', async () => {
  const config = configOf({ ...always, 'rollout.groupSize': 2 });
  const policy = sampler(({ count }) => (count > 1 ? firsts(1, 2) : [says(right, 1)]));
  const setup = setupOf({ ...policy, limits: { ...policy.limits, maxTokens: 70 } });
  const { groups } = await collectRollouts([problem('p')], config, setup, at);
  const [group] = await forceRethinking(groups, config, setup, at);
  expect(group?.rethinking?.skipped.map(({ reason }) => reason)).toEqual(['long', 'long']);
});

test('a continuation that fails is told by its problem; when all fail the run stops', async () => {
  const failing = (joined: string) => {
    if (indexOf(joined) < 3) throw new Error('out of blocks');
    return says(right, 1);
  };
  const group = await rethink(firsts(0), failing);
  expect(outcomes(group)?.slice(0, 3)).toEqual(['unfinished', 'unfinished', 'unfinished']);
  const failure = { problemId: 'p', message: 'rethinking: out of blocks' };
  expect(failuresOf([group])).toEqual([failure, failure, failure]);
  await expect(
    rethink(firsts(0), () => {
      throw new Error('out of blocks');
    }),
  ).rejects.toThrow('none of 8 answers could be continued: rethinking: out of blocks');
});
