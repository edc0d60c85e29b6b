import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collected, head, stepped } from './__fixtures__/records.ts';
import { createRun } from './run-store.ts';
import { listRuns, summarise } from './run-summary.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'runs-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a summary says how far a run is, what was wrong, and that it is finished once its last weights are saved', () => {
  using store = createRun(join(root, 'a'), head);
  expect(summarise(store.reader())).toMatchObject({
    iteration: 0,
    lastEventAt: null,
    finished: false,
  });
  store.record(collected(0, 0));
  store.record({
    kind: 'alarm',
    iteration: 0,
    step: 0,
    data: { name: 'mismatch', fatal: true, message: 'apart' },
  });
  store.record(stepped(2, 7));
  expect(summarise(store.reader())).toMatchObject({
    iteration: 2,
    step: 7,
    finished: false,
    alarms: [{ name: 'mismatch', message: 'apart' }],
  });
  store.record({ kind: 'published', iteration: 3, step: 8, data: { final: true } });
  const saved = { address: 'here', score: null, state: Uint8Array.of(1) };
  store.checkpoint({ name: 'earlier', iteration: 2, step: 7, ...saved }, 2);
  expect(summarise(store.reader()).finished).toBe(false);
  store.checkpoint({ name: 'stopped-000008', iteration: 3, step: 8, ...saved }, 2);
  expect(summarise(store.reader()).finished).toBe(false);
  store.checkpoint({ name: 'iteration-00003', iteration: 3, step: 8, ...saved }, 2);
  expect(summarise(store.reader()).finished).toBe(true);
});

test('runs are listed by name; running ones are marked, broken ones say why', () => {
  const running = createRun(join(root, 'b-running'), head);
  createRun(join(root, 'a-done'), head).close();
  createRun(join(root, 'd-both', 'stage-1'), head).close();
  mkdirSync(join(root, 'no-run'));
  mkdirSync(join(root, 'c-broken'));
  writeFileSync(join(root, 'c-broken', 'run.sqlite'), 'this is text, not a database'.repeat(100));
  const listed = listRuns(root);
  expect(listed.map(({ folder, running }) => [folder.slice(root.length + 1), running])).toEqual([
    ['a-done', false],
    ['b-running', true],
    ['c-broken', false],
    [join('d-both', 'stage-1'), false],
  ]);
  expect(listed[2]?.problem).toContain('cannot be opened as a run');
  expect(listed[1]?.summary?.head.name).toBe('reasoner-tiny');
  running.close();
  expect(listRuns(root)[1]?.running).toBe(false);
  expect(listRuns(join(root, 'nowhere'))).toEqual([]);
});
