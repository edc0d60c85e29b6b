import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import { UsageError } from './command.ts';

const line = z.looseObject({ id: z.string(), passRate: z.number().min(0).max(1) });

/**
 * Pass rates by problem from JSON lines with `id` and `passRate`; of several lines of one id the last.
 *
 * @throws UsageError naming the line that is something else.
 */
export async function readPassRates(file: string): Promise<ReadonlyMap<string, number>> {
  const rates = new Map<string, number>();
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`expected a file of pass rates, found ${error.message}`);
  });
  for (const [index, each] of text.split('\n').entries()) {
    if (each.trim() === '') continue;
    const parsed = line.safeParse(jsonOf(each));
    if (!parsed.success) {
      throw new UsageError(
        `${file}:${index + 1}: expected {"id": …, "passRate": a number in [0, 1]}, found ${each.slice(0, 80)}`,
      );
    }
    rates.set(parsed.data.id, parsed.data.passRate);
  }
  return rates;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
