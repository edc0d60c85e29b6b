import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readRun, summarise } from '#run';

/**
 * Whether nothing of a run is left to do: its last weights are published, saved, and what `last`
 * points to. A run that was killed between these goes on with `train --resume`.
 *
 * @throws RunError if the folder holds no run, or one that cannot be read.
 */
export function isComplete(folder: string): boolean {
  using run = readRun(folder);
  const { finished, last } = summarise(run);
  if (!finished || last === undefined) return false;
  const link = join(folder, 'last');
  if (!existsSync(link)) return false;
  return !lstatSync(link).isSymbolicLink() || basename(readlinkSync(link)) === last.name;
}
