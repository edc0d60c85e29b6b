import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assessed } from '#ablate';
import { writePage } from '#report';
import type { Bench } from './cell-run.ts';
import { assessOf } from './cell-run.ts';

/** What the base can do before any training: measured once for an ablation. */
export async function baseOf(bench: Bench): Promise<Assessed> {
  const path = join(bench.out, 'base.json');
  const key = `${bench.weights} ${bench.problems} ${bench.samples}`;
  if (existsSync(path)) {
    try {
      const known = JSON.parse(readFileSync(path, 'utf8')) as { key?: string; assessed: Assessed };
      if (known.key === key) return known.assessed;
    } catch {
      // Half a file from a crash is measured again.
    }
  }
  const assessed = await assessOf(bench.model, join(bench.out, 'base.log'), bench);
  writePage(path, `${JSON.stringify({ key, assessed })}\n`);
  return assessed;
}
