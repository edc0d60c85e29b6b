import { execFile } from 'node:child_process';
import { createReadStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DType } from '#tensor';
import type { Bench, BenchContext } from './bench.ts';
import type { Measured } from './load-child.ts';
import { configOf, writeRandomCheckpoint } from './model-batch.ts';

/** A quarter of a billion parameters: 1 GB in f32. */
const config = configOf({
  vocab: 32_000,
  text: {
    hidden_size: 1024,
    intermediate_size: 2816,
    num_hidden_layers: 16,
    num_attention_heads: 16,
    num_key_value_heads: 4,
  },
  vision: {
    depth: 4,
    hidden_size: 512,
    intermediate_size: 1024,
    num_heads: 8,
    fullatt_block_indexes: [3],
  },
});

const program = fileURLToPath(new URL('load-child.ts', import.meta.url));

async function child(...args: readonly string[]): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=source',
    program,
    ...args,
  ]);
  return JSON.parse(stdout) as Measured;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Brings the files of a folder into the page cache; returns their bytes. */
async function readThrough(folder: string): Promise<number> {
  let bytes = 0;
  for (const file of readdirSync(folder)) {
    for await (const piece of createReadStream(join(folder, file), { highWaterMark: 1 << 22 })) {
      bytes += (piece as Buffer).length;
    }
  }
  return bytes;
}

async function loading(
  context: BenchContext,
  stored: DType,
  wanted: readonly DType[],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-load-'));
  try {
    writeRandomCheckpoint(folder, config, stored);
    const fileBytes = await readThrough(folder);
    for (const dtype of wanted) {
      const found: Measured[] = [];
      for (let round = 0; round < 5; round++) {
        context.signal.throwIfAborted();
        found.push(await child('load', folder, dtype));
      }
      const label = `${stored} → ${dtype}`;
      const seconds = middle(found.map((one) => one.seconds));
      const weights = found[0]?.bytes ?? 0;
      context.value({
        label: `${label}: weights ready per second, files in the page cache`,
        value: weights / 1e9 / seconds,
        unit: 'GB/s',
        least: 1.5,
      });
      if (dtype !== stored) {
        const value = fileBytes / 1e9 / seconds;
        context.value({ label: `${label}: file bytes read per second`, value, unit: 'GB/s' });
      }
      context.value({
        label: `${label}: peak beyond the weights`,
        value: 100 * middle(found.map(({ peak, before, bytes }) => (peak - before) / bytes - 1)),
        unit: '%',
        most: 10,
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const bench: Bench = {
  name: 'load',
  summary: 'reading a checkpoint of 1 GB, and the memory that log-probabilities take',
  async run(context) {
    await loading(context, 'f32', ['f32']);
    await loading(context, 'bf16', ['f32', 'bf16']);
    for (const pass of ['forward', 'backward'] as const) {
      const { peak, before, bytes } = await child('head', pass);
      context.value({
        label: `8,192 × 151,936 log-probabilities, ${pass}: peak ÷ full matrix`,
        value: (peak - before) / bytes,
        unit: '',
        ...(pass === 'forward' && { most: 1 / 8 }),
      });
    }
  },
};
