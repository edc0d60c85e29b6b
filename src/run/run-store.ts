import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Checkpoint, NewCheckpoint } from './checkpoints.ts';
import {
  checkpointFolder,
  hasState,
  pruneCheckpoints,
  readCheckpoints,
  readState,
  sweepCheckpoints,
  writeCheckpoint,
} from './checkpoints.ts';
import { RunError, runError } from './run-error.ts';
import { lockRun } from './run-lock.ts';
import { RunReader } from './run-reader.ts';
import type { RunHead, RunRecord } from './run-record.ts';
import { checkSchema, createSchema, eventTables } from './run-schema.ts';
import { writeRecord } from './write-record.ts';

const file = 'run.sqlite';

/** The writer of a run: one file of record per run folder, read by others while it is written. */
export class RunStore implements Disposable {
  readonly folder: string;
  readonly #database: DatabaseSync;
  readonly #lock: Disposable;
  #seq: number;

  constructor(folder: string, database: DatabaseSync, lock: Disposable) {
    this.folder = folder;
    this.#database = database;
    this.#lock = lock;
    this.#seq = lastSeq(database);
  }

  /** Stores everything that came with one event in one transaction; returns its number, from 1. */
  record(record: RunRecord): number {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        writeRecord(this.#database, this.#seq + 1, record);
        this.#database.exec('COMMIT');
      } catch (cause) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw cause;
      }
    } catch (cause) {
      throw runError(
        `cannot record ${record.kind} of step ${record.step} in ${this.folder}`,
        cause,
      );
    }
    this.#seq += 1;
    return this.#seq;
  }

  /** Where a policy on this computer should save the weights of a checkpoint. */
  checkpointFolder(name: string): string {
    return checkpointFolder(this.folder, name);
  }

  /** Where the weights of a checkpoint lie: in this folder, wherever it was moved to, or else where they were saved. */
  weightsOf({ name, address }: Pick<Checkpoint, 'name' | 'address'>): string {
    const own = this.checkpointFolder(name);
    return existsSync(own) ? own : address;
  }

  /** Completes a checkpoint whose weights are written; keeps the last `keepLast` and the best. */
  checkpoint(checkpoint: NewCheckpoint, keepLast: number): void {
    writeCheckpoint(this.#database, this.folder, checkpoint, this.#seq);
    pruneCheckpoints(this.#database, this.folder, keepLast);
  }

  checkpoints(): readonly Checkpoint[] {
    return readCheckpoints(this.#database);
  }

  reader(): RunReader {
    return new RunReader(this.#database);
  }

  /** Deletes what was recorded after a checkpoint, or everything, and what never became a checkpoint. */
  forgetAfter(checkpoint: Pick<Checkpoint, 'name'> | undefined): void {
    try {
      deleteAfter(this.#database, checkpoint);
      sweepCheckpoints(this.#database, this.folder);
    } catch (cause) {
      throw runError(`cannot resume the run in ${this.folder}`, cause);
    }
    this.#seq = lastSeq(this.#database);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
    this.#lock[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Begins a run in an empty or new folder. */
export function createRun(folder: string, head: RunHead): RunStore {
  if (existsSync(join(folder, file))) {
    throw new RunError(
      `${folder}: a run is there already; go on with --resume or choose another folder`,
    );
  }
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw runError(`cannot create the run folder ${folder}`, cause);
  }
  const lock = lockRun(folder);
  try {
    writeBeginning(folder, head);
    const database = open(folder, false);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    return new RunStore(folder, database, lock);
  } catch (cause) {
    lock[Symbol.dispose]();
    throw cause instanceof RunError ? cause : runError(`cannot create the run in ${folder}`, cause);
  }
}

/** The database appears under its name only when it is a run: killed before, there is none. */
function writeBeginning(folder: string, head: RunHead): void {
  const aside = join(folder, `${file}.partial`);
  for (const left of [aside, `${aside}-journal`]) rmSync(left, { force: true });
  const database = new DatabaseSync(aside);
  try {
    createSchema(database);
    database.prepare('INSERT INTO head VALUES (1, ?)').run(JSON.stringify(head));
  } finally {
    database.close();
  }
  renameSync(aside, join(folder, file));
}

/** A run to go on with, as it was left, and the checkpoint to go on from, if there is one. */
export interface Resumed extends Disposable {
  readonly head: RunHead;
  readonly checkpoint: (Checkpoint & { readonly state: Uint8Array }) | null;
  /** Later checkpoints whose files somebody has deleted. */
  readonly gone: readonly string[];
  /** Deletes everything recorded after the checkpoint, for it will happen again; returns the writer. */
  readonly goOn: () => RunStore;
}

/**
 * Opens a run to go on from its last complete checkpoint, or from its beginning. To go back behind a
 * checkpoint that is damaged, its folder is deleted: the one before it is the last then. Nobody else writes it
 * until this is disposed; nothing in it changes before `goOn`.
 */
export function resumeRun(folder: string): Resumed {
  demandRun(folder);
  const lock = lockRun(folder);
  try {
    const database = open(folder, false);
    checkSchema(database, join(folder, file));
    const all = readCheckpoints(database);
    const last = all.findLast(({ name }) => hasState(folder, name)) ?? all.at(-1);
    const checkpoint = last === undefined ? null : { ...last, state: readState(folder, last.name) };
    const store = new RunStore(folder, database, lock);
    return {
      head: store.reader().head(),
      checkpoint,
      gone: last === undefined ? [] : all.slice(all.indexOf(last) + 1).map(({ name }) => name),
      goOn: () => {
        store.forgetAfter(last);
        return store;
      },
      [Symbol.dispose]: () => store.close(),
    };
  } catch (cause) {
    lock[Symbol.dispose]();
    throw cause instanceof RunError ? cause : runError(`cannot resume the run in ${folder}`, cause);
  }
}

/** Opens a run to read, also while another process writes it. */
export function readRun(folder: string): RunReader & Disposable {
  demandRun(folder);
  const database = open(folder, true);
  try {
    checkSchema(database, join(folder, file));
  } catch (cause) {
    database.close();
    throw cause;
  }
  return Object.assign(new RunReader(database), { [Symbol.dispose]: () => database.close() });
}

function demandRun(folder: string): void {
  if (existsSync(join(folder, file))) return;
  throw new RunError(
    `${folder}: expected a run (${file}), found none; \`vl-rethinker runs\` lists them`,
  );
}

function open(folder: string, readOnly: boolean): DatabaseSync {
  const path = join(folder, file);
  try {
    const database = new DatabaseSync(path, { readOnly, timeout: 5000 });
    database.prepare('PRAGMA schema_version').get();
    return database;
  } catch (cause) {
    throw runError(`${path}: cannot be opened as a run`, cause);
  }
}

function deleteAfter(
  database: DatabaseSync,
  checkpoint: Pick<Checkpoint, 'name'> | undefined,
): void {
  const row =
    checkpoint === undefined
      ? undefined
      : database.prepare('SELECT seq FROM checkpoints WHERE name = ?').get(checkpoint.name);
  const seq = Number(row?.['seq'] ?? 0);
  database.exec('BEGIN IMMEDIATE');
  for (const table of eventTables) database.prepare(`DELETE FROM ${table} WHERE seq > ?`).run(seq);
  database.exec('COMMIT');
}

function lastSeq(database: DatabaseSync): number {
  const row = database.prepare('SELECT max(seq) AS seq FROM events').get();
  return Number(row?.['seq'] ?? 0);
}
