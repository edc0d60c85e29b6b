import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Policy } from '#policy';
import type * as Local from '#policy/local';
import { readRun } from '#run';
import { runProgram } from '../src/cli/program.ts';
import { ReplayBuffer } from '../src/rl/replay-buffer.ts';
import { checkpoint, smallSettings, writePuzzles } from './__fixtures__/small-run.ts';

/**
 * Alarms that a sound policy and a sound buffer never raise: the real command trains the real small
 * checkpoint, with one thing broken. Alarm, event in the store, word on the display, exit status.
 */
type Break = (policy: Pick<Policy, 'optimStep' | 'logprobs'>) => Partial<Policy>;
const broken = vi.hoisted(() => ({ how: undefined as Break | undefined }));
vi.mock('#policy/local', async (original) => {
  const real = await original<typeof Local>();
  const createLocalPolicy: typeof real.createLocalPolicy = async (...args) => {
    const policy = await real.createLocalPolicy(...args);
    const sound: Parameters<Break>[0] = {
      optimStep: policy.optimStep.bind(policy),
      logprobs: policy.logprobs.bind(policy),
    };
    return Object.assign(policy, broken.how?.(sound) ?? {});
  };
  return { ...real, createLocalPolicy };
});

vi.setConfig({ testTimeout: 300_000 });

let root = '';
let data = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sabotage-'));
  data = writePuzzles(root, 30);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => {
  broken.how = undefined;
  vi.restoreAllMocks();
});

/** The program in this process, for only here can it be broken. */
async function train(run: string, more: readonly string[] = []) {
  let err = '';
  const what = ['--preset', 'reasoner-tiny', '--start', checkpoint, '--data', data];
  const where = ['--run', join(root, run), '--threads', '1', '--skip-gate', '--no-tensorboard'];
  const code = await runProgram(['train', ...what, ...where, ...smallSettings, ...more], {
    out: () => {},
    err: (text) => void (err += text),
    color: { out: false, err: false },
    columns: undefined,
    outColumns: undefined,
    signal: new AbortController().signal,
    cwd: root,
  });
  using reader = readRun(join(root, run));
  const alarms = reader
    .eventsOf('alarm')
    .map((event) => event.data as { readonly name: string; readonly fatal: boolean });
  const checkpoints = reader.checkpoints().map(({ name }) => name);
  return { code, err, alarms, checkpoints, steps: reader.eventsOf('stepped').length };
}

test.each<[string, string, string, Break]>([
  [
    'a gradient that never arrives',
    'gradient_zero',
    'the gradient of a batch with advantages is exactly 0',
    (sound) => ({
      optimStep: async (update) => ({ ...(await sound.optimStep(update)), 'optim/grad_norm': 0 }),
    }),
  ],
  [
    'an optimizer that changes nothing',
    'weights_unchanged',
    'no weight changed after an update with a learning rate above 0',
    (sound) => ({
      optimStep: (update) => sound.optimStep({ ...update, learningRate: 0 }),
    }),
  ],
  [
    'a trainer that does not see what the sampler saw',
    'mismatch',
    'trainer and sampler disagree: mean probability gap',
    (sound) => ({
      logprobs: async (sequences) =>
        (await sound.logprobs(sequences)).map((row) => row.map((value) => value - 1)),
    }),
  ],
])(
  '%s ends the run with a status above 0 [alarm: gradient] [alarm: weights] [alarm: mismatch]',
  async (_, name, message, how) => {
    broken.how = how;
    const { code, err, alarms, steps } = await train(name, ['--set', 'checkpoint.every=1']);
    expect(err).toContain(`stopping: ${name}: ${message}`);
    expect(err).toMatch(
      /vl-rethinker train: .*\((there is no checkpoint yet|the last checkpoint)/u,
    );
    expect([code, alarms]).toEqual([1, [expect.objectContaining({ name, fatal: true })]]);
    expect(steps).toBe(name === 'mismatch' ? 0 : 1);
  },
);

test('a replay buffer that stays empty ends the run after its first iteration [alarm: replay] [S1]', async () => {
  vi.spyOn(ReplayBuffer.prototype, 'exchange').mockReturnValue({
    draws: [],
    size: 0,
    ess: null,
    evicted: 0,
  });
  const { code, err, alarms } = await train('replay');
  expect(err).toMatch(
    /stopping: replay_unused: replay is asked for and \d+ places were free, but nothing was drawn/u,
  );
  expect([code, alarms]).toEqual([
    1,
    [expect.objectContaining({ name: 'replay_unused', fatal: true })],
  ]);
});

test('unbroken, the same run raises no alarm', async () => {
  const { code, err, alarms } = await train('sound');
  expect([code, alarms]).toEqual([0, []]);
  expect(err).not.toMatch(/alarm|stopping/u);
});
