import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeRun } from '../src/report/__fixtures__/made-run.ts';
import { runHere } from '../src/cli/__fixtures__/run-here.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'export-cli-'));
  makeRun({ folder: join(root, 'run'), iterations: 2 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const exported = (...args: readonly string[]) => runHere(['export', 'run', ...args], { cwd: root });

test('--json names every file that was written and counts its lines', async () => {
  const { code, out, err } = await exported('--json', '--out', 'there');
  expect([code, err]).toEqual([0, '']);
  const { folder, files } = JSON.parse(out) as {
    folder: string;
    files: { file: string; lines: number }[];
  };
  expect(folder).toBe(join(root, 'there'));
  expect(files.map(({ file }) => file)).toContain('rollouts.jsonl');
  for (const { file, lines } of files)
    expect(readFileSync(join(folder, file), 'utf8').trim().split('\n')).toHaveLength(lines);
});

test('without --json the counts are told, and files that are there are not replaced unasked', async () => {
  const { out, err } = await exported();
  expect(out).toBe('');
  expect(err).toMatch(/\d+ lines in .*run\/export\/rollouts\.jsonl/);
  expect(await exported()).toMatchObject({ code: 2, err: expect.stringMatching(/add --force/) });
  expect((await exported('--force')).code).toBe(0);
  writeFileSync(join(root, 'file'), 'text');
  expect(await exported('--force', '--out', 'file')).toMatchObject({
    code: 2,
    err: expect.stringContaining('expected a folder to write to, found a file'),
  });
});
