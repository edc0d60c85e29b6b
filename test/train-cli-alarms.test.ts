import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRun } from '#run';
import {
  checkpoint,
  lastOfEach,
  smallRethinking,
  smallSettings,
  writePuzzles,
} from './__fixtures__/small-run.ts';
import { expectSuccess } from './expect-success.ts';
import { runCli, startCli } from './run-cli.ts';

/**
 * Alarms through the command line: what is said, what is stored, how the program ends. A gradient of
 * exactly zero and a replay that is never reached need something broken: train-sabotage.test.ts.
 */
let root = '';
let data = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'alarms-'));
  data = writePuzzles(root, 30);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function words(run: string, settings: readonly string[]): readonly string[] {
  const where = ['--start', checkpoint, '--data', data, '--run', join(root, run)];
  return ['train', ...where, ...lastOfEach(settings), '--threads', '1', '--skip-gate'];
}
const train = (run: string, settings: readonly string[]) => runCli(words(run, settings));

const stage1 = ['--preset', 'reasoner-tiny', ...smallSettings];
const stage2 = ['--preset', 'rethinker-tiny', ...smallSettings, ...smallRethinking];
const set = (...settings: readonly string[]) => settings.flatMap((one) => ['--set', one]);

/** Names of the alarms that a run has stored. */
function stored(run: string): readonly string[] {
  using reader = readRun(join(root, run));
  const names = reader
    .eventsOf('alarm')
    .map(({ data: said }) => (said as { readonly name: string }).name);
  return [...new Set(names)].sort();
}

test('what cannot be learnt from is told, stored and survived [alarm: constant reward] [alarm: all groups vanishing] [alarm: truncation] [S9]', async () => {
  const settings = set('rollout.maxNewTokens=2');
  const { err } = expectSuccess(await train('short', [...stage1, ...settings]));
  expect(err).toContain('alarm: constant_reward: every response of the iteration is worth 0');
  expect(err).toContain('alarm: all_groups_vanishing: every group is all right or all wrong');
  expect(err).toMatch(/alarm: truncation: 100 % of the responses end at the token limit of 2/u);
  expect(err).toMatch(/alarm: skipped_steps: 3 steps in a row had nothing to train on/u);
  expect(err.match(/alarm: truncation/gu)).toHaveLength(3); // once an iteration
  const names = ['all_groups_vanishing', 'constant_reward', 'skipped_steps', 'truncation'];
  expect(stored('short')).toEqual(names);
  using run = readRun(join(root, 'short'));
  expect(run.head().stamps).toContain('the checks before the first step were skipped');
}, 300_000);

test('rethinking that never keeps anything is told, and the run goes on [alarm: rethinking]', async () => {
  const settings = set('rethink.keepMin=22', 'alarms.rethinkPatience=2');
  const { err } = expectSuccess(await train('idle', [...stage2, ...settings]));
  expect(err).toContain('alarm: rethinking_idle: rethinking is asked for, but for 2 iterations');
  expect(stored('idle')).toContain('rethinking_idle');
}, 300_000);

test.each([
  [
    'weights that stay as they are',
    'weights_unchanged',
    set('optim.learningRate=1e-30'),
    'no weight changed after an update with a learning rate above 0',
  ],
  [
    'a trainer that scores other numbers than the sampler',
    'mismatch',
    set('alarms.mismatchProb=0'),
    'trainer and sampler disagree: mean probability gap',
  ],
  [
    'steps without a finite loss',
    'nonfinite',
    set('optim.learningRate=1e30', 'train.batchSamples=4'),
    '3 steps in a row had a loss or gradient that is not finite',
  ],
] as const)(
  '%s end the run with a status above 0 and say where the last checkpoint is [alarm: weights] [alarm: mismatch] [L3]',
  async (_, name, settings, message) => {
    const { code, err } = await train(name, [...stage1, ...settings]);
    expect(code).toBe(1);
    expect(err).toContain(`stopping: ${name}: `);
    expect(err).toContain(message);
    expect(err).toMatch(/\((?:there is no checkpoint yet|the last checkpoint is iteration-\d+)\)/u);
    expect(stored(name)).toEqual([name]);
  },
  300_000,
);

test('a phase that stands still is named, with what came last', async () => {
  const running = startCli(words('stalled', [...stage1, ...set('watchdog.stallSeconds=1')]));
  const { err } = running;
  while (!err().includes('collected')) await sleep(20);
  // When it wakes, progress may be heard before the clock is looked at: then it is stopped again.
  while (!err().includes('stalled:') && !err().includes('finished:')) {
    running.kill('SIGSTOP');
    await sleep(1500);
    running.kill('SIGCONT');
    await sleep(60);
  }
  expectSuccess(await running.ended);
  expect(err()).toMatch(
    /stalled: (?:rollout|verify|logprob|update|sync|eval|checkpoint) of iteration \d has stood still for \d+ s at \d+ of \d+/u,
  );
}, 300_000);
