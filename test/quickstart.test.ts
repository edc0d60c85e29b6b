import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkpoint } from './__fixtures__/small-run.ts';
import { expectSuccess } from './expect-success.ts';
import type { Ended } from './run-cli.ts';
import { runCli } from './run-cli.ts';

const small = [
  'rollout.problemsPerSync=3',
  'rollout.groupSize=2',
  'rollout.maxNewTokens=6',
  'train.batchSamples=4',
  'train.maxIterations=1',
  'validation.problems=3',
  'eval.maxNewTokens=6',
].flatMap((setting) => ['--set', setting]);

// Each test starts several processes.
vi.setConfig({ testTimeout: 300_000 });

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quickstart-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Runs the quickstart on the random small model. */
function quickstart(
  folder: string,
  ending: Parameters<typeof runCli>[1] = {},
  ...more: readonly string[]
): Promise<Ended> {
  const options = ['--start', checkpoint, '--run', folder, '--problems', '12', '--threads', '1'];
  const words = ['quickstart', ...options, ...small, ...more, '--json'];
  return runCli(words, { ...ending, cwd: root });
}

test('trains both stages, asks three checkpoints, and says what changed as one document', async () => {
  const { out } = expectSuccess(await quickstart('whole'));
  const found = JSON.parse(out) as Record<string, { readonly problems: number }>;
  expect(found).toMatchObject({
    base: { problems: 12, greedy: { n: 12 } },
    stage1: { problems: 12 },
    stage2: { problems: 12 },
    gains: { stage1: {}, forced: {}, stage2: {} },
  });
  expect(existsSync(join(root, 'whole', 'stage-2', 'best', 'model.safetensors'))).toBe(true);
  // What is there is not made again.
  const again = await quickstart('whole');
  expect(again.out).toBe(out);
  expect(again.err).not.toContain('gate:');
});

test('killed in the middle and started again, it ends with the same document', async () => {
  const whole = await quickstart('whole');
  for (const when of ['gate:', 'stage 2: thinking again', 'asking the three checkpoints']) {
    await quickstart('killed', { when, signal: 'SIGKILL' });
  }
  const { out } = expectSuccess(await quickstart('killed'));
  expect(out.replaceAll('killed', 'whole')).toBe(whole.out);
});

test('killed between the last step of a stage and what is saved of it, it ends with the same document', async () => {
  const whole = await quickstart('whole');
  cpSync(join(root, 'whole'), join(root, 'unsaved'), { recursive: true, verbatimSymlinks: true });
  // Stage 1 had not written the row of its last checkpoint, stage 2 had not moved the links to it.
  using database = new DatabaseSync(join(root, 'unsaved', 'stage-1', 'run.sqlite'));
  database.exec('DELETE FROM checkpoints WHERE iteration = 1');
  for (const [stage, link] of [
    ['stage-1', 'best'],
    ['stage-1', 'last'],
    ['stage-2', 'best'],
    ['stage-2', 'last'],
  ] as const)
    rmSync(join(root, 'unsaved', stage, link));
  rmSync(join(root, 'unsaved', 'stage-2', 'report.html'));
  const { out } = expectSuccess(await quickstart('unsaved'));
  expect(out.replaceAll('unsaved', 'whole')).toBe(whole.out);
  for (const stage of ['stage-1', 'stage-2']) {
    expect(existsSync(join(root, 'unsaved', stage, 'last', 'model.safetensors'))).toBe(true);
    expect(existsSync(join(root, 'unsaved', stage, 'report.html'))).toBe(true);
  }
});

test('a folder that was begun otherwise is refused: its figures would be of other settings', async () => {
  await quickstart('otherwise', { when: 'gate:', signal: 'SIGKILL' });
  const other = await quickstart('otherwise', {}, '--seed', '5', '--set', 'train.epochs=2');
  expect(other.code).toBe(1);
  expect(other.err).toMatch(
    /otherwise was begun with --seed 0, --set rollout.problemsPerSync=3 .*; give the same again/u,
  );
});

test('Ctrl-C ends it with a checkpoint and says how to go on', async () => {
  const { code, err } = await quickstart('stopped', { when: 'collected', signal: 'SIGINT' });
  expect(code).not.toBe(0);
  expect(err).toContain('--resume goes on from there');
});

test('a start that is not there is told before anything is made', async () => {
  const args = ['quickstart', '--start', 'no/such', '--run', 'absent'];
  const { code, err } = await runCli(args, { cwd: root });
  expect(code).toBe(1);
  expect(err).toContain('expected a checkpoint at no/such, found none');
  expect(existsSync(join(root, 'absent'))).toBe(false);
});
