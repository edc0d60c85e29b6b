import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EvalCard } from '#eval';
import { EvalError } from '#eval';
import type { Io } from './command.ts';

/** The card in the folder of an evaluation. */
export async function cardIn(folder: string, io: Io): Promise<EvalCard> {
  const place = resolve(io.cwd, folder);
  const path = join(place, 'card.json');
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new EvalError(
      `${place}: expected the folder of a finished evaluation (card.json), found none; name the folder that eval wrote`,
      { cause },
    );
  });
  try {
    const card = JSON.parse(text) as EvalCard;
    if (card.format === 1 && typeof card.benchmark === 'string') return card;
  } catch {
    // Told below: a card that does not read is no card.
  }
  throw new EvalError(`${path}: expected a card of format 1, found something else`);
}
