import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { engineConfig, hasOperator, selfTest } from '#tensor';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vl-rethinker-versions-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Other builds of libtorch, by the environment variable that names their folder with `include/` and
 * `lib/`. The whole suite runs on one of them after `LIBTORCH=<folder> npm run setup`.
 */
const others = [
  { name: '1.13 (fall-backs)', variable: 'LIBTORCH_1_13' },
  { name: 'the newest version', variable: 'LIBTORCH_NEWEST' },
  { name: '2.11 with CUDA', variable: 'LIBTORCH_2_11_CUDA' },
];

test('the engine passes its self-test on the pinned version', () => {
  const { version, cpuCapability, threads, devices } = engineConfig();
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(cpuCapability).toMatch(/\w/);
  expect(threads).toBeGreaterThan(0);
  expect(devices[0]).toBe('cpu');
  expect(hasOperator('add', 'Tensor')).toBe(true);
  expect(selfTest).not.toThrow();
});

/** Compiles the addon of a checkout as set-up does, without touching the one in use. */
const building = `
  import { buildAddon } from '${new URL('../../scripts/setup/addon.mjs', import.meta.url).href}';
  import { libtorchAt } from '${new URL('../../scripts/setup/libtorch.mjs', import.meta.url).href}';
  const [room, libtorch] = process.argv.slice(1);
  await buildAddon(room, libtorchAt('LIBTORCH', libtorch), { anew: true, update() {} });`;

function runNode(room: string, args: readonly string[]): { status: number | null; text: string } {
  const run = spawnSync(process.execPath, args, { cwd: room, encoding: 'utf8' });
  return { status: run.status, text: run.stdout + run.stderr };
}

test.for(others)(
  'the addon compiles against libtorch $name and passes its self-test there',
  { timeout: 600_000 },
  ({ variable }, context) => {
    const libtorch = process.env[variable];
    if (libtorch === undefined) return context.skip(`${variable} names no libtorch`);
    const room = join(folder, variable);
    for (const part of ['src/tensor', 'native', 'package.json']) {
      cpSync(join(root, part), join(room, part), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(room, 'node_modules'));
    const built = runNode(room, ['--input-type=module', '-e', building, room, libtorch]);
    expect(built).toEqual({ status: 0, text: '' });
    const tested = runNode(room, ['--conditions=source', 'src/tensor/self-test.ts']);
    expect(tested.text).toMatch(/^engine ok: libtorch \d/);
    expect(tested.status).toBe(0);
  },
);
