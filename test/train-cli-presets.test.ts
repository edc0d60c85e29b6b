import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { presets } from '#configs';
import { configOf } from '#rl';
import { readRun } from '#run';
import {
  checkpoint,
  smallRethinking,
  smallSettings,
  writePuzzles,
} from './__fixtures__/small-run.ts';
import { expectSuccess } from './expect-success.ts';
import { runCli } from './run-cli.ts';

let root = '';
let data = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'presets-'));
  data = writePuzzles(root, 30);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const tiny = presets.filter(({ name }) => name.endsWith('-tiny'));

test.each(tiny.map((preset) => [preset.name, preset] as const))(
  '%s runs from the command line, and what it asks for happens [S1] [D11] [rule 32]',
  async (name, { settings }) => {
    const run = join(root, name);
    const config = configOf(settings);
    const rethinks = config.rethink.mode !== 'off';
    const where = ['--preset', name, '--start', checkpoint, '--data', data, '--run', run];
    const more = [...smallSettings, ...(rethinks ? smallRethinking : []), '--threads', '1'];
    expectSuccess(await runCli(['train', ...where, ...more]));
    using reader = readRun(run);
    const sum = (metric: string) =>
      reader.series(metric).reduce((total, { value }) => total + (value ?? 0), 0);
    expect(reader.eventsOf('stepped').length).toBeGreaterThan(0);
    expect(sum('replay/drawn') > 0).toBe(config.batch.mode === 'ssr');
    expect(reader.rollouts({ replayed: true }).length > 0).toBe(config.batch.mode === 'ssr');
    expect(sum('rethink/kept') > 0).toBe(rethinks);
    expect(reader.rollouts({ rethought: true }).length > 0).toBe(rethinks);
    expect(sum('nll/tokens') > 0).toBe(config.loss.nllCoef > 0);
  },
  300_000,
);
