import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TrainState } from '#rl';
import { decodeState, encodeState, freshState, recordOf, train } from '#rl';
import type { RunHead, RunStore } from '#run';
import { createRun, exportLines, readRun, resumeRun } from '#run';
import { verify } from '#verify';
import { FakePolicy, decode, problems, promptOf, setupOf, tinyRun } from './fake-policy.ts';

const head: RunHead = { name: 'fake', startedAt: '', config: {}, versions: {}, stamps: [] };
const promptFor = (id: string) => promptOf(problems.find((one) => one.id === id)?.question ?? '');

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'train-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Trains into a store, saving at every event that `saves` names, until `stopAfter` events are told. */
async function trainInto(
  store: RunStore,
  policy: FakePolicy,
  from: TrainState,
  {
    saves = ['completed'],
    stopAfter = Infinity,
  }: { saves?: readonly string[]; stopAfter?: number } = {},
): Promise<number> {
  let told = 0;
  const setup = setupOf(policy, { verify });
  for await (const event of train(tinyRun, setup, from)) {
    store.record(recordOf(event, { decode, tokens: 'all', folder: store.folder }));
    told += 1;
    if (event.kind !== 'alarm' && saves.includes(event.kind)) {
      const name = `at-${event.step}-${event.kind}`;
      const address = await policy.save(name);
      const { iteration, step } = event;
      store.checkpoint(
        { name, iteration, step, address, score: null, state: encodeState(event.state) },
        2,
      );
    }
    if (told >= stopAfter) break;
  }
  return told;
}

/** All that a run has stored, without wall-clock times. */
function contents(folder: string): readonly string[] {
  using run = readRun(folder);
  return [...exportLines(run)]
    .filter(({ file }) => file !== 'checkpoints.jsonl')
    .map(({ file, line }) => `${file} ${line.replace(/"time":"[^"]*"/u, '')}`);
}

test.each([5, 9, 12, 16, 20])(
  'a run stopped after %i events and resumed has stored what an uninterrupted one has [D8] [rule 38]',
  async (stopAfter) => {
    const whole = new FakePolicy();
    const one = createRun(join(root, 'whole'), head);
    await trainInto(one, whole, freshState(problems.length));
    one.close();

    const saves = ['completed', 'stepped'];
    const first = new FakePolicy();
    const two = createRun(join(root, 'stopped'), head);
    await trainInto(two, first, freshState(problems.length), { stopAfter, saves });
    two.record({ kind: 'noise', iteration: 9, step: 9, data: 'what a killed process wrote last' });
    two.close();

    const { goOn, checkpoint } = resumeRun(join(root, 'stopped'));
    const store = goOn();
    const second = new FakePolicy();
    first.saved.forEach((value, name) => second.saved.set(name, value));
    expect(checkpoint).not.toBeNull();
    await second.load(checkpoint?.address ?? '');
    const state = decodeState(checkpoint?.state ?? new Uint8Array(0), promptFor);
    await trainInto(store, second, state, { saves });
    store.close();

    expect(contents(join(root, 'stopped'))).toEqual(contents(join(root, 'whole')));
    expect(second.weight).toBe(whole.weight);
  },
);

test('what is stored shows pictures, spans, verdicts before and after, advantages and replay history', async () => {
  const store = createRun(join(root, 'run'), head);
  await trainInto(store, new FakePolicy(), freshState(problems.length));
  const run = store.reader();
  const [kept] = run.rollouts({ rethought: true, limit: 1 });
  expect(kept?.spans.map(({ kind }) => kind)).toEqual(['draft', 'trigger', 'rethinking']);
  expect(kept?.spans[1]?.text).toMatch(/^\n\nWait/u);
  expect(kept?.verdict.code).toBe('correct');
  expect(kept?.draftVerdict?.code).toMatch(/^(?:correct|wrong)$/u);
  const attempts = run.attempts(kept?.iteration ?? 0);
  expect(
    attempts.some(({ rolloutId, outcome }) => rolloutId === kept?.id && outcome === 'kept'),
  ).toBe(true);
  const [replayed] = run.rollouts({ replayed: true, limit: 1 });
  const uses = run.uses(replayed?.id ?? '');
  expect(uses.some(({ age }) => age !== null)).toBe(true);
  expect(replayed?.advantage).not.toBe(0);
  store.close();
});

test('bytes that are no state of training are refused in words', () => {
  expect(() => decodeState(Buffer.from('nonsense'), promptFor)).toThrow(
    'train state: expected "vl-rethinker train state" version 1, found something else',
  );
  const bytes = Buffer.from(encodeState(freshState(3)));
  const other = Buffer.from(
    bytes.toString('latin1').replace('"version":1', '"version":7'),
    'latin1',
  );
  expect(() => decodeState(other, promptFor)).toThrow('found version 7');
  expect(() => decodeState(bytes.subarray(0, -4), promptFor)).toThrow('found something else');
  const longer = Buffer.concat([bytes, Buffer.alloc(4)]);
  expect(() => decodeState(longer, promptFor)).toThrow(
    `found ${longer.length} bytes where ${bytes.length} are told`,
  );
});
