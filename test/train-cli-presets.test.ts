import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src/cli/main.ts');

let root = '';
let data = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'presets-'));
  data = writePuzzles(root, 30);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function train(words: readonly string[]): Promise<readonly [number | null, string]> {
  const child = spawn(process.execPath, ['--conditions=source', program, 'train', ...words]);
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return [code, code === 0 ? '' : err];
}

const tiny = presets.filter(({ name }) => name.endsWith('-tiny'));

test.each(tiny.map((preset) => [preset.name, preset] as const))(
  '%s runs from the command line, and what it asks for happens [S1] [D11] [rule 32]',
  async (name, { settings }) => {
    const run = join(root, name);
    const config = configOf(settings);
    const rethinks = config.rethink.mode !== 'off';
    const where = ['--preset', name, '--start', checkpoint, '--data', data, '--run', run];
    const more = [...smallSettings, ...(rethinks ? smallRethinking : []), '--threads', '1'];
    expect(await train([...where, ...more])).toEqual([0, '']);
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
  60_000,
);
