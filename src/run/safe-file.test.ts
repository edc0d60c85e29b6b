import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type * as Files from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { head } from './__fixtures__/records.ts';
import { createRun } from './run-store.ts';

/** Files and folders in the order in which they were made to reach the disk. */
const synced = vi.hoisted(() => [] as string[]);
vi.mock('node:fs', async (original) => {
  const real = await original<typeof Files>();
  const fsyncSync = (file: number): void => {
    synced.push(real.readlinkSync(`/proc/self/fd/${file}`));
    real.fsyncSync(file);
  };
  return { ...real, fsyncSync };
});

test.runIf(process.platform === 'linux')(
  'weights, state and their names are on the disk before a checkpoint counts [D8]',
  () => {
    const root = mkdtempSync(join(tmpdir(), 'sync-'));
    try {
      using store = createRun(join(root, 'run'), head);
      const folder = store.checkpointFolder('iteration-1');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'model.safetensors'), 'weights');
      const made = { name: 'iteration-1', iteration: 1, step: 1, address: folder, score: null };
      store.checkpoint({ ...made, state: Buffer.from('state') }, 3);
      const names = synced.map((path) => basename(path));
      expect(names[0]).toMatch(/^train-state\.bin/u);
      expect(new Set(names)).toEqual(
        new Set([
          'train-state.bin.part',
          'train-state.bin',
          'model.safetensors',
          'iteration-1',
          'checkpoints',
        ]),
      );
      expect(names.at(-1)).toBe('checkpoints');
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);
