import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { RunError, runError } from './run-error.ts';
import { syncFiles, writeSafely } from './safe-file.ts';

/** A complete checkpoint: weights at `address`, and the state of training beside it. */
export interface Checkpoint {
  readonly name: string;
  readonly iteration: number;
  readonly step: number;
  /** What the policy's `save` returned. */
  readonly address: string;
  /** Validation reward of these very weights; null when they were not validated. */
  readonly score: number | null;
  readonly time: string;
}

export interface NewCheckpoint extends Omit<Checkpoint, 'time'> {
  /** The state of training, as bytes. */
  readonly state: Uint8Array;
}

/** How what belongs to the weights after so many iterations is called; a stop in between has other names. */
export function iterationName(iteration: number): string {
  return `iteration-${String(iteration).padStart(5, '0')}`;
}

/** Where a checkpoint's files lie: its own folder inside the run. */
export function checkpointFolder(run: string, name: string): string {
  if (!/^[\w-]+$/u.test(name)) throw new RunError(`a checkpoint cannot be named "${name}"`);
  return join(run, 'checkpoints', name);
}

/**
 * Writes the state, then the row: a row means a complete checkpoint, because weights, state and row
 * reach the disk in this order. `seq` is the last event that the checkpoint includes.
 */
export function writeCheckpoint(
  database: DatabaseSync,
  run: string,
  { state, ...checkpoint }: NewCheckpoint,
  seq: number,
): void {
  const folder = checkpointFolder(run, checkpoint.name);
  try {
    mkdirSync(folder, { recursive: true });
    writeSafely(join(folder, stateFile), state);
    syncFiles(folder);
    database.exec('PRAGMA synchronous = FULL');
    database
      .prepare('INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(
        checkpoint.name,
        seq,
        checkpoint.iteration,
        checkpoint.step,
        checkpoint.address,
        checkpoint.score,
        new Date().toISOString(),
      );
    database.exec('PRAGMA synchronous = NORMAL');
  } catch (cause) {
    throw runError(`cannot write checkpoint ${checkpoint.name}`, cause);
  }
}

/** All checkpoints, oldest first. */
export function readCheckpoints(database: DatabaseSync): readonly Checkpoint[] {
  const rows = database
    .prepare(
      'SELECT name, iteration, step, address, score, time FROM checkpoints ORDER BY seq, rowid',
    )
    .all();
  return rows as unknown as Checkpoint[];
}

/** The one with the highest score; the earliest of equals. */
export function bestOf(checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  return checkpoints
    .filter(({ score }) => score !== null)
    .reduce<Checkpoint | undefined>(
      (best, one) => (best === undefined || (one.score ?? 0) > (best.score ?? 0) ? one : best),
      undefined,
    );
}

const stateFile = 'train-state.bin';

/** Whether the files of a checkpoint are there. */
export function hasState(run: string, name: string): boolean {
  return existsSync(join(checkpointFolder(run, name), stateFile));
}

export function readState(run: string, name: string): Uint8Array {
  const path = join(checkpointFolder(run, name), stateFile);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new RunError(`checkpoint ${name}: expected its state in ${path}, found none`, { cause });
  }
}

/**
 * Deletes all but the last `keep` checkpoints and the best one: rows first, then folders, so that no
 * row ever points at missing files. Weights outside the run's folder are left alone.
 */
export function pruneCheckpoints(database: DatabaseSync, run: string, keep: number): void {
  const all = readCheckpoints(database);
  const best = bestOf(all)?.name;
  const old = all.slice(0, Math.max(0, all.length - keep)).filter(({ name }) => name !== best);
  const forget = database.prepare('DELETE FROM checkpoints WHERE name = ?');
  for (const { name } of old) forget.run(name);
  for (const { name, address } of old) {
    rmSync(checkpointFolder(run, name), { recursive: true, force: true });
    const inside = resolve(run, 'checkpoints') + sep;
    const weights = resolve(run, address);
    if (weights.startsWith(inside)) rmSync(weights, { recursive: true, force: true });
  }
}

/** Removes folders of checkpoints that never became complete. */
export function sweepCheckpoints(database: DatabaseSync, run: string): void {
  const folder = join(run, 'checkpoints');
  if (!existsSync(folder)) return;
  const known = new Set(readCheckpoints(database).map(({ name }) => name));
  for (const name of readdirSync(folder)) {
    if (!known.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
