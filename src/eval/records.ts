import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { EvalError } from './item.ts';
import type { Judged, Scorer, Scores } from './score.ts';

/** Everything about one response. */
export interface EvalRecord {
  readonly id: string;
  /** Which of several responses to the item, from 0. */
  readonly sample: number;
  /** The user turn as it was sent; pictures stand as `<image>`. */
  readonly prompt: string;
  /** SHA-256 of the prompt's text and its pictures' hashes. */
  readonly promptHash: string;
  readonly images: readonly string[];
  readonly response: string;
  readonly finish: 'stop' | 'length';
  readonly promptTokens: number | null;
  readonly tokens: number | null;
  readonly ms: number;
  readonly answer: string | readonly string[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly scores: Scores;
}

/** What stays in memory of a record: hundreds of thousands of responses do not. */
export type KeptRecord = Pick<
  EvalRecord,
  'id' | 'sample' | 'finish' | 'promptTokens' | 'tokens' | 'ms' | 'groups'
> & {
  readonly scores: Readonly<Record<Scorer, Pick<Judged, 'status' | 'score' | 'notes'>>>;
};

/** A question that got no answer. It is asked again by the next run into the folder. */
export interface Failure {
  readonly id: string;
  readonly sample: number;
  readonly message: string;
}

/** What has to be the same for records to lie in one folder. */
export interface RunIdentity {
  readonly benchmark: string;
  /** SHA-256 over the items of the data. */
  readonly data: string;
  readonly template: string;
  /** SHA-256 over all prompts. */
  readonly promptHash: string;
  readonly model: string;
  readonly weights: string | null;
  readonly decoding: Readonly<Record<string, number | string | boolean | null>>;
  readonly samples: number;
}

/**
 * The folder of an evaluation: `run.json` says what it is, `records.jsonl` grows by a line with every
 * response, `failures.jsonl` holds the questions of the last run that got none.
 */
export class RecordStore implements Disposable {
  readonly folder: string;
  readonly #records: KeptRecord[];
  readonly #file: number;

  private constructor(folder: string, records: KeptRecord[], file: number) {
    this.folder = folder;
    this.#records = records;
    this.#file = file;
  }

  /**
   * Opens a folder, made where there is none. `samples` may be more than when it was made.
   *
   * @throws EvalError where another run lies in it, naming what differs, or where one is writing to it.
   */
  static open(folder: string, identity: RunIdentity): RecordStore {
    mkdirSync(folder, { recursive: true });
    lock(folder);
    try {
      checkIdentity(folder, identity);
      const path = join(folder, 'records.jsonl');
      const records: KeptRecord[] = [];
      const bytes = eachRecord(path, (record) => records.push(kept(record)));
      const file = openSync(path, 'a+');
      // A line that a kill cut short is written again.
      ftruncateSync(file, bytes);
      return new RecordStore(folder, records, file);
    } catch (error) {
      rmSync(join(folder, LOCK), { force: true });
      throw error;
    }
  }

  get records(): readonly KeptRecord[] {
    return this.#records;
  }

  append(record: EvalRecord): void {
    this.#records.push(kept(record));
    writeSync(this.#file, `${JSON.stringify(record)}\n`);
  }

  writeFailures(failures: readonly Failure[]): void {
    const lines = failures.map((failure) => `${JSON.stringify(failure)}\n`).join('');
    writeAtomically(join(this.folder, 'failures.jsonl'), lines);
  }

  [Symbol.dispose](): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
    rmSync(join(this.folder, LOCK), { force: true });
  }
}

const LOCK = 'writing.pid';

function lock(folder: string): void {
  const path = join(folder, LOCK);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
      if (pid > 0 && pid !== process.pid && lives(pid))
        throw new EvalError(
          `${folder}: expected nobody else to write, found process ${pid}; wait for it`,
          { cause: error },
        );
      rmSync(path, { force: true });
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const written = (identity: RunIdentity): string => `${JSON.stringify(identity, undefined, 2)}\n`;

/** More responses per question are none of another run: each is drawn by the number of its own. */
function checkIdentity(folder: string, identity: RunIdentity): void {
  const path = join(folder, 'run.json');
  if (!existsSync(path)) {
    writeAtomically(path, written(identity));
    return;
  }
  const before = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const now = JSON.parse(JSON.stringify(identity)) as Record<string, unknown>;
  const changed = Object.keys({ ...before, ...now }).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]),
  );
  if (changed.length === 0) return;
  if (changed.join() === 'samples' && Number(before['samples']) < identity.samples) {
    writeAtomically(path, written(identity));
    return;
  }
  const told = changed.map(
    (key) => `${key} ${JSON.stringify(before[key])} there, ${JSON.stringify(now[key])} now`,
  );
  throw new EvalError(
    `${folder}: expected the run that lies there, found another: ${told.join('; ')}; name another folder with --out`,
  );
}

function kept(record: EvalRecord): KeptRecord {
  const { id, sample, finish, promptTokens, tokens, ms, groups, scores } = record;
  const brief = ({ status, score, notes }: Judged) => ({ status, score, notes });
  const { official, verifier, reference } = scores;
  return {
    id,
    sample,
    finish,
    promptTokens,
    tokens,
    ms,
    groups,
    scores: { official: brief(official), verifier: brief(verifier), reference: brief(reference) },
  };
}

const CHUNK = 2 ** 20;

/** Reads record after record; returns the bytes up to the last whole line. */
function eachRecord(path: string, take: (record: EvalRecord) => void): number {
  if (!existsSync(path)) return 0;
  const file = openSync(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    let [whole, line] = [0, 0];
    for (;;) {
      const chunk = Buffer.alloc(CHUNK);
      const read = readSync(file, chunk, 0, CHUNK, null);
      if (read === 0) return whole;
      rest = Buffer.concat([rest, chunk.subarray(0, read)]);
      let from = 0;
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, from)) {
        line += 1;
        take(recordOf(rest.toString('utf8', from, end), `${path}:${line}`));
        from = end + 1;
      }
      whole += from;
      rest = rest.subarray(from);
    }
  } finally {
    closeSync(file);
  }
}

function recordOf(line: string, place: string): EvalRecord {
  try {
    return JSON.parse(line) as EvalRecord;
  } catch (cause) {
    throw new EvalError(`${place}: expected a record, found ${line.slice(0, 60)}`, { cause });
  }
}

/** The records of an evaluation's folder, for comparing and reporting. */
export function recordsIn(folder: string): readonly EvalRecord[] {
  const path = join(folder, 'records.jsonl');
  if (!existsSync(path))
    throw new EvalError(
      `${folder}: expected the folder of an evaluation, found no records.jsonl in it`,
    );
  const records: EvalRecord[] = [];
  eachRecord(path, (record) => records.push(record));
  return records;
}

/** Writes aside and renames, so that no reader meets half of a file. */
export function writeAtomically(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, text, { flush: true });
  renameSync(part, path);
}

/** SHA-256 of a prompt's text and the hashes of its pictures. */
export function promptHash(text: string, images: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([text, images]))
    .digest('hex');
}
