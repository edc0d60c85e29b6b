import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkpoint, writePuzzles } from './__fixtures__/small-run.ts';
import { expectSuccess } from './expect-success.ts';
import { runCli } from './run-cli.ts';

// Each test starts several processes.
vi.setConfig({ testTimeout: 300_000 });

let root = '';
let data = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'pretrain-'));
  const rows = readFileSync(writePuzzles(root, 24), 'utf8').trimEnd().split('\n');
  data = join(root, 'written.jsonl');
  const written = rows.map((line, index) => {
    const row = JSON.parse(line) as { readonly answer: string };
    const response = `There are ${row.answer}.\n\\boxed{${row.answer}}`;
    return JSON.stringify({ ...row, ...(index === 0 ? {} : { response }) });
  });
  writeFileSync(data, `${written.join('\n')}\n`);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const pretrain = (args: readonly string[], ending: Parameters<typeof runCli>[1] = {}) =>
  runCli(['pretrain', ...args], { ...ending, cwd: root });

const learn = (out: string, from = data) => {
  const what = ['--model', checkpoint, '--data', from, '--out', join(root, out)];
  const how = ['--epochs', '12', '--batch', '8', '--rate', '3e-3', '--threads', '1', '--json'];
  return [...what, ...how];
};
const losses = (out: string) =>
  out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { loss: number }]));

test('a checkpoint learns to write the responses of a dataset, and is a checkpoint again', async () => {
  const { out, err } = expectSuccess(await pretrain(learn('whole')));
  const course = losses(out);
  expect(course).toHaveLength(35);
  expect(course.at(-1)?.loss).toBeLessThan((course[0]?.loss ?? 0) / 2);
  expect(err).toContain('1 problems without a response are left out');
  expect(existsSync(join(root, 'whole', 'tokenizer.json'))).toBe(true);
  expect(existsSync(join(root, 'whole', 'optimizer.safetensors'))).toBe(false);
  expect(existsSync(join(root, 'whole.progress'))).toBe(false);
});

test('stopped by Ctrl-C and started again, it writes the same weights', async () => {
  const stopped = await pretrain(learn('halves'), { when: '"step":9', signal: 'SIGINT' });
  expect(stopped.code).not.toBe(0);
  expect(stopped.err).toContain('the same command goes on from there');
  const { err } = expectSuccess(await pretrain(learn('halves')));
  expect(err).toMatch(/going on at step \d+/);
  const weights = (run: string) => readFileSync(join(root, run, 'model.safetensors'));
  expect(weights('halves').equals(weights('whole'))).toBe(true);
});

test('what it needs and what it found is told', async () => {
  const bare = await pretrain(['--out', join(root, 'x')]);
  expect([bare.code, bare.err]).toEqual([2, expect.stringContaining('found neither')]);
  const there = await pretrain(learn('whole'));
  expect([there.code, there.err]).toEqual([2, expect.stringContaining('whole exists')]);
  const unwritten = writePuzzles(join(root, 'unwritten'), 3);
  const none = await pretrain(learn('y', unwritten));
  expect([none.code, none.err]).toEqual([
    2,
    expect.stringContaining('expected problems with a column response'),
  ]);
});
