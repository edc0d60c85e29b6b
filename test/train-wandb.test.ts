import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readRun } from '#run';
import { checkpoint, smallSettings, writePuzzles } from './__fixtures__/small-run.ts';
import { expectSuccess } from './expect-success.ts';
import { runCli } from './run-cli.ts';

/** `--wandb` through the command line: with a stand-in for Python, and with the package where it is. */
const standIn = fileURLToPath(new URL('__fixtures__/wandb-stand-in.ts', import.meta.url));

// Each test starts processes.
vi.setConfig({ testTimeout: 300_000 });

let root = '';
let data = '';
let python = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'train-wandb-'));
  data = writePuzzles(root, 30);
  python = join(root, 'python');
  writeFileSync(python, `#!/bin/sh\nexec "${process.execPath}" "${standIn}" "$@"\n`);
  chmodSync(python, 0o755);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const place = (run: string) => ['--run', join(root, run), '--threads', '1', '--wandb', 'mine'];
const begin = (run: string) => {
  const what = ['--preset', 'reasoner-tiny', '--start', checkpoint, '--data', data];
  return ['train', ...what, ...smallSettings, ...place(run), '--skip-gate'];
};
const env = (run: string, kind = '') => ({
  env: { VL_PYTHON: python, WANDB_STAND_IN: kind, WANDB_TOLD: join(root, `${run}.told`) },
});

interface Told {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

/** What was written to the package: one list for each time it was begun, its end included. */
function told(run: string): readonly (readonly [{ readonly id: string }, ...(Told | object)[]])[] {
  const lines = readFileSync(join(root, `${run}.told`), 'utf8')
    .trim()
    .split('\n');
  const begun = lines.flatMap((line, index) => (line.includes('"project"') ? [index] : []));
  return begun.map((start, index) => {
    const [first = '', ...rest] = lines.slice(start, begun[index + 1]);
    return [
      JSON.parse(first) as { readonly id: string },
      ...rest.map((line) => JSON.parse(line) as Told | object),
    ];
  });
}
const stepsOf = (lines: readonly (Told | object)[]) =>
  lines.flatMap((line) => ('step' in line ? [line] : []));

test.each([
  ['no package', 'missing', 'does not have; run `'],
  ['nobody logged in', 'nobody', '--wandb: No API key configured. (`wandb login` logs in'],
])('with %s a run is refused before anything is begun', async (_, kind, message) => {
  const { code, err } = await runCli(begin('refused'), env('refused', kind));
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  expect(existsSync(join(root, 'refused'))).toBe(false);
});

test('a Python that is not there is named', async () => {
  const { code, err } = await runCli(begin('refused'), { env: { VL_PYTHON: '/no/python' } });
  expect([code, err]).toEqual([2, expect.stringContaining('/no/python does not start')]);
});

test('every metric of the store arrives under the number of its event; a run that goes on keeps id and numbers', async () => {
  const { err } = expectSuccess(
    await runCli([...begin('whole'), '--stop-after', '2'], env('whole')),
  );
  expect(err).toContain('wandb: https://example.org/run');
  expectSuccess(await runCli(['train', ...place('whole'), '--resume'], env('whole')));
  const [first, second] = told('whole');
  expect(first?.[0]).toMatchObject({ project: 'mine', name: 'whole' });
  expect(first?.[0]).toMatchObject({ config: { preset: 'reasoner-tiny', batch: { mode: 'ssr' } } });
  expect(first?.[0]).toMatchObject({ notes: 'the checks before the first step were skipped' });
  expect(second?.[0].id).toBe(first?.[0].id);
  expect([first?.at(-1), second?.at(-1)]).toEqual([{}, {}]);
  const steps = [...stepsOf(first ?? []), ...stepsOf(second ?? [])];
  using run = readRun(join(root, 'whole'));
  for (const name of ['reward/mean', 'policy/loss', 'eval/reward_mean']) {
    const stored = run.series(name).map(({ step, value }) => [step, value]);
    const sent = steps.filter(({ values }) => name in values);
    expect(sent.map(({ values }) => [values['progress/step'], values[name]])).toEqual(stored);
  }
  const numbers = steps.map(({ step }) => step);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
});

test('when its process dies, that is told and training goes on to its end', async () => {
  const { err } = expectSuccess(await runCli(begin('dies'), env('dies', 'dies')));
  expect(err).toContain(
    'wandb: its process ended with status 3: MemoryError; metrics are no longer sent there',
  );
  expect(err).toContain('finished:');
});

test('the package itself keeps an offline run beside ours, where it is installed', async (context) => {
  const real = process.env['VL_PYTHON'] ?? 'python3';
  try {
    execFileSync(real, ['-c', 'import wandb'], { stdio: 'ignore' });
  } catch {
    context.skip(`${real} has no package wandb`);
  }
  const { err } = expectSuccess(
    await runCli(begin('real'), { env: { WANDB_MODE: 'offline', HOME: root } }),
  );
  expect(err).toContain(`wandb: kept in ${join(root, 'real/wandb/offline-run-')}`);
  const folder = join(root, 'real/wandb/latest-run');
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.wandb'));
  const bytes = readFileSync(join(folder, file), 'latin1');
  for (const name of ['reward', 'policy', 'progress']) expect(bytes).toContain(name);
});
