import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { puzzle, splits } from '../src/data/index.ts';
import type { Bench, BenchContext } from './bench.ts';

const ROWS = 40_000;
const reader = fileURLToPath(new URL('data-read.ts', import.meta.url));
const run = promisify(execFile);

interface Read {
  readonly first: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
}

async function read(file: string): Promise<Read> {
  const { stdout } = await run(process.execPath, ['--conditions=source', reader, 'stream', file]);
  return JSON.parse(stdout) as Read;
}

/** Problems streamed from Parquet, pictures hashed and measured but not decoded. */
async function parquet(context: BenchContext): Promise<void> {
  const python = await context.python('data.py', { modules: ['pyarrow'] });
  if (python === undefined) return;
  const folder = context.folder();
  for (const [name, groups] of [
    ['groups of 1,000 rows', 1000],
    ['one group of all rows', 0],
  ] as const) {
    const path = join(folder, `${groups}.parquet`);
    await python.call('make', { path, rows: ROWS, groups });
    const reads: Read[] = [];
    await context.compare({
      label: `${ROWS} rows, ${name}`,
      ours: async () => {
        const found = await read(path);
        reads.push(found);
        return found.seconds;
      },
      theirs: python.timer('scan', { path }),
      rounds: 3,
      warmup: 1,
      work: { amount: ROWS, unit: 'rows' },
    });
    const best = (pick: (one: Read) => number): number => Math.min(...reads.map(pick));
    const worst = Math.max(...reads.map(({ peakMegabytes }) => peakMegabytes));
    context.value({
      label: 'first problem',
      value: best((one) => one.first),
      unit: 's',
      most: 1,
    });
    const rate = ROWS / best((one) => one.seconds);
    context.value({ label: 'rate', value: rate, unit: 'rows/s', least: 5000 });
    context.value({ label: 'peak memory', value: worst, unit: 'MB', most: 500 });
  }
}

/** Puzzles drawn, without their PNG files. */
async function puzzles(context: BenchContext): Promise<void> {
  let index = 0;
  for (const split of splits) {
    await context.compare({
      label: `puzzle, ${split}`,
      ours: () => {
        for (let end = index + 630; index < end; index++) puzzle('bench', split, index);
      },
      repeats: 630,
      work: { amount: 1, unit: 'puzzles' },
    });
  }
}

export const bench: Bench = {
  name: 'data',
  summary: 'puzzles drawn; 40,000 rows with pictures streamed from Parquet',
  async run(context) {
    await puzzles(context);
    await parquet(context);
  },
};
