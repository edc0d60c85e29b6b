import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeRun } from '../src/report/__fixtures__/made-run.ts';
import { runHere } from '../src/cli/__fixtures__/run-here.ts';
import { reportAtEnd } from '../src/cli/report.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'report-cli-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const report = (...args: readonly string[]) => runHere(['report', ...args], { cwd: root });

test('a report is written into its run, and beside several', async () => {
  makeRun({ folder: join(root, 'a'), iterations: 1 });
  makeRun({ folder: join(root, 'b'), iterations: 1 });
  const one = await report('a');
  expect([one.code, one.out]).toEqual([0, `${join(root, 'a', 'report.html')}\n`]);
  expect(readFileSync(join(root, 'a', 'report.html'), 'utf8')).toMatch(/^<!doctype html>/u);
  const both = await report('a', 'b', '--json', '--out', 'x/both.html');
  const { report: place, runs } = JSON.parse(both.out) as { report: string; runs: string[] };
  expect([place, runs.length]).toEqual([join(root, 'x', 'both.html'), 2]);
  expect(existsSync(place)).toBe(true);
});

test('a folder that is no run is told with the nearest one', async () => {
  makeRun({ folder: join(root, 'runs', 'reasoner'), iterations: 1 });
  mkdirSync(join(root, 'empty'));
  const mistyped = await report('runs/resoner');
  expect(mistyped.code).toBe(1);
  expect(mistyped.err).toContain(
    'expected a run (run.sqlite), found no such folder; did you mean runs/reasoner?',
  );
  expect((await report('runs')).err).toContain('found none in it; did you mean runs/reasoner?');
  expect((await report('empty')).err).toContain('`vl-rethinker runs` lists them');
  expect((await report()).code).toBe(2);
});

test('two reports at once leave one whole page', async () => {
  makeRun({ folder: join(root, 'a'), iterations: 1 });
  const codes = await Promise.all([report('a'), report('a')]);
  expect(codes.map(({ code }) => code)).toEqual([0, 0]);
  const page = readFileSync(join(root, 'a', 'report.html'), 'utf8');
  expect(page.endsWith('</html>\n')).toBe(true);
});

test('a report that cannot be written does not make its run fail', async () => {
  makeRun({ folder: join(root, 'a'), iterations: 1 });
  mkdirSync(join(root, 'a', 'report.html'));
  let said = '';
  await reportAtEnd(join(root, 'a'), { err: (text) => void (said += text) });
  expect(said).toMatch(/no report was written: cannot write .*there is a folder of that name/u);
});
