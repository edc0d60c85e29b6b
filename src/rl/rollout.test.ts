import { expect, test } from 'vitest';
import { problem } from './__fixtures__/group.ts';
import { imagePad, promptText, sampler, says } from './__fixtures__/policy.ts';
import { setupOf } from './__fixtures__/setup.ts';
import { configOf } from './knobs.ts';
import { PhaseClock } from './phases.ts';
import type { Completion } from './records.ts';
import { collectRollouts } from './rollout.ts';

const config = configOf({ 'rollout.groupSize': 4 });
const at = { iteration: 3, weightsVersion: 1, clock: new PhaseClock(() => 0) };
const four = ['3', '4', '5', '4'].map((value) => says(`It is \\boxed{${value}}`, 1));
const collect = (
  answer: Parameters<typeof sampler>[0],
  problems = [problem('a'), problem('b')],
  changed = config,
) => collectRollouts(problems, changed, setupOf(sampler(answer)), at);

test('each completion becomes a rollout with its own verdict, in the place it was drawn for', async () => {
  const { groups } = await collect(() => four);
  expect(groups.map((group) => group.problem.id)).toEqual(['a', 'b']);
  const [first] = groups;
  expect(first?.rollouts.map(({ id }) => id)).toEqual(['3/a/0', '3/a/1', '3/a/2', '3/a/3']);
  expect(first?.rollouts.map(({ verdict }) => verdict.correct)).toEqual([false, true, false, true]);
  expect(first?.rollouts[1]?.verdict.extracted).toBe('4');
  expect(first?.rollouts[1]?.spans).toEqual([
    { kind: 'draft', start: 0, end: four[1]!.tokens.length, temperature: 1 },
  ]);
});

test('verdicts stay with their rollouts whatever order answers come back in [F8] [rule 32]', async () => {
  const slow = async ({ prompt }: { prompt: Parameters<typeof promptText>[0] }) => {
    await new Promise((resolve) => setTimeout(resolve, promptText(prompt).includes('a') ? 20 : 0));
    return promptText(prompt).includes('is a') ? four : [...four].reverse();
  };
  const { groups } = await collect(slow);
  expect(groups.map((group) => group.rollouts.map(({ verdict }) => verdict.extracted))).toEqual([
    ['3', '4', '5', '4'],
    ['4', '5', '4', '3'],
  ]);
});

test('what is asked of the sampler depends on the problem and the iteration, not on order or concurrency [S10]', async () => {
  const seeds = async (order: readonly string[], concurrency: number) => {
    const seen = new Map<string, number>();
    const changed = configOf({ 'rollout.groupSize': 4, 'rollout.concurrency': concurrency });
    await collect(
      ({ prompt, seed }) => {
        seen.set(promptText(prompt), seed);
        return four;
      },
      order.map((id) => problem(id)),
      changed,
    );
    return [...seen].sort(([a], [b]) => a.localeCompare(b));
  };
  expect(await seeds(['a', 'b', 'c'], 0)).toEqual(await seeds(['c', 'a', 'b'], 1));
  const distinct = new Set((await seeds(['a', 'b', 'c'], 0)).map(([, seed]) => seed));
  expect(distinct.size).toBe(3);
});

test('what rethinking may continue is kept by the sampler, and nothing without rethinking [D7]', async () => {
  const kept = async (mode: 'off' | 'random') => {
    const seen: unknown[] = [];
    const changed = configOf({ 'rollout.groupSize': 4, 'rethink.mode': mode });
    await collect(
      ({ keep }) => {
        seen.push(keep);
        return four;
      },
      [problem('a')],
      changed,
    );
    return seen;
  };
  expect(await kept('random')).toEqual([true]);
  expect(await kept('off')).toEqual([undefined]);
});

test('the sampler draws from the distribution that the trainer scores [L8] [rule 18]', async () => {
  await collect(({ params }) => {
    expect(params).toMatchObject({
      temperature: 1,
      topP: 1,
      topK: 0,
      minP: 0,
      repetitionPenalty: 1,
    });
    expect(params.bannedIds).toContain(imagePad);
    return four;
  });
});

test('an adversarial sampler that emits vision ids ends normally [rule 3] [D4]', async () => {
  const vision: Completion = { ...four[1]!, tokens: Int32Array.of(50, imagePad, 1) };
  const { groups } = await collect(() => [vision, ...four.slice(1)]);
  expect(groups[0]?.rollouts[0]?.verdict).toMatchObject({ code: 'forbidden_token', reward: 0 });
  expect(groups[0]?.prompt.chunks.filter(({ kind }) => kind === 'image')).toEqual([]);
});

test('a truncated response keeps the ids that were sampled and is worth nothing [R2] [rule 10]', async () => {
  const cut = says('It is \\boxed{4}', 1, true);
  const { groups } = await collect(() => [cut, ...four.slice(1)]);
  expect(groups[0]?.rollouts[0]?.response).toBe(cut.tokens);
  expect(groups[0]?.rollouts[0]?.verdict).toMatchObject({ code: 'truncated', reward: 0 });
});

test('cancelled and missing completions shrink the group, aloud [rule 15: missing rollouts]', async () => {
  const cancelled: Completion = { ...four[0]!, stop: 'cancelled' };
  const { groups } = await collect(() => [cancelled, ...four.slice(1, 3)]);
  expect(groups[0]?.rollouts.map(({ index }) => index)).toEqual([1, 2]);
  expect(groups[0]?.missing).toBe(2);
});

test('a problem that fails is recorded and left out; the rest goes on', async () => {
  const { groups, failures } = await collect(({ prompt }) => {
    if (promptText(prompt).includes('is b')) throw new Error('picture b.png: file not found');
    return four;
  });
  expect(groups.map((group) => group.problem.id)).toEqual(['a']);
  expect(failures).toEqual([{ problemId: 'b', message: 'picture b.png: file not found' }]);
});

test('when no problem can be answered the run says why and stops', async () => {
  await expect(
    collect(() => {
      throw new Error('connection refused');
    }),
  ).rejects.toThrow('none of 2 problems could be answered: connection refused');
});

test('a problem whose answer key cannot be judged is left out and counted', async () => {
  const { groups, unverifiable } = await collect(() => four, [problem('a', '?'), problem('b')]);
  expect(groups.map((group) => group.problem.id)).toEqual(['b']);
  expect(unverifiable).toBe(4);
});

test('a response on which the verifier fails is left out, aloud; the rest goes on [rule 40]', async () => {
  const setup = {
    ...setupOf(sampler(() => four)),
    verify: ({ prediction }: { prediction: string }) => {
      if (prediction.includes('5')) throw new Error('out of stack');
      return { correct: true, status: 'correct', reason: 'identical' } as const;
    },
  };
  const { groups, failures } = await collectRollouts([problem('a')], config, setup, at);
  expect(groups[0]?.rollouts.map(({ index }) => index)).toEqual([0, 1, 3]);
  expect(failures).toEqual([{ problemId: 'a', message: 'the verifier failed: out of stack' }]);
});

test('requests in flight are limited, and after a failure no further one is begun', async () => {
  let flying = 0;
  let most = 0;
  let begun = 0;
  const many = Array.from({ length: 20 }, (_, id) => problem(`p${id}`));
  const slowly = async () => {
    begun += 1;
    flying += 1;
    most = Math.max(most, flying);
    await new Promise((resolve) => setTimeout(resolve, 1));
    flying -= 1;
    return begun > 9 ? four.map((one) => ({ ...one, weightsVersion: 0 })) : four;
  };
  const limited = configOf({ 'rollout.groupSize': 4, 'rollout.concurrency': 3 });
  await expect(collect(slowly, many, limited)).rejects.toThrow('weights version');
  expect(most).toBe(3);
  expect(begun).toBeLessThan(14);
});

test('a long prompt is never cut: it is left out and counted [D5] [rule 8]', async () => {
  const long = { ...problem('long'), question: 'x'.repeat(5000) };
  const { groups, failures } = await collect(() => four, [problem('a'), long]);
  expect(groups).toHaveLength(1);
  expect(failures[0]?.message).toBe('prompt_too_long: expected at most 4095 tokens, found 5000');
});

test('rollouts of other weights stop the run [rule 22] [D7]', async () => {
  await expect(collect(() => four.map((one) => ({ ...one, weightsVersion: 0 })))).rejects.toThrow(
    'expected rollouts of weights version 1, found 0',
  );
});

test('an aborted signal ends the collection with its reason', { timeout: 1000 }, async () => {
  const stop = new AbortController();
  const setup = {
    ...setupOf(
      sampler((_, signal) => {
        stop.abort(new Error('stopped by the user'));
        return signal?.aborted === true ? [{ ...four[0]!, stop: 'cancelled' }] : four;
      }),
    ),
    signal: stop.signal,
  };
  await expect(collectRollouts([problem('a')], config, setup, at)).rejects.toThrow(
    'stopped by the user',
  );
});
