import { expect, test } from 'vitest';
import type { Progress } from './setup.ts';
import type { Stall, Ticker } from './watchdog.ts';
import { Watchdog } from './watchdog.ts';

function watched() {
  let now = 0;
  let tick = () => {};
  let stopped = false;
  const ticker: Ticker = {
    clock: () => now,
    every: (_, call) => {
      tick = call;
      return () => (stopped = true);
    },
  };
  const stalls: Stall[] = [];
  const watchdog = new Watchdog(60, (stall) => stalls.push(stall), ticker);
  const pass = (seconds: number) => {
    now += seconds;
    tick();
  };
  return { watchdog, stalls, pass, stopped: () => stopped };
}
const progress: Progress = {
  phase: 'rollout',
  iteration: 3,
  done: 512,
  total: 1024,
  subject: 'p7',
};

test('the phase that stands still is named, with how far it is and what came last', () => {
  const { watchdog, stalls, pass } = watched();
  watchdog.note(progress);
  pass(59);
  expect(stalls).toEqual([]);
  pass(2);
  expect(stalls.map(({ message }) => message)).toEqual([
    'rollout of iteration 3 has stood still for 61 s at 512 of 1024; last: p7',
  ]);
  pass(10);
  expect(stalls).toHaveLength(1);
  pass(60);
  expect(stalls).toHaveLength(2);
});

test('progress calms the watchdog, and nothing is said before anything began', () => {
  const { watchdog, stalls, pass, stopped } = watched();
  pass(1000);
  watchdog.note(progress);
  pass(50);
  watchdog.note({ ...progress, phase: 'update', done: 1 });
  pass(50);
  expect(stalls).toEqual([]);
  pass(20);
  expect(stalls[0]?.phase).toBe('update');
  watchdog[Symbol.dispose]();
  expect(stopped()).toBe(true);
});

test('the real watchdog looks by itself', async () => {
  const stall = await new Promise<Stall>((resolve) => {
    const watchdog = new Watchdog(0.1, (found) => {
      watchdog[Symbol.dispose]();
      resolve(found);
    });
    watchdog.note({ phase: 'sync', iteration: 0, done: 0, total: 1 });
    setTimeout(() => {}, 1000); // the watchdog alone does not keep a process alive
  });
  expect(stall.message).toMatch(/^sync of iteration 0 has stood still/u);
});
