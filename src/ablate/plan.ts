import type { AblationSet, Block, Job } from './cell.ts';
import { AblationError } from './cell.ts';
import { jobId } from './cell-id.ts';

/** What of a set is wanted. */
export interface Wanted {
  /** Names of cells; all of them when there are none. */
  readonly cells: readonly string[];
  readonly seeds: number;
}

/**
 * Blocks cut down to the wanted cells, with everything that those start from.
 *
 * @throws AblationError: a name that the set does not have.
 */
export function chosenBlocks(set: AblationSet, { cells }: Wanted): readonly Block[] {
  const all = set.blocks.flatMap((block) => block.cells);
  const names = all.map(({ name }) => name);
  const unknown = cells.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new AblationError(
      `the set ${set.name} has no cell ${unknown.join(', ')}; it has ${names.join(', ')}`,
    );
  }
  const kept = new Set<string>();
  const keep = (name: string): void => {
    const cell = all.find((one) => one.name === name);
    if (cell === undefined || kept.has(name)) return;
    kept.add(name);
    if (cell.after !== undefined) keep(cell.after);
  };
  for (const name of cells.length === 0 ? names : cells) keep(name);
  return set.blocks.flatMap((block) => {
    const own = block.cells.filter(({ name }) => kept.has(name));
    return own.length === 0 ? [] : [{ ...block, cells: own }];
  });
}

/** Seed by seed, so that whoever stops early has whole comparisons. */
export function jobsOf(blocks: readonly Block[], seeds: number): readonly Job[] {
  const cells = blocks.flatMap((block) => block.cells);
  return Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
    cells.map((cell) => ({
      id: jobId(cell.name, seed),
      cell,
      seed,
      after: cell.after === undefined ? undefined : jobId(cell.after, seed),
    })),
  );
}
