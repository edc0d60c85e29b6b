import { expect, test } from 'vitest';
import { debugTensors, fromFloats, LeakAlarm, outside, type Tensor, TensorScope } from './index.ts';

const kept: Tensor[] = [];
const leak = (): void => {
  kept.push(outside(() => fromFloats([1])));
};
const clean = (): void => {
  using _scope = new TensorScope();
  fromFloats([1]).add(1);
};
const clear = (): void => {
  for (const tensor of kept.splice(0)) tensor.dispose();
};

/** A step made of parts, and what the alarm says of it. */
function step(alarm: LeakAlarm, ...parts: readonly (() => void)[]): string | null {
  for (const part of parts) alarm.watch(part);
  return alarm.endStep();
}

test('the third step in a row that leaves tensors behind is reported, with the places that made most', () => {
  const alarm = new LeakAlarm();
  const twice = (): void => {
    leak();
    kept.push(outside(() => fromFloats([1, 2])));
    kept.push(outside(() => fromFloats([3, 4])));
  };
  expect(step(alarm, clean, twice)).toBeNull();
  expect(step(alarm, twice, clean)).toBeNull();
  const report = step(alarm, clean, twice);
  expect(report).toMatch(
    /^live tensors have grown in 3 steps in a row, by 3 in the last one to \d+/,
  );
  const places = /made (.*); open/.exec(report ?? '')?.[1]?.split(', ') ?? [];
  expect(places).toHaveLength(3);
  for (const place of places) expect(place).toMatch(/^1 at leak-alarm\.test\.ts:\d+$/);
  expect(step(alarm, leak), 'the count begins anew').toBeNull();
  clear();
});

test('one step in three that leaves nothing behind is enough for silence', () => {
  const alarm = new LeakAlarm();
  const said = [leak, leak, clean, leak, leak, clean, clear].map((part) => step(alarm, part));
  expect(said.every((report) => report === null)).toBe(true);
});

test('what a step makes and a later part of it frees is no growth', () => {
  const alarm = new LeakAlarm();
  for (let count = 0; count < 6; count++) expect(step(alarm, leak, leak, clear)).toBeNull();
});

test('what happens between the parts, and what is expected, is left out', () => {
  const alarm = new LeakAlarm();
  for (let count = 0; count < 6; count++) {
    leak();
    alarm.watch(leak);
    expect(alarm.endStep(1)).toBeNull();
  }
  clear();
});

test('a part that throws is counted, and nothing is watched after it', () => {
  const alarm = new LeakAlarm();
  const failing = (): void => {
    leak();
    throw new Error('no');
  };
  for (let count = 0; count < 2; count++) {
    expect(() => alarm.watch(failing)).toThrow('no');
    expect(alarm.endStep()).toBeNull();
  }
  expect(() => alarm.watch(failing)).toThrow('no');
  leak();
  expect(alarm.endStep()).toMatch(/by 1 in the last one .* made 1 at leak-alarm\.test\.ts:\d+;/);
  clear();
});

test('the alarm names places while debug mode watches too, and both end apart', () => {
  const alarm = new LeakAlarm();
  const off = debugTensors();
  step(alarm, leak);
  step(alarm, leak);
  expect(step(alarm, leak)).toMatch(/made 1 at leak-alarm\.test\.ts:\d+;/);
  leak();
  expect([...off().values()].reduce((sum, count) => sum + count, 0)).toBe(kept.length);
  clear();
});
