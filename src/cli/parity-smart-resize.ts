import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { smartResize } from '#model/processor';

import { failure, summed } from './parity-check.ts';
import type { ParityResult } from './parity-check.ts';

const manifestSchema = z.looseObject({
  format: z.literal(1),
  name: z.string(),
  factor: z.int().positive(),
  file: z.string(),
  columns: z.tuple([
    z.literal('height'),
    z.literal('width'),
    z.literal('minPixels'),
    z.literal('maxPixels'),
    z.literal('resizedHeight'),
    z.literal('resizedWidth'),
  ]),
  rows: z.int(),
});
const side = z.int().positive();
const side0 = side.nullable();
const tableSchema = z.array(z.tuple([side, side, side, side, side0, side0]));

/** Checks a fixture of kind `smart-resize`: accepted sizes to the pixel, and refusals. */
export async function* checkSmartResize(
  folder: string,
  manifest: unknown,
): AsyncIterable<ParityResult> {
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) {
    yield failure(folder, 'manifest', z.prettifyError(parsed.error));
    return;
  }
  const { name, factor, file, rows } = parsed.data;
  const table = tableSchema.safeParse(JSON.parse(await readFile(join(folder, file), 'utf8')));
  if (!table.success || table.data.length !== rows) {
    yield failure(name, 'table', `expected ${rows} rows of six numbers in ${file}`);
    return;
  }
  const outcomes = table.data.map(([height, width, minPixels, maxPixels, ...expected]) => {
    const found = resized({ height, width }, factor, { minPixels, maxPixels });
    const label = `${height}×${width} in ${minPixels}…${maxPixels}`;
    const equal = found[0] === expected[0] && found[1] === expected[1];
    return { label, equal, note: `expected ${expected.join('×')}, found ${found.join('×')}` };
  });
  yield* summed({ case: name, quantity: 'resized' }, outcomes);
}

function resized(
  ...[size, factor, bounds]: Parameters<typeof smartResize>
): readonly [number, number] | readonly [null, null] {
  try {
    const { height, width } = smartResize(size, factor, bounds);
    return [height, width];
  } catch {
    return [null, null];
  }
}
