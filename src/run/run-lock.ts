import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RunError, runError } from './run-error.ts';

/**
 * Makes this process the only writer of a run, until disposed or dead: the lock is one that the
 * operating system drops with the process, so a killed run can be resumed at once.
 */
export function lockRun(folder: string): Disposable {
  const note = join(folder, 'writer.json');
  const database = hold(folder, note);
  writeFileSync(note, JSON.stringify({ pid: process.pid, host: hostname() }));
  return {
    [Symbol.dispose]: () => {
      rmSync(note, { force: true });
      if (database.isOpen) database.close();
    },
  };
}

function hold(folder: string, note: string): DatabaseSync {
  try {
    // Patient for a moment: whoever asks whether a run is being written holds the lock for an instant.
    return lockFile(folder, 500);
  } catch (cause) {
    if (cause instanceof RunError) throw cause;
    if (!isBusy(cause)) throw runError(`cannot lock the run in ${folder}`, cause);
    throw new RunError(
      `${folder}: another process is writing this run (${writerIn(note)}); wait for it or stop it`,
      { cause },
    );
  }
}

/** Whether some process holds the run at this moment. */
export function isBeingWritten(folder: string): boolean {
  if (!existsSync(join(folder, 'writer.json'))) return false;
  try {
    lockFile(folder, 0).close();
    return false;
  } catch (cause) {
    return isBusy(cause);
  }
}

/** The lock, held; throws when another connection holds it. */
function lockFile(folder: string, timeout: number): DatabaseSync {
  const database = openLock(folder, timeout);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

function openLock(folder: string, timeout: number): DatabaseSync {
  try {
    return new DatabaseSync(join(folder, 'writer.lock'), { timeout });
  } catch (cause) {
    throw runError(`cannot lock the run in ${folder}`, cause);
  }
}

function isBusy(cause: unknown): boolean {
  return (
    cause instanceof Error && 'errcode' in cause && (cause.errcode === 5 || cause.errcode === 6)
  );
}

function writerIn(note: string): string {
  try {
    const { pid, host } = JSON.parse(readFileSync(note, 'utf8')) as { pid: number; host: string };
    return `process ${pid} on ${host}`;
  } catch {
    return 'it left no name';
  }
}
