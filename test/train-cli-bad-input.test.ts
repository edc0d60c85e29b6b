import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRun } from '#run';
import { checkpoint, lastOfEach, smallSettings, writePuzzles } from './__fixtures__/small-run.ts';
import { expectSuccess } from './expect-success.ts';
import { runCli } from './run-cli.ts';

/** What cannot work is refused through the real command line before the first step, in words. */

let root = '';
let data = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'bad-input-'));
  data = writePuzzles(root, 30);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const cli = (...words: readonly string[]) => runCli(['train', ...words]);

const small = ['--preset', 'reasoner-tiny', '--start', checkpoint, '--threads', '1'];

/** A dataset file of these rows. */
function rows(name: string, ...lines: readonly object[]): string {
  const path = join(root, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}
const sums = (answer: string) =>
  Array.from({ length: 20 }, (_, index) => ({
    id: `q${index}`,
    question: `What is ${index} + 1?`,
    answer,
  }));

test.each([
  ['an empty dataset', () => rows('empty.jsonl'), 'expected problems, found no rows'],
  [
    'a dataset whose pictures are missing',
    () =>
      rows('missing.jsonl', {
        id: 'a',
        question: '<image>How many?',
        answer: '3',
        images: ['nope.png'],
      }),
    'image_missing: expected nope.png in ',
  ],
  [
    'a dataset whose answer keys cannot be parsed: nothing verifies',
    () => rows('keys.jsonl', ...sums('\\boxed{\\left\\{x')),
    'gold_unparsable: expected a box whose braces close',
  ],
  ['a file that is no dataset', () => rows('other.jsonl', { hello: 1 }), 'other.jsonl'],
])(
  '%s is refused before anything is begun',
  async (_, dataset, message) => {
    const run = join(root, 'refused');
    const { code, err } = await cli(...small, '--data', dataset(), '--run', run);
    expect(err).toContain(message);
    expect(code).toBe(1);
    expect(existsSync(join(run, 'run.sqlite'))).toBe(false);
  },
  300_000,
);

test.each([
  [
    'a preset for a larger model',
    [
      '--preset',
      'reasoner',
      '--start',
      checkpoint,
      '--set',
      'data.subset=all',
      '--set',
      'validation.problems=4',
    ],
    'expected at most 1024, the context of the model, found 8192',
  ],
  [
    'a budget of memory that no response fits',
    [...small, '--set', 'train.microbatchTokens=100'],
    'too little memory: 100 tokens at once do not hold one response of up to 192',
  ],
  [
    'a subset by pass rates of problems without any',
    ['--preset', 'reasoner', '--start', checkpoint, '--set', 'validation.problems=4'],
    'data.subset 7b-16k goes by the pass rate of 7B, which none of 26 problems has: measure it',
  ],
  [
    'a bound of pictures that every problem exceeds',
    [...small, '--set', 'vision.maxImages=0'],
    'none of the 30 problems has at most vision.maxImages = 0 pictures',
  ],
  [
    'a device that is not there',
    [...small, '--device', 'cuda:99', '--skip-gate'],
    '--device cuda:99: expected one of cpu',
  ],
  [
    'knobs that contradict each other',
    [...small, '--set', 'batch.mode=grpo', '--set', 'replay.alpha=2'],
    'replay.alpha = 2 has no effect: batch.mode is grpo',
  ],
  ['a checkpoint that is none', ['--preset', 'reasoner-tiny', '--start', tmpdir()], 'config.json'],
])(
  '%s is refused before anything is begun',
  async (_, words, message) => {
    const run = join(root, 'refused');
    const { code, err } = await cli(...words, '--data', data, '--run', run);
    expect(err).toContain(message);
    expect(code).toBeGreaterThan(0);
    expect(existsSync(join(run, 'run.sqlite'))).toBe(false);
  },
  300_000,
);

test('problems that are always solved, and problems that never are, teach nothing: told, stored, survived', async () => {
  const likeliest = ['--set', 'rollout.topK=1', '--set', 'validation.problems=1', '--skip-gate'];
  const train = (run: string, file: string, more: readonly string[]) => {
    const words = lastOfEach([...small, ...smallSettings, ...likeliest, ...more]);
    return cli(...words, '--data', file, '--run', join(root, run));
  };
  const whole = ['--set', 'rollout.problemsPerSync=30', '--stop-after', '1'];
  expectSuccess(await train('look', data, whole));
  using look = readRun(join(root, 'look'));
  const right = new Map(look.rollouts().map((one) => [one.problemId, one.verdict.correct]));
  const lines = readFileSync(data, 'utf8').trim().split('\n');
  const kept = (solved: boolean) =>
    lines.filter((line) => right.get((JSON.parse(line) as { id: string }).id) === solved);
  for (const [name, solved, reward] of [
    ['solved', true, 1],
    ['unsolved', false, 0],
  ] as const) {
    expect(kept(solved).length).toBeGreaterThan(4);
    const file = join(root, `${name}.jsonl`);
    writeFileSync(file, `${kept(solved).join('\n')}\n`);
    const few = ['--set', 'rollout.problemsPerSync=4', '--set', 'train.batchSamples=4'];
    const { err } = expectSuccess(await train(name, file, few));
    expect(err).toContain(
      `alarm: constant_reward: every response of the iteration is worth ${reward}`,
    );
    expect(err).toContain('alarm: all_groups_vanishing: every group is all right or all wrong');
    expect(err).toContain('skipped: all groups agree and the replay buffer is empty');
    expect(err).toContain('alarm: skipped_steps: 3 steps in a row had nothing to train on');
    expect(err).toContain('finished:');
    using run = readRun(join(root, name));
    expect(run.eventsOf('stepped')).toEqual([]);
    expect(new Set(run.series('reward/mean').map(({ value }) => value))).toEqual(new Set([reward]));
    const alarms = run.eventsOf('alarm').map((event) => (event.data as { name: string }).name);
    expect([...new Set(alarms)].sort()).toEqual([
      'all_groups_vanishing',
      'constant_reward',
      'skipped_steps',
    ]);
  }
}, 300_000);

test('memory for sampling that holds no response is refused by the gate, with the setting to raise', async () => {
  const run = join(root, 'memory');
  const little = ['--set', 'policy.cacheGigabytes=1e-6'];
  const words = [...small, ...smallSettings, ...little, '--data', data, '--run', run];
  const { code, err } = await cli(...words);
  expect(err).toContain('raise policy.cacheGigabytes (now 0.000001 GB)');
  expect(err).toContain('training is refused: a response fits the memory for sampling');
  expect(code).toBe(1);
  expect(existsSync(join(run, 'run.sqlite'))).toBe(false);
}, 300_000);

test('some rows that cannot be used are left out, told and stored; the rest is trained on', async () => {
  const good = Array.from({ length: 24 }, (_, index) => ({
    id: `g${index}`,
    question: '<image>How many red shapes are there?',
    answer: '2',
    images: [`images/${index}.png`],
  }));
  const bad = [
    { id: 'g0', question: 'twice?', answer: '1' },
    { id: 'x', question: '<image>gone?', answer: '1', images: ['gone.png'] },
    { id: 'y', question: 'key?', answer: '\\boxed{\\left\\{x' },
  ];
  const mixed = rows('mixed.jsonl', ...good, ...bad);
  const run = join(root, 'mixed');
  const more = ['--skip-gate', '--stop-after', '1'];
  const words = [...small, ...smallSettings, '--data', mixed, '--run', run, ...more];
  const { err } = expectSuccess(await cli(...words));
  for (const dropped of ['qid_duplicate', 'image_missing', 'gold_unparsable']) {
    expect(err).toContain(`note: data/dropped/${dropped}: 1`);
  }
  using reader = readRun(run);
  expect(reader.series('data/dropped/image_missing').map(({ value }) => value)).toEqual([1]);
}, 300_000);

test('a disk that fills up ends the run in words; the last good checkpoint is whole and goes on elsewhere', async (context) => {
  const disk = join(root, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    context.skip('no right to mount a small disk here');
  }
  try {
    const run = join(disk, 'run');
    const settings = smallSettings.map((word) =>
      word === 'train.maxIterations=3'
        ? 'train.maxIterations=0'
        : word === 'train.epochs=2'
          ? 'train.epochs=100'
          : word,
    );
    const endless = ['--set', 'checkpoint.keepLast=100', '--skip-gate'];
    const { code, err } = await cli(
      ...small,
      ...settings,
      ...endless,
      '--data',
      data,
      '--run',
      run,
    );
    expect(code).toBe(1);
    expect(err).toMatch(/the disk is full|disk is full/u);
    expect(err).not.toContain('internal:');
    const last = readdirSync(join(run, 'checkpoints')).filter((name) => !name.startsWith('.'));
    expect(last.length).toBeGreaterThan(0);
    // Once there is room, it goes on.
    execFileSync('mount', ['-o', 'remount,size=64m', disk], { stdio: 'ignore' });
    const further = ['--run', run, '--resume', '--threads', '1', '--stop-after', '8'];
    expect(expectSuccess(await cli(...further)).err).toContain('going on from iteration-');
  } finally {
    execFileSync('umount', [disk], { stdio: 'ignore' });
  }
}, 180_000);
