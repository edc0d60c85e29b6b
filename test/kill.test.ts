import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSeed, exportLines, readRun } from '#run';

const child = fileURLToPath(new URL('__fixtures__/train-child.ts', import.meta.url));
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kill-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs the child until it ends, or kills it after some milliseconds. */
async function trainChild(folder: string, killAfter?: number): Promise<void> {
  const running = spawn(process.execPath, ['--conditions=source', child, folder]);
  let said = '';
  running.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => running.on('close', resolve));
  const timer =
    killAfter === undefined ? undefined : setTimeout(() => running.kill('SIGKILL'), killAfter);
  const code = await ended;
  clearTimeout(timer);
  if (code !== null && code !== 0) throw new Error(said);
}

function contents(folder: string): readonly string[] {
  using run = readRun(folder);
  return [...exportLines(run)]
    .filter(({ file }) => file !== 'checkpoints.jsonl')
    .map(({ file, line }) => `${file} ${line.replace(/"time":"[^"]*"/u, '')}`);
}

test('killed at any moment and resumed, a run ends with the bytes of an uninterrupted one [D8] [rule 38]', async () => {
  const whole = join(root, 'whole');
  await trainChild(whole);
  const killed = join(root, 'killed');
  const random = createSeed('kill').stream();
  let kills = 0;
  while (!existsSync(join(killed, 'weights.json'))) {
    kills += 1;
    await trainChild(killed, kills > 20 ? undefined : 120 + random.int(250));
  }
  expect(kills).toBeGreaterThan(2);
  expect(readFileSync(join(killed, 'weights.json'), 'utf8')).toBe(
    readFileSync(join(whole, 'weights.json'), 'utf8'),
  );
  expect(contents(killed)).toEqual(contents(whole));
});
