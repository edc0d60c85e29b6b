import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EvalCard } from '#eval';
import { UsageError } from './command.ts';
import type { Io } from './command.ts';

/** The card in the folder of an evaluation. */
export async function cardIn(folder: string, io: Io): Promise<EvalCard> {
  const path = join(resolve(io.cwd, folder), 'card.json');
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageError(`expected the folder of an evaluation, found ${error.message}`);
  });
  try {
    const card = JSON.parse(text) as EvalCard;
    if (card.format === 1 && typeof card.benchmark === 'string') return card;
  } catch {
    // Told below: a card that does not read is no card.
  }
  throw new UsageError(`${path}: expected a card of format 1, found something else`);
}
