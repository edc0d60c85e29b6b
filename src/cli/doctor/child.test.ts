import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { broken, runNode } from './child.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function outcomeOf(program: string, timeoutMs: number) {
  const file = join(folder, 'child.mjs');
  writeFileSync(file, program);
  return runNode([file], { timeoutMs, signal: new AbortController().signal });
}

test('a child that takes too long is a warning, one that fails a failure with its own words', async () => {
  const late = await outcomeOf('setInterval(() => {}, 1000);', 300);
  expect(broken('engine', late, 'set up again')).toMatchObject({
    status: 'warn',
    measured: 'no answer in time',
    advice: 'ask again when the machine is less busy',
  });
  const failed = await outcomeOf("throw new TypeError('no such kernel');", 60_000);
  expect(broken('engine', failed, 'set up again')).toMatchObject({
    status: 'fail',
    measured: 'status 1: TypeError: no such kernel',
    advice: 'set up again',
  });
  const killed = await outcomeOf("process.kill(process.pid, 'SIGKILL');", 60_000);
  expect(broken('engine', killed, 'set up again').status).toBe('fail');
});
