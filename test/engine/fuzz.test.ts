import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const program = fileURLToPath(new URL('fuzz.ts', import.meta.url));
const calls = 20_000;
let folder = '';

beforeAll(() => {
  // Some operators write files by name; they may do so here.
  folder = mkdtempSync(join(tmpdir(), 'vl-rethinker-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Summary {
  readonly values: number;
  readonly errors: number;
  readonly others: number;
  readonly odd: readonly string[];
  readonly left: number;
  /** Overloads to choose from. */
  readonly operators: number;
}

test('20,000 random calls with wrong and hostile arguments end in a value or a TorchError, and leak nothing', () => {
  const run = spawnSync(process.execPath, ['--conditions=source', program, '1', String(calls)], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, FUZZ_TRACE: '1' },
    maxBuffer: 1 << 28,
  });
  // The last lines of the trace name the call that crashed, if one did.
  const trace = run.stderr.trim().split('\n').slice(-3).join('\n');
  expect(run.status === 0 ? '' : `ended with ${run.signal ?? run.status} after\n${trace}`).toBe('');
  const summary = JSON.parse(run.stdout) as Summary;
  expect(summary).toMatchObject({ others: 0, odd: [], left: 0 });
  expect(summary.values + summary.errors).toBe(calls);
  expect(summary.operators).toBeGreaterThan(230);
  // Both outcomes are common, or the fuzz has stopped testing anything.
  expect(summary.values).toBeGreaterThan(calls / 10);
  expect(summary.errors).toBeGreaterThan(calls / 10);
});
