/** Memory of a long training run: what a process holds early on, at its end, and how it grows between. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import { spread } from './statistics.ts';

const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/** Both stages' work on every iteration; 34 × 16 steps. */
const settings = ['train.epochs=3', 'train.maxIterations=34', 'validation.every=17'];

/** Steps before the first reading: allocator, caches and the replay buffer have filled. */
const settled = 100;

/** Readings that a figure is the median of: two iterations. */
const window = 32;

export const bench: Bench = {
  name: 'memory',
  summary: 'memory over more than 500 training steps with rethinking',
  async run(context) {
    const readings = await trainAndRead();
    const mib = readings.slice(settled).map((bytes) => bytes / 1024 / 1024);
    const early = spread(mib.slice(0, window)).median;
    const late = spread(mib.slice(-window)).median;
    context.value({ label: 'steps', value: readings.length, unit: '', least: 500 });
    context.value({ label: `resident after ${settled} steps`, value: early, unit: 'MiB' });
    context.value({ label: 'resident at the end', value: late, unit: 'MiB' });
    context.value({ label: 'at the end ÷ early', value: late / early, unit: '', most: 1.05 });
  },
};

/** Resident bytes of the training process after each step. */
async function trainAndRead(): Promise<readonly number[]> {
  const run = mkdtempSync(join(tmpdir(), 'vl-rethinker-memory-'));
  const options = ['--preset', 'rethinker-tiny', '--start', 'assets/tiny-base', '--run', run];
  const args = ['train', ...options, '--json', ...settings.map((setting) => `--set=${setting}`)];
  const child = spawn(process.execPath, ['--conditions=source', program, ...args], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => void said.push(chunk));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const readings: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const { event } = JSON.parse(line) as { event?: string };
    if (event === 'stepped') readings.push(residentOf(child.pid));
  }
  const code = await ended;
  rmSync(run, { recursive: true, force: true });
  if (code !== 0) throw new Error(`training ended with ${code}: ${Buffer.concat(said).toString()}`);
  return readings;
}

/** `VmRSS` of a process in bytes; proc(5). */
function residentOf(pid: number | undefined): number {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1]) * 1024;
}
