import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { iterationName } from './checkpoints.ts';
import type { Checkpoint } from './checkpoints.ts';
import { RunError } from './run-error.ts';
import { isBeingWritten } from './run-lock.ts';
import type { RunReader } from './run-reader.ts';
import type { RunHead } from './run-record.ts';
import { readRun } from './run-store.ts';

/** A run at a glance. */
export interface RunSummary {
  readonly head: RunHead;
  readonly iteration: number;
  readonly step: number;
  /** ISO 8601; null before the first event. */
  readonly lastEventAt: string | null;
  /** All iterations are trained, and the last weights are published, validated where that is due, and saved. */
  readonly finished: boolean;
  readonly alarms: readonly { readonly name: string; readonly message: string }[];
  readonly best: Checkpoint | undefined;
  readonly last: Checkpoint | undefined;
}

export function summarise(run: RunReader): RunSummary {
  const event = run.lastEvent();
  const last = run.checkpoints().at(-1);
  const alarms = run.eventsOf('alarm').map(({ data }) => {
    const { name = '', message = '' } = data as { name?: string; message?: string };
    return { name, message };
  });
  const published = run.eventsOf('published').at(-1);
  const final = (published?.data as { final?: boolean } | undefined)?.final === true;
  // The checkpoint of the last iteration is written behind its validation; that of a stop is another.
  const saved = published !== undefined && last?.name === iterationName(published.iteration);
  return {
    head: run.head(),
    iteration: event?.iteration ?? 0,
    step: event?.step ?? 0,
    lastEventAt: event?.time ?? null,
    finished: final && saved,
    alarms,
    best: run.best(),
    last,
  };
}

/** A run in a folder of runs: what it is, or why it cannot be read. */
export interface ListedRun {
  readonly folder: string;
  readonly running: boolean;
  readonly summary?: RunSummary;
  readonly problem?: string;
}

/** All runs inside a folder and inside its folders, by name; those that cannot be read say why. */
export function listRuns(root: string): readonly ListedRun[] {
  const folders = foldersIn(root).flatMap((folder) =>
    isRun(folder) ? [folder] : foldersIn(folder).filter(isRun),
  );
  return folders.sort().map((folder): ListedRun => {
    const running = isBeingWritten(folder);
    try {
      using run = readRun(folder);
      return { folder, running, summary: summarise(run) };
    } catch (cause) {
      if (!(cause instanceof RunError)) throw cause;
      return { folder, running, problem: cause.message };
    }
  });
}

const isRun = (folder: string): boolean => existsSync(join(folder, 'run.sqlite'));

/** None where there is nothing, or nothing that may be read. */
function foldersIn(root: string): readonly string[] {
  try {
    const inside = readdirSync(root, { withFileTypes: true });
    return inside.filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name));
  } catch {
    return [];
  }
}
