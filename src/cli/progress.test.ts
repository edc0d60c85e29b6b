import { expect, test } from 'vitest';
import { Progress, type ProgressOptions, clock, compact } from './progress.ts';
import { columnsOf } from './text.ts';

const color = { out: false, err: false };

/** A progress display on a clock of its own; `written` is what came out. */
function display(columns: number | undefined, options: Partial<ProgressOptions> = {}) {
  const written: string[] = [];
  let time = 0;
  const io = { err: (text: string) => void written.push(text), columns, color };
  const progress = new Progress(io, { label: 'train', total: 100, now: () => time, ...options });
  return { progress, written, wait: (ms: number) => void (time += ms) };
}

test('a terminal sees one line, redrawn in place', () => {
  const { progress, written, wait } = display(80);
  for (let step = 1; step <= 50; step++) {
    wait(100);
    progress.update(step, 'loss 2.31');
  }
  const last = written.at(-1) ?? '';
  expect(written.every((text) => text.startsWith('\r\u001b[2K'))).toBe(true);
  expect(last).toContain('████████████············');
  expect(last).toContain('50/100  10/s  0:05 left  loss 2.31');
  progress.end();
  expect(written.at(-1)).toBe('\n');
});

test('a pipe sees plain lines, one every few seconds and one at the end', () => {
  const { progress, written, wait } = display(undefined, { unit: 'steps' });
  for (let step = 1; step <= 100; step++) {
    wait(100);
    progress.update(step);
  }
  progress.end();
  expect(written).toEqual([
    'train  50%  50/100  10 steps/s  0:05 left\n',
    'train  100%  100/100  10 steps/s  0:10\n',
  ]);
  expect(written.join('')).not.toContain('\u001b');
});

test('the terminal is not redrawn more than a dozen times a second', () => {
  const { progress, written, wait } = display(80, { total: 10_000 });
  for (let step = 1; step <= 10_000; step++) {
    wait(0.1);
    progress.advance();
  }
  expect(written.length).toBeLessThan(14);
});

test.for([10, 24, 40, 60, 200])('never wider than %d columns', (columns) => {
  const { progress, written, wait } = display(columns);
  wait(500);
  progress.update(30, 'a long remark about the state of things');
  progress.end();
  for (const text of written) expect(columnsOf(text.replace(/[\r\n]/g, ''))).toBeLessThan(columns);
});

test('the rate follows a change of speed without jumping', () => {
  const { progress, written, wait } = display(120, { total: 100_000 });
  for (let step = 1; step <= 200; step++) {
    wait(100);
    progress.update(step);
  }
  for (let step = 1; step <= 100; step++) {
    wait(100);
    progress.update(200 + step * 10);
  }
  const rate = Number(/(\d+\.?\d*)\/s/.exec(written.at(-1) ?? '')?.[1]);
  expect(rate).toBeGreaterThan(50);
  expect(rate).toBeLessThan(100);
});

test('without a total there is no bar and no time left', () => {
  const { progress, written, wait } = display(80, { total: undefined } as object);
  wait(2000);
  progress.update(50);
  expect(written.at(-1)).toBe('\r\u001b[2Ktrain  50  25/s  0:02');
});

test('a note stands above the bar', () => {
  const { progress, written } = display(80);
  progress.note('checkpoint written');
  expect(written.at(-2)).toBe('\r\u001b[2Kcheckpoint written\n');
});

test('leaving the block ends the line, also by an exception', () => {
  const { progress, written } = display(80);
  expect(() => {
    using _progress = progress;
    throw new Error('x');
  }).toThrow('x');
  expect(written.at(-1)).toBe('\n');
  const count = written.length;
  progress.end();
  progress.update(100);
  expect(written).toHaveLength(count);
});

test('times and numbers are short', () => {
  expect([0, 5, 65, 3600, 7384].map(clock)).toEqual(['0:00', '0:05', '1:05', '1:00:00', '2:03:04']);
  expect([0, 7, 0.5, 12.34, 999, 1000, 12_345, 999_600, 5e9].map(compact)).toEqual([
    '0',
    '7',
    '0.50',
    '12.3',
    '999',
    '1.00k',
    '12.3k',
    '1.00M',
    '5.00G',
  ]);
  expect(compact(Number.NaN)).toBe('–');
});
