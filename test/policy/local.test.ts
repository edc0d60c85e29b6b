import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodePng, openImage } from '#data';
import type { Problem } from '#data';
import type { Processor } from '#model/processor';
import { createProcessor } from '#model/processor';
import type { Policy, TrainSequence } from '#policy';
import { createLocalPolicy } from '#policy/local';
import type { LocalPolicyOptions } from '#policy/local';
import { checkpoint } from '../__fixtures__/small-run.ts';
import {
  addGradient,
  difference,
  gradientNorm,
  likelihood,
  sampled,
  someProblems,
  still,
  surrogate,
  totalsOf,
} from './conformance.ts';

let root = '';
let processor: Processor;
let policy: Policy;
const problems: readonly Problem[] = someProblems(4);

const open = (more: Partial<LocalPolicyOptions> = {}, base = checkpoint): Promise<Policy> =>
  createLocalPolicy(base, {
    processor,
    checkpoints: join(root, 'checkpoints'),
    threads: 1,
    ...more,
  });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'policy-'));
  processor = await createProcessor(checkpoint, { threads: 1 });
  policy = await open();
  await policy.publish();
});
afterAll(async () => {
  await policy[Symbol.asyncDispose]();
  await processor[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

const update = { ...still, learningRate: 1e-3, maxGradNorm: 1 };
const largestGap = (a: readonly Float32Array[], b: readonly Float32Array[]): number =>
  Math.max(
    ...a.map((own, at) =>
      Math.max(...own.map((x, place) => Math.abs(x - (b[at]?.[place] ?? NaN)))),
    ),
  );
const weights = (folder: string) =>
  readFileSync(join(folder, 'model.safetensors')).toString('base64');

describe('gradients', () => {
  test('however a batch is cut into microbatches, the gradient is the same [rule 17] [rule 39]', async () => {
    const { sequences } = await sampled(policy, problems);
    for (const size of [1, 3, 5, 8]) {
      const parts = Array.from({ length: Math.ceil(sequences.length / size) }, (_, index) =>
        sequences.slice(index * size, (index + 1) * size),
      );
      expect(await difference(policy, [sequences], parts)).toBeLessThan(1e-5);
    }
  });

  test('a prompt computed once for all its samples gives the gradient of each by itself', async () => {
    const { sequences } = await sampled(policy, problems, { count: 8 });
    expect(
      await difference(
        policy,
        [sequences],
        sequences.map((one) => [one]),
      ),
    ).toBeLessThan(1e-5);
  });

  test('a sample that counts twice has the gradient of two', async () => {
    const { sequences } = await sampled(policy, problems);
    const twice = sequences.map((one) => ({ ...one, count: 2 }));
    expect(await difference(policy, [[...sequences, ...sequences]], [twice])).toBeLessThan(1e-5);
  });

  test('samples without advantage add nothing to the gradient and go no way back, but are measured', async () => {
    const { sequences } = await sampled(policy, problems);
    const agreeing = (one: TrainSequence): TrainSequence => ({
      ...one,
      advantages: one.advantages.map(() => 0),
      imitate: one.imitate.map(() => 0),
    });
    const moving = sequences.filter((_, at) => at % 2 === 0);
    const resting = sequences.filter((_, at) => at % 2 === 1).map(agreeing);
    const both = { losses: [surrogate, likelihood], totals: totalsOf([...moving, ...resting]) };
    const [all] = await addGradient(policy, [[...moving, ...resting]], both);
    const whole = await gradientNorm(policy);
    await addGradient(policy, [moving], both);
    expect(await gradientNorm(policy)).toBe(whole);
    // Nothing of them goes back: not even what is no number could spoil the gradient.
    const broken = resting.map((one) => ({
      ...one,
      temperatures: one.temperatures.map(() => NaN),
    }));
    await addGradient(policy, [[...moving, ...broken]], both);
    expect(await gradientNorm(policy)).toBe(whole);
    // An advantage too small to matter takes the way through the gradient: the same measurements.
    const slight = resting.map((one) => ({ ...one, advantages: one.advantages.fill(1e-30) }));
    const [measured] = await addGradient(policy, [[...moving, ...slight]], both);
    await policy.discardGradient();
    expect(Object.keys(all ?? {})).toEqual(Object.keys(measured ?? {}));
    for (const [name, value] of Object.entries(all ?? {}))
      expect([name, value]).toEqual([name, expect.closeTo(measured?.[name] ?? NaN, 5)]);
    // A divergence from a reference has a gradient whatever the advantage.
    const referred = resting.map((one) => ({
      ...one,
      referenceLogprobs: one.oldLogprobs.map((value) => value - 0.5),
    }));
    await addGradient(policy, [referred], { losses: [surrogate, { kind: 'kl', weight: 0.1 }] });
    expect(await gradientNorm(policy)).toBeGreaterThan(0);
  });

  test('gradient checkpointing changes memory and nothing else', async () => {
    await using frugal = await open({ gradientCheckpointing: true });
    const { sequences } = await sampled(policy, problems);
    const norms: number[] = [];
    for (const one of [policy, frugal]) {
      await addGradient(one, [sequences]);
      norms.push(await gradientNorm(one));
    }
    expect(Math.abs(norms[0]! / norms[1]! - 1)).toBeLessThan(1e-5);
  });

  test('bf16 compute gives nearly the gradient of f32, and its masters stay f32', async () => {
    await using coarse = await open({ dtype: 'bf16', samplerDtype: 'bf16' });
    const { sequences } = await sampled(policy, problems);
    await addGradient(policy, [sequences]);
    const fine = await gradientNorm(policy);
    await addGradient(coarse, [sequences]);
    expect(Math.abs((await gradientNorm(coarse)) / fine - 1)).toBeLessThan(0.05);
    const before = weights(await coarse.save('coarse-before'));
    expect(before).toBe(weights(await coarse.save('coarse-again')));
    await addGradient(coarse, [sequences]);
    await coarse.optimStep({ ...update, learningRate: 1e-6 });
    // A change far below the last bit of bf16 is kept.
    expect(weights(await coarse.save('coarse-after'))).not.toBe(before);
  });

  test('a frozen vision tower keeps its weights and learns elsewhere [L11]', async () => {
    await using frozen = await open({ trainVision: false });
    await frozen.publish();
    const { sequences } = await sampled(frozen, problems);
    await addGradient(policy, [sequences]);
    const all = await gradientNorm(policy);
    await addGradient(frozen, [sequences]);
    const metrics = await frozen.optimStep(update);
    expect(metrics['optim/grad_norm']).toBeLessThan(all);
    expect(metrics['optim/update_norm']).toBeGreaterThan(0);
    // Its embeddings are kept; a fresh policy at the same weights computes them anew.
    const address = await frozen.save('frozen');
    await using again = await open({ trainVision: false });
    await again.load(address);
    expect(await frozen.logprobs(sequences)).toEqual(await again.logprobs(sequences));
  });

  test('a gradient that is not finite is cleared, told, and moves nothing [L3]', async () => {
    await using fresh = await open();
    const { sequences } = await sampled(policy, problems);
    const spoilt = sequences.map((one) => ({ ...one, advantages: one.advantages.map(() => NaN) }));
    const before = await fresh.logprobs(sequences);
    await addGradient(fresh, [spoilt]);
    expect(await fresh.optimStep(update)).toMatchObject({
      'optim/nonfinite': 1,
      'optim/update_norm': 0,
    });
    expect(largestGap(before, await fresh.logprobs(sequences))).toBe(0);
    await addGradient(fresh, [sequences]);
    expect(await fresh.optimStep(update)).toMatchObject({ 'optim/nonfinite': 0 });
  });
});

describe('masks', () => {
  const middle = ({ response }: TrainSequence, at: number) =>
    at >= response.length / 3 && at < (2 * response.length) / 3;

  test('trigger tokens carry no policy gradient, whatever their logprobs were [L5] [rule 11]', async () => {
    const { sequences } = await sampled(policy, problems);
    const masked = sequences.map((one) => ({
      ...one,
      imitate: new Float32Array(one.response.length),
      actions: one.actions.map((bit, at) => (middle(one, at) ? 0 : bit)),
    }));
    const shifted = masked.map((one) => ({
      ...one,
      oldLogprobs: one.oldLogprobs.map((value, at) => (middle(one, at) ? value - 5 : value)),
      advantages: one.advantages.map((value, at) => (middle(one, at) ? -9 : value)),
    }));
    expect(await difference(policy, [masked], [shifted], [surrogate])).toBeLessThan(1e-6);
    const metrics = [masked, shifted].map((one) =>
      addGradient(policy, [one], { losses: [surrogate] }),
    );
    const [[a], [b]] = (await Promise.all(metrics)) as [[object], [object]];
    expect(a).toEqual(b);
    await policy.discardGradient();
  });

  test('only imitated tokens have a likelihood, at temperature 1', async () => {
    const { sequences } = await sampled(policy, problems, { temperature: 0.7 });
    const plain = sequences.map((one) => ({ ...one, temperatures: one.temperatures.map(() => 1) }));
    const logprobs = await policy.logprobs(plain);
    const { imitate } = totalsOf(sequences);
    const expected = sequences.reduce(
      (sum, one, at) =>
        sum - one.imitate.reduce((own, bit, place) => own + bit * logprobs[at]![place]!, 0),
      0,
    );
    const [metrics] = await addGradient(policy, [sequences], { losses: [likelihood] });
    await policy.discardGradient();
    // Banned ids are masked in logprobs and not in the likelihood; this model hardly believes in them.
    expect(metrics?.['nll/loss']).toBeCloseTo(expected / imitate, 2);
  });

  test('at first use ratios are one, nothing is clipped, and the loss is minus the mean advantage', async () => {
    const { sequences } = await sampled(policy, problems);
    const [metrics] = await addGradient(policy, [sequences], { losses: [surrogate] });
    await policy.discardGradient();
    const { actions } = totalsOf(sequences);
    const mean =
      sequences.reduce((sum, one) => sum + one.response.length * one.advantages[0]!, 0) / actions;
    expect(metrics?.['policy/ratio_mean']).toBeCloseTo(1, 5);
    expect(metrics?.['policy/clip_fraction']).toBe(0);
    expect(metrics?.['policy/loss']).toBeCloseTo(-mean, 5);
  });

  test('the branch that is clipped is that of the sign of the advantage [L1]', async () => {
    const { sequences } = await sampled(policy, problems);
    const shifted = (advantage: number, by: number) =>
      sequences.map((one) => ({
        ...one,
        advantages: one.advantages.map(() => advantage),
        oldLogprobs: one.oldLogprobs.map((value) => value - by),
      }));
    const share = async (advantage: number, by: number) => {
      const [metrics] = await addGradient(policy, [shifted(advantage, by)], {
        losses: [surrogate],
      });
      const norm = await gradientNorm(policy);
      return [
        metrics?.['policy/clip_high_fraction'],
        metrics?.['policy/clip_low_fraction'],
        norm > 0,
      ];
    };
    expect(await share(1, 1)).toEqual([expect.closeTo(1), 0, false]);
    expect(await share(-1, -1)).toEqual([0, expect.closeTo(1), false]);
    expect(await share(1, -1)).toEqual([0, 0, true]);
    expect(await share(-1, 1)).toEqual([0, 0, true]);
  });
});

describe('sampler and trainer', () => {
  test.each([0.7, 1, 1.3])(
    'give the same logprobs for the same weights at temperature %f [rule 18] [L8] [D1] [rule 1]',
    async (temperature) => {
      const { sequences, logprobs } = await sampled(policy, problems, { temperature });
      expect(
        largestGap(
          sequences.map(({ oldLogprobs }) => oldLogprobs),
          logprobs,
        ),
      ).toBeLessThan(1e-4);
    },
  );

  test('alone or beside others, in any order, a sequence has the same logprobs [rule 2] [rule 37]', async () => {
    const { sequences } = await sampled(policy, problems, { count: 3 });
    const together = await policy.logprobs(sequences);
    const alone = await Promise.all(
      sequences.map(async (one) => (await policy.logprobs([one]))[0]!),
    );
    const backwards = (await policy.logprobs(sequences.toReversed())).toReversed();
    expect(largestGap(together, alone)).toBeLessThan(3e-5);
    expect(largestGap(together, backwards)).toBeLessThan(3e-5);
  });

  test('another picture changes logprobs, each sequence sees its own [rule 34] [rule 35]', async () => {
    const { sequences } = await sampled(policy, problems, { count: 1 });
    const [first] = sequences;
    const rgb = Uint8Array.from({ length: 56 * 56 * 3 }, (_, at) => (at % 5) * 50);
    const other = await openImage(encodePng(rgb, 56, 56));
    const chunks = first!.prompt.chunks.map((chunk) =>
      chunk.kind === 'image' ? { ...chunk, image: other } : chunk,
    );
    const masked = { ...first!, prompt: { ...first!.prompt, chunks } };
    const before = await policy.logprobs(sequences);
    const after = await policy.logprobs([masked, ...sequences.slice(1)]);
    expect(largestGap([before[0]!], [after[0]!])).toBeGreaterThan(1e-4);
    expect(largestGap(before.slice(1), after.slice(1))).toBeLessThan(3e-5);
  });

  test('the same requests at the same weights give the same completions; a published step changes them [rule 22]', async () => {
    await using one = await open();
    await using two = await open();
    for (const each of [one, two]) expect(await each.publish()).toBe(1);
    const a = await sampled(one, problems, { count: 8 });
    const b = await sampled(two, problems, { count: 8 });
    expect(a.logprobs).toEqual(b.logprobs);
    expect(a.sequences.map(({ response }) => response)).toEqual(
      b.sequences.map(({ response }) => response),
    );
    await addGradient(one, [a.sequences]);
    await one.optimStep({ ...update, learningRate: 1e-2 });
    expect(await one.publish()).toBe(2);
    expect((await sampled(one, problems, { count: 8 })).logprobs).not.toEqual(a.logprobs);
  });
});

describe('steps and checkpoints', () => {
  test('a rate of 0 changes neither weights nor logprobs [rule 36]', async () => {
    await using fresh = await open();
    const { sequences } = await sampled(policy, problems);
    const before = await fresh.logprobs(sequences);
    await addGradient(fresh, [sequences]);
    expect(await fresh.optimStep(still)).toMatchObject({ 'optim/update_norm': 0 });
    expect(largestGap(before, await fresh.logprobs(sequences))).toBe(0);
  });

  test.each(['f32', 'bf16'] as const)(
    'a policy that is saved and loaded goes on with the same bytes: %s [D8]',
    async (dtype) => {
      const kind = { dtype, samplerDtype: dtype };
      await using one = await open(kind);
      await one.publish();
      const { sequences } = await sampled(one, problems);
      const step = async (trained: Policy) => {
        await addGradient(trained, [sequences.slice(0, 8), sequences.slice(8)]);
        return trained.optimStep(update);
      };
      await step(one);
      const address = await one.save(`half-${dtype}`);
      const expected = [await step(one), await step(one)];
      const whole = await one.save(`whole-${dtype}`);
      await using two = await open(kind);
      await two.load(address);
      expect([await step(two), await step(two)]).toEqual(expected);
      const again = await two.save(`again-${dtype}`);
      for (const file of ['model.safetensors', 'optimizer.safetensors', 'trainer.json']) {
        const [a, b] = [whole, again].map((folder) => readFileSync(join(folder, file)));
        expect([file, a?.equals(b!)]).toEqual([file, true]);
      }
    },
  );

  test('loading restores the version and what is sampled', async () => {
    await using one = await open();
    await one.publish();
    const before = await sampled(one, problems);
    const address = await one.save('versions');
    await addGradient(one, [before.sequences]);
    await one.optimStep({ ...update, learningRate: 1e-2 });
    await one.publish();
    await one.load(address);
    expect((await sampled(one, problems)).logprobs).toEqual(before.logprobs);
    expect(await one.publish()).toBe(2);
  });

  test('a folder that is no checkpoint of training is refused, and the policy lives on', async () => {
    await expect(policy.load(checkpoint)).rejects.toThrow('expected a training checkpoint');
    await expect(policy.load(join(root, 'nowhere'))).rejects.toThrow('nowhere');
    const { sequences } = await sampled(policy, problems);
    expect(sequences.length).toBe(16);
  });
});

describe('errors', () => {
  test('what the computing thread cannot do reaches the caller in words', async () => {
    const broken = join(root, 'broken');
    cpSync(checkpoint, broken, { recursive: true });
    writeFileSync(join(broken, 'model.safetensors'), 'nothing');
    await expect(open({}, broken)).rejects.toThrow(/model\.safetensors/u);
  });

  test('after closing, calls are refused as PolicyError; closing twice is no fault', async () => {
    const closed = await open();
    const waiting = closed.logprobs([]);
    await closed[Symbol.asyncDispose]();
    await expect(waiting).resolves.toEqual([]);
    await expect(closed.publish()).rejects.toMatchObject({ name: 'PolicyError', retryable: false });
    await expect(sampled(closed, problems)).rejects.toMatchObject({ name: 'PolicyError' });
    await closed[Symbol.asyncDispose]();
  });

  test('an aborted request comes back cancelled and leaves the next one alone', async () => {
    const { ids } = policy.processor;
    const { prompt } = processor.problemPrompt(problems[0]!, 'default');
    const params = {
      bannedIds: ids.banned,
      repetitionPenalty: 1,
      temperature: 1,
      topK: 0,
      topP: 1,
      minP: 0,
      stopIds: [],
      stopStrings: [],
      minTokens: 0,
      maxTokens: 600,
    };
    const controller = new AbortController();
    const running = policy.sample({ prompt, count: 4, seed: 1, params }, controller.signal);
    controller.abort();
    expect((await running).map(({ stop }) => stop)).toEqual(Array(4).fill('cancelled'));
    expect((await sampled(policy, problems)).logprobs).toHaveLength(16);
  });
});
