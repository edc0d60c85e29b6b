import type { DatabaseSync } from 'node:sqlite';
import type { RolloutRow, RunRecord } from './run-record.ts';

/** Inserts all rows of one event; the caller holds the transaction. */
export function writeRecord(database: DatabaseSync, seq: number, record: RunRecord): void {
  const { kind, iteration, step, data } = record;
  database
    .prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)')
    .run(seq, new Date().toISOString(), kind, iteration, step, JSON.stringify(data));
  const metric = database.prepare('INSERT INTO metrics VALUES (?, ?, ?, ?, ?)');
  for (const [name, value] of Object.entries(record.metrics ?? {})) {
    // NaN would be stored as null by SQLite anyway; infinities are kept.
    metric.run(seq, iteration, step, name, value !== null && Number.isNaN(value) ? null : value);
  }
  const problem = database.prepare('INSERT OR IGNORE INTO problems VALUES (?, ?, ?)');
  for (const row of record.problems ?? []) problem.run(row.id, seq, JSON.stringify(row));
  writeRollouts(database, seq, record);
  const attempt = database.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const row of record.attempts ?? []) {
    const { rolloutId, problemId, trigger, outcome } = row;
    attempt.run(seq, rolloutId, iteration, problemId, trigger, outcome, JSON.stringify(row));
  }
  const use = database.prepare('INSERT INTO uses VALUES (?, ?, ?, ?)');
  for (const { sampleId, age } of record.uses ?? []) use.run(seq, step, sampleId, age);
}

function writeRollouts(database: DatabaseSync, seq: number, record: RunRecord): void {
  const insert = database.prepare(
    'INSERT INTO rollouts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  for (const row of record.rollouts ?? []) {
    const { tokens, logprobs, oldLogprobs, ...rest } = row;
    insert.run(
      row.id,
      seq,
      record.iteration,
      row.problemId,
      row.index,
      row.verdict.code,
      row.verdict.reward,
      row.advantage,
      row.draftVerdict === null ? 0 : 1,
      JSON.stringify(rest),
      bytes(tokens),
      bytes(logprobs),
      bytes(oldLogprobs),
    );
  }
}

function bytes(array: RolloutRow['tokens'] | RolloutRow['logprobs']): Uint8Array | null {
  return array === null ? null : new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
