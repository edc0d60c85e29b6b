import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Policy } from '#policy';
import type { RunConfig } from '#rl';
import { configOf } from '#rl';
import type { LiveRun } from '../src/cli/compose.ts';
import { compose } from '../src/cli/compose.ts';
import type { GateCheck } from '../src/cli/gate.ts';
import { runGate } from '../src/cli/gate.ts';
import { checkpoint, writePuzzles } from './__fixtures__/small-run.ts';

/** The real gate on a real policy in which one thing is broken: that thing must be named. */
let root = '';
let live: LiveRun;
let policy: Policy;

const config: RunConfig = configOf({
  'policy.start': checkpoint,
  'policy.compute': 'f32',
  'policy.cacheGigabytes': 1,
  'data.subset': 'all',
  'vision.minPixels': 3136,
  'vision.maxPixels': 12544,
  'validation.problems': 0,
  'rollout.maxNewTokens': 24,
  'rollout.maxPromptTokens': 512,
  'train.microbatchTokens': 8192,
  'rethink.mode': 'random',
  'rethink.maxNewTokens': 24,
  'loss.nllCoef': 0.05,
});

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gate-'));
  const dataset = writePuzzles(root, 8);
  const whole = { ...config, data: { ...config.data, dataset } };
  const io = {
    cwd: root,
    env: {},
    out: () => {},
    err: () => {},
    columns: undefined,
    color: { out: false, err: false },
    signal: new AbortController().signal,
  };
  live = await compose(whole, { io, run: root, threads: 1, device: 'cpu' });
  policy = await live.openPolicy();
}, 60_000);
afterAll(async () => {
  await policy[Symbol.asyncDispose]();
  await live[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

type Verbs = Pick<Policy, 'sample' | 'logprobs' | 'forwardBackward' | 'optimStep'>;

/** The policy with some verbs replaced. */
function broken(faults: Partial<Verbs>): Policy {
  return {
    processor: policy.processor,
    limits: policy.limits,
    sample: (request, signal) => policy.sample(request, signal),
    logprobs: (sequences) => policy.logprobs(sequences),
    forwardBackward: (microbatch, losses) => policy.forwardBackward(microbatch, losses),
    optimStep: (update) => policy.optimStep(update),
    discardGradient: () => policy.discardGradient(),
    publish: () => policy.publish(),
    save: (name) => policy.save(name),
    load: (address) => policy.load(address),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...faults,
  };
}

async function failing(
  faults: Partial<Verbs>,
  changes: { readonly config?: RunConfig; readonly live?: LiveRun } = {},
): Promise<readonly string[]> {
  const checks = await runGate(changes.config ?? config, changes.live ?? live, broken(faults));
  await policy.discardGradient();
  return checks.filter(({ passed }) => !passed).map(({ name }) => name);
}

test('a sound policy passes every check, and each says what was found', async () => {
  const checks: readonly GateCheck[] = await runGate(config, live, broken({}));
  expect(checks.map(({ name, passed }) => [name, passed])).toEqual(
    [
      'a response fits the memory for sampling',
      'picture tokens',
      'sampler and trainer agree',
      'padding and neighbours do not matter',
      'pictures are looked at',
      'a gradient arrives',
      'a rate of 0 changes nothing',
      'the cut into microbatches does not matter',
      'sharing prompts does not matter',
      'trigger tokens are masked as configured',
      'the likelihood of the trigger rises as configured',
    ].map((name) => [name, true]),
  );
  for (const { found } of checks) expect(found).toMatch(/\d/u);
});

test('a sampler that draws from another distribution is named', async () => {
  const names = await failing({
    sample: async (request, signal) =>
      (await policy.sample(request, signal)).map((one) => ({
        ...one,
        logprobs: one.logprobs.map((value) => value - 0.5),
      })),
  });
  expect(names).toEqual(['sampler and trainer agree']);
});

test('neighbours that change what a sequence is worth are named [rule 2]', async () => {
  const names = await failing({
    logprobs: async (sequences) => {
      const found = await policy.logprobs(sequences);
      return found.map((one) => one.map((value) => value - (sequences.length - 1) * 0.001));
    },
  });
  expect(names).toContain('padding and neighbours do not matter');
});

test('pictures that reach nobody are named [rule 35]', async () => {
  // Every picture becomes the first one seen, on all sides alike: nothing else notices.
  let first: unknown;
  const blind = <One extends { readonly prompt: Parameters<Policy['sample']>[0]['prompt'] }>(
    one: One,
  ): One => {
    const chunks = one.prompt.chunks.map((chunk) => {
      if (chunk.kind !== 'image') return chunk;
      first ??= chunk;
      return first as typeof chunk;
    });
    return { ...one, prompt: { ...one.prompt, chunks } };
  };
  const names = await failing({
    sample: (request, signal) => policy.sample(blind(request), signal),
    logprobs: (sequences) => policy.logprobs(sequences.map(blind)),
    forwardBackward: (microbatch, losses) =>
      policy.forwardBackward({ ...microbatch, sequences: microbatch.sequences.map(blind) }, losses),
  });
  expect(names).toEqual(['pictures are looked at']);
});

test('a gradient that does not arrive is named', async () => {
  const names = await failing({ forwardBackward: async () => ({}) });
  expect(names).toContain('a gradient arrives');
});

test('an optimizer that moves weights at rate 0 is named [rule 36]', async () => {
  const address = await policy.save('before');
  const names = await failing({
    optimStep: (update) => policy.optimStep({ ...update, learningRate: 1e-4 }),
  });
  await policy.load(address);
  expect(names).toContain('a rate of 0 changes nothing');
});

test('a loss that divides by its own microbatch is named [rule 17]', async () => {
  const names = await failing({
    forwardBackward: ({ sequences, totals }, losses) => {
      const own = sequences.reduce((sum, { actions }) => sum + actions.filter(Boolean).length, 0);
      const actions = Math.max(1, own);
      return policy.forwardBackward({ sequences, totals: { ...totals, actions } }, losses);
    },
  });
  expect(names).toContain('the cut into microbatches does not matter');
});

test('prompts that are shared wrongly are named', async () => {
  const names = await failing({
    forwardBackward: (microbatch, losses) => {
      const [one] = microbatch.sequences;
      if (microbatch.sequences.length > 1 || one === undefined) {
        return policy.forwardBackward(microbatch, losses);
      }
      const advantages = one.advantages.map((value) => value * 1.1);
      return policy.forwardBackward({ ...microbatch, sequences: [{ ...one, advantages }] }, losses);
    },
  });
  expect(names).toEqual(['sharing prompts does not matter']);
});

test('a trigger that counts as an action is named [rule 11]', async () => {
  const names = await failing({
    forwardBackward: (microbatch, losses) =>
      policy.forwardBackward(
        {
          ...microbatch,
          sequences: microbatch.sequences.map((one) => ({
            ...one,
            actions: one.actions.map(() => 1),
          })),
        },
        losses,
      ),
  });
  expect(names).toContain('trigger tokens are masked as configured');
});

test('a trigger whose likelihood does not rise is named', async () => {
  const names = await failing({
    forwardBackward: (microbatch, losses) =>
      policy.forwardBackward(
        microbatch,
        losses.filter(({ kind }) => kind !== 'nll').length === 0
          ? [{ kind: 'nll', weight: 0 }]
          : losses,
      ),
  });
  expect(names).toEqual(['the likelihood of the trigger rises as configured']);
});

test('a picture cut into other patches than its places announce is named [rule 4]', async () => {
  const { processor } = live;
  const other = Object.create(processor) as typeof processor;
  Object.defineProperty(other, 'patches', {
    value: async (...args: Parameters<typeof processor.patches>) => {
      const patches = await processor.patches(...args);
      return { ...patches, pixels: patches.pixels.subarray(1176) };
    },
  });
  for (const name of ['ids', 'layout'] as const)
    Object.defineProperty(other, name, { value: processor[name] });
  const names = await failing({}, { live: { ...live, processor: other } });
  expect(names).toEqual(['picture tokens']);
});

test('memory that holds no response is named with the setting that bounds it, and nothing else is tried', async () => {
  const refused = 'expected it to fit 10 bytes, found 20; raise cacheBytes';
  const checks = await runGate(
    config,
    live,
    broken({ sample: () => Promise.reject(new Error(refused)) }),
  );
  expect(checks).toEqual([
    {
      name: 'a response fits the memory for sampling',
      passed: false,
      found: 'expected it to fit 10 bytes, found 20; raise policy.cacheGigabytes (now 1 GB)',
    },
  ]);
});
