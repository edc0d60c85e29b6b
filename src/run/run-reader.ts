import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Checkpoint } from './checkpoints.ts';
import { bestOf, readCheckpoints } from './checkpoints.ts';
import type { AttemptRow, Json, ProblemRow, RolloutRow, RunHead } from './run-record.ts';

/** An event as it is stored. */
export interface StoredEvent {
  readonly seq: number;
  readonly time: string;
  readonly kind: string;
  readonly iteration: number;
  readonly step: number;
  readonly data: Json;
}

export interface StoredMetric {
  readonly iteration: number;
  readonly step: number;
  readonly name: string;
  readonly value: number | null;
}

export interface StoredRollout extends RolloutRow {
  readonly iteration: number;
}

/** Which rollouts to read; all conditions hold together. */
export interface RolloutQuery {
  readonly iteration?: number;
  readonly problemId?: string;
  /** Those in the batch of a step. */
  readonly step?: number;
  /** Kept rethinkings. */
  readonly rethought?: boolean;
  /** Drawn from the replay buffer at least once (at `step`, when one is given). */
  readonly replayed?: boolean;
  readonly limit?: number;
  readonly offset?: number;
}

/** Where a sample was trained on. */
export interface StoredUse {
  readonly step: number;
  readonly sampleId: string;
  readonly age: number | null;
}

/** Reads a run; cheap, and safe while it is written. */
export class RunReader {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  head(): RunHead {
    return this.#one('SELECT json FROM head', []) as RunHead;
  }

  /** Events after `seq`, oldest first: what a viewer polls. */
  events(after = 0, limit = 1000): readonly StoredEvent[] {
    const rows = this.#rows(`${eventFields} WHERE seq > ? ORDER BY seq LIMIT ?`, [after, limit]);
    return rows.map(storedEvent);
  }

  /** All events of a kind, oldest first. */
  eventsOf(kind: string): readonly StoredEvent[] {
    return this.#rows(`${eventFields} WHERE kind = ? ORDER BY seq`, [kind]).map(storedEvent);
  }

  lastEvent(): StoredEvent | undefined {
    return this.#rows(`${eventFields} ORDER BY seq DESC LIMIT 1`, []).map(storedEvent)[0];
  }

  metricNames(): readonly string[] {
    return this.#rows('SELECT DISTINCT name FROM metrics ORDER BY name', []).map(({ name }) =>
      String(name),
    );
  }

  /** One metric over the whole run. */
  series(name: string): readonly StoredMetric[] {
    const sql = 'SELECT iteration, step, name, value FROM metrics WHERE name = ? ORDER BY seq';
    return this.#rows(sql, [name]) as unknown as StoredMetric[];
  }

  /** Every metric of a step or, without one, the last value of each. */
  metrics(step?: number): readonly StoredMetric[] {
    const fields = 'SELECT iteration, step, name, value FROM metrics';
    const rows =
      step === undefined
        ? this.#rows(
            `${fields} JOIN (SELECT name AS n, max(seq) AS s FROM metrics GROUP BY name) ` +
              'ON name = n AND seq = s ORDER BY name',
            [],
          )
        : this.#rows(`${fields} WHERE step = ? ORDER BY seq, name`, [step]);
    return rows as unknown as StoredMetric[];
  }

  problem(id: string): ProblemRow | undefined {
    return this.#one('SELECT json FROM problems WHERE id = ?', [id]) as ProblemRow | undefined;
  }

  rollout(id: string): StoredRollout | undefined {
    return this.#rollouts('WHERE id = ?', [id])[0];
  }

  rollouts(query: RolloutQuery = {}): readonly StoredRollout[] {
    const { iteration, problemId, step, rethought, replayed, limit = 1000, offset = 0 } = query;
    const conditions: string[] = [];
    const values: SQLInputValue[] = [];
    const demand = (condition: string, ...some: SQLInputValue[]) => {
      conditions.push(condition);
      values.push(...some);
    };
    if (iteration !== undefined) demand('iteration = ?', iteration);
    if (problemId !== undefined) demand('problem = ?', problemId);
    if (rethought !== undefined) demand('rethought = ?', rethought ? 1 : 0);
    const drawn = replayed === true ? ' AND age IS NOT NULL' : '';
    if (step !== undefined) demand(`id IN (SELECT sample FROM uses WHERE step = ?${drawn})`, step);
    else if (replayed === true) demand('id IN (SELECT sample FROM uses WHERE age IS NOT NULL)');
    if (replayed === false) demand('id NOT IN (SELECT sample FROM uses WHERE age IS NOT NULL)');
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    return this.#rollouts(`${where} ORDER BY iteration, problem, place LIMIT ? OFFSET ?`, [
      ...values,
      limit,
      offset,
    ]);
  }

  attempts(iteration: number): readonly AttemptRow[] {
    return this.#rows('SELECT json FROM attempts WHERE iteration = ? ORDER BY rollout', [
      iteration,
    ]).map(({ json }) => JSON.parse(String(json)) as AttemptRow);
  }

  /** Every step in which a sample was trained on: its replay history. */
  uses(sampleId: string): readonly StoredUse[] {
    const sql =
      'SELECT step, sample AS sampleId, age FROM uses WHERE sample = ? ORDER BY seq, rowid';
    return this.#rows(sql, [sampleId]) as unknown as StoredUse[];
  }

  checkpoints(): readonly Checkpoint[] {
    return readCheckpoints(this.#database);
  }

  best(): Checkpoint | undefined {
    return bestOf(this.checkpoints());
  }

  /** All rows of a table, one after another; for exports. */
  *all(table: 'events' | 'metrics' | 'attempts' | 'uses' | 'problems'): Generator<Row> {
    for (const row of this.#database.prepare(`SELECT * FROM ${table}`).iterate()) yield row;
  }

  *allRollouts(): Generator<StoredRollout> {
    const statement = this.#database.prepare(`${rolloutFields} ORDER BY seq, problem, place`);
    for (const row of statement.iterate()) yield storedRollout(row);
  }

  #rollouts(rest: string, values: readonly SQLInputValue[]): readonly StoredRollout[] {
    return this.#rows(`${rolloutFields} ${rest}`, values).map(storedRollout);
  }

  #rows(sql: string, values: readonly SQLInputValue[]): Row[] {
    return this.#database.prepare(sql).all(...values);
  }

  #one(sql: string, values: readonly SQLInputValue[]): unknown {
    const row = this.#database.prepare(sql).get(...values);
    return row === undefined ? undefined : JSON.parse(String(row['json']));
  }
}

type Row = Record<string, unknown>;

const eventFields = 'SELECT seq, time, kind, iteration, step, data FROM events';

function storedEvent(row: Row): StoredEvent {
  return { ...row, data: JSON.parse(String(row['data'])) } as unknown as StoredEvent;
}

const rolloutFields = 'SELECT iteration, json, tokens, logprobs, old_logprobs FROM rollouts';

function storedRollout(row: Row): StoredRollout {
  const rest = JSON.parse(String(row['json'])) as Omit<StoredRollout, 'iteration'>;
  const words = (column: string) => {
    const bytes = row[column];
    // A copy, so that the view is aligned.
    return bytes instanceof Uint8Array ? new Uint8Array(bytes).buffer : null;
  };
  const tokens = words('tokens');
  const logprobs = words('logprobs');
  const oldLogprobs = words('old_logprobs');
  return {
    ...rest,
    iteration: Number(row['iteration']),
    tokens: tokens === null ? null : new Int32Array(tokens),
    logprobs: logprobs === null ? null : new Float32Array(logprobs),
    oldLogprobs: oldLogprobs === null ? null : new Float32Array(oldLogprobs),
  };
}
