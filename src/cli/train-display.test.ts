import { expect, test } from 'vitest';
import type { Io } from './command.ts';
import { TrainDisplay } from './train-display.ts';

/** A terminal of 80 columns with colours, or a pipe. */
function screen(columns: number | undefined) {
  const written = { out: '', err: '' };
  const io: Io = {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    color: { out: columns !== undefined, err: columns !== undefined },
    columns,
    signal: new AbortController().signal,
    cwd: '.',
  };
  return { io, written };
}
const going = { iterations: 2, steps: 8, from: 0 };
const update = { phase: 'update', iteration: 0, done: 1, total: 4, subject: 'step 3' } as const;
const collected = { kind: 'collected', iteration: 0, step: 0 } as const;

test('on a terminal an alarm stands above the bar, yellow; one that ends the run is red', () => {
  const { io, written } = screen(80);
  using display = new TrainDisplay(io, false, going);
  display.progress(update);
  expect(written.err).toContain('1/2 updating');
  display.alarm('truncation', '60 % of the responses end at the token limit', false);
  display.alarm('gradient_zero', 'no gradient', true);
  expect(written.err).toContain('\u001b[33malarm: truncation: 60 % of the responses');
  expect(written.err).toContain('\u001b[31mstopping: gradient_zero: no gradient');
});

test('on a terminal an iteration leaves one line, on a pipe every event does, without escape codes', () => {
  const metrics = { 'reward/mean': 0.5, 'group/effective_fraction': 0.25 };
  const tell = (columns: number | undefined) => {
    const { io, written } = screen(columns);
    using display = new TrainDisplay(io, false, going);
    display.event(collected, metrics);
    display.event({ ...collected, kind: 'stepped' }, { 'replay/share': 0.75 });
    display.event({ ...collected, kind: 'completed', step: 1 }, {});
    return written.err;
  };
  expect(tell(80).trim().split('\n')).toHaveLength(1);
  expect(tell(80)).toMatch(
    /^iteration 1\/2 {2}reward 0\.5000 {2}vanishing 75\.0% .* replay 75\.0%/u,
  );
  const piped = tell(undefined);
  expect(piped.trim().split('\n')).toHaveLength(3);
  expect(piped).not.toContain('\u001b');
});

test('as JSON the events go to stdout, and words for people stay on stderr', () => {
  const { io, written } = screen(undefined);
  using display = new TrainDisplay(io, true, going);
  display.event(collected, { 'reward/mean': 0.5 });
  display.alarm('truncation', 'too short', false);
  expect(JSON.parse(written.out)).toEqual({
    event: 'collected',
    iteration: 0,
    step: 0,
    metrics: { 'reward/mean': 0.5 },
  });
  expect(written.err).toBe('alarm: truncation: too short\n');
});

test('a run that goes on within an iteration says nothing about rollouts it has not seen', () => {
  const { io, written } = screen(80);
  using display = new TrainDisplay(io, false, going);
  display.event({ ...collected, kind: 'completed', step: 1 }, {});
  expect(written.err).toMatch(/reward – {2}vanishing – {2}length –/u);
});
