import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collected, head, stepped } from './__fixtures__/records.ts';
import { diffRuns } from './diff-runs.ts';
import { exportLines } from './export-jsonl.ts';
import { createRun, readRun, resumeRun } from './run-store.ts';
import type { RunStore } from './run-store.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'run-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const folder = (name = 'one') => join(root, name);

function weights(store: RunStore, name: string): string {
  const path = store.checkpointFolder(name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'model.safetensors'), name);
  return path;
}

function checkpoint(
  store: RunStore,
  iteration: number,
  { score = null, keep = 3 }: { score?: number | null; keep?: number } = {},
) {
  const name = `iteration-${iteration}`;
  const state = Buffer.from(`state ${iteration}`);
  store.checkpoint(
    { name, iteration, step: iteration * 2, address: weights(store, name), score, state },
    keep,
  );
}

test('what is recorded with an event can be read by what it is about', () => {
  using store = createRun(folder(), head);
  store.record(collected(0, 0));
  store.record(stepped(0, 0));
  store.record(collected(1, 1));
  const run = store.reader();
  expect(run.head()).toEqual(head);
  expect(run.events().map(({ seq, kind }) => [seq, kind])).toEqual([
    [1, 'collected'],
    [2, 'stepped'],
    [3, 'collected'],
  ]);
  expect(run.events(2)).toHaveLength(1);
  expect(run.series('reward/mean').map(({ value }) => value)).toEqual([0, 0.1]);
  expect(run.metrics().find(({ name }) => name === 'reward/mean')?.value).toBe(0.1);
  expect(run.metrics(0).map(({ name }) => name)).toContain('policy/loss');
  expect(run.series('rethink/improvement')[0]?.value).toBeNull();
  expect(run.rollouts({ iteration: 0 }).map(({ id }) => id)).toEqual(['0/p/0', '0/p/1']);
  expect(run.rollouts({ rethought: true, problemId: 'p' }).map(({ id }) => id)).toEqual([
    '0/p/1',
    '1/p/1',
  ]);
  expect(run.rollouts({ replayed: true }).map(({ id }) => id)).toEqual(['0/p/1']);
  expect(run.rollouts({ step: 0 })).toHaveLength(2);
  expect(run.rollouts({ step: 0, replayed: true })).toHaveLength(1);
  expect(run.rollouts({ limit: 1, offset: 2 }).map(({ id }) => id)).toEqual(['1/p/0']);
  expect(run.uses('0/p/1')).toEqual([{ step: 0, sampleId: '0/p/1', age: 1 }]);
  expect(run.problem('p')?.pictures[0]?.hash).toBe('ab');
  expect(run.attempts(0)[0]?.outcome).toBe('kept');
  const rollout = run.rollout('0/p/1');
  expect(rollout?.draftVerdict?.correct).toBe(false);
  expect(rollout?.tokens).toEqual(Int32Array.of(5, 6));
  expect(rollout?.logprobs).toEqual(Float32Array.of(-0.5, NaN));
});

test('an event is stored whole or not at all', () => {
  using store = createRun(folder(), head);
  store.record(collected(0, 0));
  expect(() => store.record({ ...collected(0, 1), metrics: { 'reward/mean': 9 } })).toThrow(
    'cannot record collected of step 1',
  );
  expect(store.reader().events()).toHaveLength(1);
  expect(
    store
      .reader()
      .series('reward/mean')
      .map(({ value }) => value),
  ).toEqual([0]);
  store.record(stepped(0, 0));
  expect(
    store
      .reader()
      .events()
      .map(({ seq }) => seq),
  ).toEqual([1, 2]);
});

test('a run is read while it is written', () => {
  using store = createRun(folder(), head);
  store.record(collected(0, 0));
  using reader = readRun(folder());
  expect(reader.events()).toHaveLength(1);
  store.record(stepped(0, 0));
  expect(reader.events()).toHaveLength(2);
});

test('resuming goes on from the last complete checkpoint and forgets what came after [D8]', () => {
  const store = createRun(folder(), head);
  store.record(collected(0, 0));
  checkpoint(store, 1);
  store.record(stepped(0, 0));
  store.record(collected(1, 1));
  weights(store, 'half-written');
  store.close();
  const { goOn, checkpoint: found, head: same } = resumeRun(folder());
  const again = goOn();
  expect(Buffer.from(found?.state ?? []).toString()).toBe('state 1');
  expect(found).toMatchObject({ name: 'iteration-1', iteration: 1, step: 2 });
  expect(same).toEqual(head);
  expect(
    again
      .reader()
      .events()
      .map(({ kind }) => kind),
  ).toEqual(['collected']);
  expect(
    again
      .reader()
      .rollouts()
      .map(({ id }) => id),
  ).toEqual(['0/p/0', '0/p/1']);
  expect(again.reader().series('policy/loss')).toEqual([]);
  expect(existsSync(join(folder(), 'checkpoints', 'half-written'))).toBe(false);
  again.record(stepped(0, 0));
  again.record(collected(1, 1));
  expect(
    again
      .reader()
      .events()
      .map(({ seq }) => seq),
  ).toEqual([1, 2, 3]);
  again.close();
});

test('a run that is opened to go on and left again is as it was, and free', () => {
  const store = createRun(folder(), head);
  checkpoint(store, 0);
  store.record(stepped(0, 0));
  weights(store, 'half-written');
  store.close();
  resumeRun(folder())[Symbol.dispose]();
  {
    using run = readRun(folder());
    expect(run.events().map(({ kind }) => kind)).toEqual(['stepped']);
  }
  expect(existsSync(join(folder(), 'checkpoints', 'half-written'))).toBe(true);
  const again = resumeRun(folder()).goOn();
  expect(again.reader().events()).toEqual([]);
  again.close();
});

test('a checkpoint whose folder was deleted is passed over; without any the run does not begin anew', () => {
  const store = createRun(folder(), head);
  store.record(collected(0, 0));
  checkpoint(store, 1);
  store.record(stepped(0, 0));
  checkpoint(store, 2);
  store.close();
  rmSync(join(folder(), 'checkpoints', 'iteration-2'), { recursive: true });
  {
    using resumed = resumeRun(folder());
    expect(resumed.checkpoint?.name).toBe('iteration-1');
    expect(resumed.gone).toEqual(['iteration-2']);
    const again = resumed.goOn();
    expect(again.checkpoints().map(({ name }) => name)).toEqual(['iteration-1']);
    expect(again.reader().events()).toHaveLength(1);
  }
  rmSync(join(folder(), 'checkpoints'), { recursive: true });
  expect(() => resumeRun(folder())).toThrow('checkpoint iteration-1: expected its state in');
});

test('a run without a checkpoint begins anew when resumed', () => {
  const store = createRun(folder(), head);
  store.record(collected(0, 0));
  store.close();
  const { goOn, checkpoint: found } = resumeRun(folder());
  const again = goOn();
  expect(found).toBeNull();
  expect(again.reader().events()).toEqual([]);
  again.close();
});

test('the last checkpoints and the best one are kept, the others go with their weights [D8]', () => {
  using store = createRun(folder(), head);
  const scores = [0.1, 0.5, 0.5, 0.2, 0.3];
  scores.forEach((score, index) => checkpoint(store, index, { score, keep: 2 }));
  expect(store.checkpoints().map(({ name }) => name)).toEqual([
    'iteration-1',
    'iteration-3',
    'iteration-4',
  ]);
  expect(store.reader().best()?.name).toBe('iteration-1'); // the earlier of equals
  expect(existsSync(join(folder(), 'checkpoints', 'iteration-2'))).toBe(false);
  expect(
    readFileSync(join(folder(), 'checkpoints', 'iteration-1', 'model.safetensors'), 'utf8'),
  ).toBe('iteration-1');
});

test('a second writer is refused by name, in this process and in another', async () => {
  const store = createRun(folder(), head);
  expect(() => resumeRun(folder())).toThrow(
    `another process is writing this run (process ${process.pid}`,
  );
  const other = spawn(process.execPath, [
    '--conditions=source',
    '--input-type=module',
    '-e',
    `
    import { resumeRun } from '${new URL('run-store.ts', import.meta.url).href}';
    try { resumeRun(${JSON.stringify(folder())}); } catch (error) { console.log(error.message); }
  `,
  ]);
  let said = '';
  other.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await new Promise((resolve) => other.on('close', resolve));
  expect(said).toContain(`another process is writing this run (process ${process.pid}`);
  store.close();
  resumeRun(folder()).goOn().close();
});

test('a writer that was killed leaves a run that can be resumed at once', async () => {
  const script = `
    import { createRun } from '${new URL('run-store.ts', import.meta.url).href}';
    import { head, collected, stepped } from '${new URL('__fixtures__/records.ts', import.meta.url).href}';
    const store = createRun(${JSON.stringify(folder())}, head);
    store.record(collected(0, 0));
    store.checkpoint({ name: 'a', iteration: 0, step: 0, address: 'x', score: null, state: Buffer.from('s') }, 3);
    for (let step = 0; ; step++) { store.record(stepped(0, step)); if (step === 20) console.log('going'); }`;
  const child = spawn(process.execPath, [
    '--conditions=source',
    '--input-type=module',
    '-e',
    script,
  ]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const closed = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGKILL');
  await closed;
  const { goOn, checkpoint: found } = resumeRun(folder());
  const store = goOn();
  expect(found?.name).toBe('a');
  expect(
    store
      .reader()
      .events()
      .map(({ kind }) => kind),
  ).toEqual(['collected']);
  store.close();
});

test('a run killed while it was being made is none, and is begun in the same folder', () => {
  const config = {
    get seed(): number {
      throw new Error('the process ends here');
    },
  };
  expect(() => createRun(folder(), { ...head, config })).toThrow('cannot create the run');
  expect(existsSync(join(folder(), 'run.sqlite'))).toBe(false);
  writeFileSync(join(folder(), 'run.sqlite.partial'), 'half a database');
  writeFileSync(join(folder(), 'run.sqlite.partial-journal'), 'half a journal');
  createRun(folder(), head).close();
  using run = readRun(folder());
  expect(run.head()).toEqual(head);
  expect(readdirSync(folder()).filter((name) => name.includes('partial'))).toEqual([]);
});

test('a folder that is no run, another version, another database or an existing run is refused in words [D10] [rule 31]', () => {
  expect(() => readRun(folder())).toThrow('expected a run (run.sqlite), found none');
  createRun(folder(), head).close();
  expect(() => createRun(folder(), head)).toThrow('a run is there already; go on with --resume');
  const database = new DatabaseSync(join(folder(), 'run.sqlite'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => resumeRun(folder())).toThrow(
    'a run folder of another version: expected schema 1, found 99',
  );
  expect(() => readRun(folder())).toThrow('another version');
  mkdirSync(folder('other'));
  new DatabaseSync(join(folder('other'), 'run.sqlite')).exec('CREATE TABLE t (x)');
  expect(() => readRun(folder('other'))).toThrow('found another SQLite database');
  mkdirSync(folder('text'));
  writeFileSync(
    join(folder('text'), 'run.sqlite'),
    'not a database, but long enough to be looked at'.repeat(40),
  );
  expect(() => readRun(folder('text'))).toThrow('cannot be opened as a run');
});

test('a folder that cannot be written is refused in words', (context) => {
  if (process.getuid?.() === 0) context.skip('the super-user writes everywhere');
  mkdirSync(folder('closed'));
  chmodSync(folder('closed'), 0o555);
  expect(() => createRun(join(folder('closed'), 'run'), head)).toThrow(
    'the folder cannot be written',
  );
});

test('a disk that fills up leaves the last good checkpoint untouched', (context) => {
  if (!existsSync('/dev/full')) context.skip('no /dev/full here');
  using store = createRun(folder(), head);
  store.record(collected(0, 0));
  checkpoint(store, 1);
  weights(store, 'iteration-2');
  const target = join(store.checkpointFolder('iteration-2'), 'train-state.bin.part');
  rmSync(target, { force: true });
  symlinkSync('/dev/full', target);
  const second = {
    name: 'iteration-2',
    iteration: 2,
    step: 4,
    address: 'x',
    score: null,
    state: Buffer.from('state 2'),
  };
  expect(() => store.checkpoint(second, 3)).toThrow('the disk is full');
  expect(store.checkpoints().map(({ name }) => name)).toEqual(['iteration-1']);
});

test('an export holds every row as a line of JSON', () => {
  using store = createRun(folder(), head);
  store.record(collected(0, 0));
  store.record(stepped(0, 0));
  checkpoint(store, 1);
  const lines = [...exportLines(store.reader())];
  const counts = Object.fromEntries(
    [...Map.groupBy(lines, ({ file }) => file)].map(([file, some]) => [file, some.length]),
  );
  expect(counts).toEqual({
    'run.jsonl': 1,
    'checkpoints.jsonl': 1,
    'events.jsonl': 2,
    'metrics.jsonl': 4,
    'problems.jsonl': 1,
    'rollouts.jsonl': 2,
    'attempts.jsonl': 1,
    'uses.jsonl': 2,
  });
  const rollout = JSON.parse(lines.find(({ file }) => file === 'rollouts.jsonl')?.line ?? '');
  expect(rollout).toMatchObject({
    id: '0/p/0',
    iteration: 0,
    tokens: [5, 6],
    logprobs: [-0.5, null],
  });
});

test('two runs stand side by side: settings that differ, last values of all metrics', () => {
  using one = createRun(folder('one'), head);
  using two = createRun(folder('two'), {
    ...head,
    config: { seed: 1, rollout: { groupSize: 8 } },
    versions: { 'vl-rethinker': '0.2.0' },
  });
  one.record(stepped(0, 3));
  expect(diffRuns(one.reader(), two.reader())).toEqual({
    config: [
      { name: 'rethink.triggers', a: ['bare_wait'], b: undefined },
      { name: 'seed', a: 0, b: 1 },
    ],
    versions: [{ name: 'vl-rethinker', a: '0.1.0', b: '0.2.0' }],
    metrics: [
      { name: 'policy/loss', a: 3, b: undefined },
      { name: 'replay/share', a: 0.5, b: undefined },
    ],
  });
});
