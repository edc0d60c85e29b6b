import type { DatabaseSync } from 'node:sqlite';
import { RunError } from './run-error.ts';

/** Raised whenever a table changes its meaning; a run is read by the program that wrote it. */
const schemaVersion = 1;

/** "vlrr" in ASCII: tells our files from other SQLite databases. */
const applicationId = 0x766c7272;

/** `seq` is the event that a row came with; resuming deletes the rows of later events. */
const tables = `
  CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL,
    iteration INTEGER NOT NULL, step INTEGER NOT NULL, data TEXT NOT NULL
  );
  CREATE TABLE metrics (
    seq INTEGER NOT NULL, iteration INTEGER NOT NULL, step INTEGER NOT NULL,
    name TEXT NOT NULL, value REAL, PRIMARY KEY (name, seq)
  ) WITHOUT ROWID;
  CREATE INDEX metrics_seq ON metrics (seq);
  CREATE TABLE problems (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, json TEXT NOT NULL);
  CREATE TABLE rollouts (
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, iteration INTEGER NOT NULL, problem TEXT NOT NULL,
    place INTEGER NOT NULL, code TEXT NOT NULL, reward REAL NOT NULL, advantage REAL,
    rethought INTEGER NOT NULL, json TEXT NOT NULL, tokens BLOB, logprobs BLOB, old_logprobs BLOB
  );
  CREATE INDEX rollouts_iteration ON rollouts (iteration, problem, place);
  CREATE INDEX rollouts_problem ON rollouts (problem, iteration, place);
  CREATE TABLE attempts (
    seq INTEGER NOT NULL, rollout TEXT NOT NULL, iteration INTEGER NOT NULL, problem TEXT NOT NULL,
    trigger_id TEXT NOT NULL, outcome TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (rollout, seq)
  );
  CREATE INDEX attempts_iteration ON attempts (iteration);
  CREATE TABLE uses (
    seq INTEGER NOT NULL, step INTEGER NOT NULL, sample TEXT NOT NULL, age INTEGER
  );
  CREATE INDEX uses_sample ON uses (sample);
  CREATE INDEX uses_step ON uses (step);
  CREATE TABLE checkpoints (
    name TEXT PRIMARY KEY, seq INTEGER NOT NULL, iteration INTEGER NOT NULL, step INTEGER NOT NULL,
    address TEXT NOT NULL, score REAL, time TEXT NOT NULL
  );
`;

/** Tables whose rows belong to an event. */
export const eventTables = [
  'events',
  'metrics',
  'problems',
  'rollouts',
  'attempts',
  'uses',
  'checkpoints',
] as const;

export function createSchema(database: DatabaseSync): void {
  database.exec(`BEGIN; ${tables}
    PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}; COMMIT;`);
}

/** Throws unless the database is a run of this program's version. */
export function checkSchema(database: DatabaseSync, path: string): void {
  const application = pragma(database, 'application_id');
  if (application !== applicationId) {
    throw new RunError(`${path}: expected a run of vl-rethinker, found another SQLite database`);
  }
  const found = pragma(database, 'user_version');
  if (found !== schemaVersion) {
    throw new RunError(
      `${path}: a run folder of another version: expected schema ${schemaVersion}, found ${found}; ` +
        'use the program version that wrote it, or export it there with `vl-rethinker export`',
    );
  }
}

function pragma(database: DatabaseSync, name: string): number {
  const [value] = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {});
  return Number(value);
}
