import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { createReadStream, renameSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { AskOptions } from './ask-options.ts';
import { UsageError } from './command.ts';

/** The file of answers: one JSON line per row, in the order of finishing; a second start goes on in it. */
export class AskOutput implements Disposable {
  /** Rows that need not be asked again. */
  readonly done: ReadonlySet<string>;
  readonly #file: number;
  readonly #options: string;

  private constructor(file: number, options: string, done: ReadonlySet<string>) {
    this.#file = file;
    this.#options = options;
    this.done = done;
  }

  /**
   * Opens the file, and reads which rows it has. A line that a kill has torn at the end is cut off;
   * with `retryFailed` the rows that failed are taken out.
   *
   * @throws UsageError for a file of anything else, or of answers under other options.
   */
  static async open(path: string, asked: AskOptions): Promise<AskOutput> {
    const options = optionsKey(asked);
    if (!existsSync(path)) return new AskOutput(openSync(path, 'a'), options, new Set());
    const { done, kept, whole } = await readAnswers(path, options, asked.retryFailed);
    if (kept !== undefined) {
      const fresh = `${path}.new`;
      const file = openSync(fresh, 'w');
      for (const line of kept) writeSync(file, `${line}\n`);
      fsyncSync(file);
      renameSync(fresh, path);
      return new AskOutput(file, options, done);
    }
    const ended = whole <= statSync(path).size;
    const file = openSync(path, 'r+');
    if (ended) ftruncateSync(file, whole);
    closeSync(file);
    const more = openSync(path, 'a');
    // The last row was written and its end of line was not.
    if (!ended) writeSync(more, '\n');
    return new AskOutput(more, options, done);
  }

  write({ id, ...row }: { readonly id: string; readonly [field: string]: unknown }): void {
    writeSync(this.#file, `${JSON.stringify({ id, options: this.#options, ...row })}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** Options that say where answers come from and go to, not what they are. */
const apart: readonly (keyof AskOptions)[] = [
  'input',
  'output',
  'image',
  'json',
  'retryFailed',
  'device',
  'rows',
  'cacheGb',
];

/** Names the options that decide an answer. */
function optionsKey(asked: AskOptions): string {
  const deciding = Object.entries(asked).filter(([name]) => !apart.some((one) => one === name));
  return createHash('sha256').update(JSON.stringify(deciding)).digest('hex').slice(0, 12);
}

interface Answers {
  readonly done: ReadonlySet<string>;
  /** The lines that stay; undefined where all do. */
  readonly kept: readonly string[] | undefined;
  /** Bytes of all whole lines, each with its end. */
  readonly whole: number;
}

async function readAnswers(path: string, options: string, retryFailed: boolean): Promise<Answers> {
  const done = new Set<string>();
  const kept: string[] = [];
  let [whole, lines, failed] = [0, 0, false];
  let torn: string | undefined;
  const refuse = (what: string): never => {
    throw new UsageError(`${path}: ${what}; choose another --output, or delete it`);
  };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const row = torn === undefined ? rowOf(line) : undefined;
    if (row === undefined) {
      if (torn !== undefined || !beginsRow(line)) {
        refuse(`expected answers of this command, found something else behind line ${lines}`);
      }
      torn = line;
      continue;
    }
    if (row.options !== options) refuse('it holds answers under other options');
    lines += 1;
    whole += Buffer.byteLength(line) + 1;
    if (row.failed && retryFailed) failed = true;
    else {
      done.add(row.id);
      if (retryFailed) kept.push(line);
    }
  }
  return { done, kept: failed ? kept : undefined, whole };
}

/** Whether a line may be the torn beginning of a row. */
function beginsRow(line: string): boolean {
  const start = '{"id":"';
  return line.startsWith(start) || start.startsWith(line);
}

interface Row {
  readonly id: string;
  readonly options: unknown;
  readonly failed: boolean;
}

/** Undefined for a line that is not whole. */
function rowOf(line: string): Row | undefined {
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row !== 'object' || row === null || !('id' in row)) return undefined;
    if (typeof row.id !== 'string') return undefined;
    const options = 'options' in row ? row.options : undefined;
    return { id: row.id, options, failed: 'error' in row };
  } catch {
    return undefined;
  }
}
