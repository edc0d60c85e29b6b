import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeRun } from '../src/report/__fixtures__/made-run.ts';
import { isComplete } from '../src/cli/complete-run.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'complete-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const made = { iterations: 1, problemsPerIteration: 1, stepsPerIteration: 1 };

test('a run is complete when its last weights are published, saved, and what `last` points to', () => {
  const run = join(folder, 'run');
  makeRun({ folder: run, ...made, saved: true });
  expect(isComplete(run)).toBe(true);
  rmSync(join(run, 'last'));
  expect(isComplete(run)).toBe(false);
  symlinkSync(join('checkpoints', 'an-earlier-one'), join(run, 'last'), 'dir');
  expect(isComplete(run)).toBe(false);
});

test('a run that was killed before its last weights were saved is not', () => {
  const run = join(folder, 'run');
  makeRun({ folder: run, ...made });
  expect(isComplete(run)).toBe(false);
});
