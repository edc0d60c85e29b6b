import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { EvalError } from './item.ts';
import type { Scores } from './score.ts';

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
  readonly #records: EvalRecord[];
  readonly #file: number;

  private constructor(folder: string, records: EvalRecord[], file: number) {
    this.folder = folder;
    this.#records = records;
    this.#file = file;
  }

  /**
   * Opens a folder, made where there is none.
   *
   * @throws EvalError where another run lies in it, naming what differs, or where one is writing to it.
   */
  static open(folder: string, identity: RunIdentity): RecordStore {
    mkdirSync(folder, { recursive: true });
    lock(folder);
    try {
      checkIdentity(folder, identity);
      const path = join(folder, 'records.jsonl');
      const { records, bytes } = readRecords(path);
      const file = openSync(path, 'a+');
      // A line that a kill cut short is written again.
      ftruncateSync(file, bytes);
      return new RecordStore(folder, records, file);
    } catch (error) {
      rmSync(join(folder, LOCK), { force: true });
      throw error;
    }
  }

  get records(): readonly EvalRecord[] {
    return this.#records;
  }

  append(record: EvalRecord): void {
    this.#records.push(record);
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

function checkIdentity(folder: string, identity: RunIdentity): void {
  const path = join(folder, 'run.json');
  if (!existsSync(path)) {
    writeAtomically(path, `${JSON.stringify(identity, undefined, 2)}\n`);
    return;
  }
  const before = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const now = JSON.parse(JSON.stringify(identity)) as Record<string, unknown>;
  const changed = Object.keys({ ...before, ...now }).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]),
  );
  if (changed.length === 0) return;
  const told = changed.map(
    (key) => `${key} ${JSON.stringify(before[key])} there, ${JSON.stringify(now[key])} now`,
  );
  throw new EvalError(
    `${folder}: expected the run that lies there, found another: ${told.join('; ')}; name another folder with --out`,
  );
}

interface ReadRecords {
  readonly records: EvalRecord[];
  /** Length of the file up to its last whole line. */
  readonly bytes: number;
}

function readRecords(path: string): ReadRecords {
  if (!existsSync(path)) return { records: [], bytes: 0 };
  const content = readFileSync(path);
  const bytes = content.lastIndexOf(0x0a) + 1;
  const lines = content.subarray(0, bytes).toString('utf8').split('\n').slice(0, -1);
  const records = lines.map((line, index) => {
    try {
      return JSON.parse(line) as EvalRecord;
    } catch (cause) {
      throw new EvalError(`${path}:${index + 1}: expected a record, found ${line.slice(0, 60)}`, {
        cause,
      });
    }
  });
  return { records, bytes };
}

/** The records of an evaluation's folder, for comparing and reporting. */
export function recordsIn(folder: string): readonly EvalRecord[] {
  const path = join(folder, 'records.jsonl');
  if (!existsSync(path))
    throw new EvalError(
      `${folder}: expected the folder of an evaluation, found no records.jsonl in it`,
    );
  return readRecords(path).records;
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
