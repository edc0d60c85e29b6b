import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { createReadStream, renameSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** The file of answers: one JSON line per row, in the order of finishing; a second start goes on in it. */
export class AskOutput implements Disposable {
  /** Rows that need not be asked again. */
  readonly done: ReadonlySet<string>;
  readonly #file: number;

  private constructor(file: number, done: ReadonlySet<string>) {
    this.#file = file;
    this.done = done;
  }

  /**
   * Opens the file, and reads which rows it has. A line that a kill has torn at the end is cut off;
   * with `retryFailed` the rows that failed are taken out.
   */
  static async open(path: string, retryFailed: boolean): Promise<AskOutput> {
    const done = new Set<string>();
    const kept: string[] = [];
    let [whole, rewrite] = [0, false];
    if (existsSync(path)) {
      for await (const line of createInterface({ input: createReadStream(path) })) {
        const row = rowOf(line);
        if (row === undefined) break;
        const failed = row.failed && retryFailed;
        if (failed) rewrite = true;
        else {
          done.add(row.id);
          if (retryFailed) kept.push(line);
        }
        whole += Buffer.byteLength(line) + 1;
      }
    }
    if (rewrite) {
      const fresh = `${path}.new`;
      const file = openSync(fresh, 'w');
      for (const line of kept) writeSync(file, `${line}\n`);
      fsyncSync(file);
      renameSync(fresh, path);
      return new AskOutput(file, done);
    }
    const file = openSync(path, existsSync(path) ? 'r+' : 'w');
    ftruncateSync(file, whole);
    closeSync(file);
    return new AskOutput(openSync(path, 'a'), done);
  }

  write(row: { readonly id: string; readonly [field: string]: unknown }): void {
    writeSync(this.#file, `${JSON.stringify(row)}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** Undefined for a line that is not whole. */
function rowOf(line: string): { readonly id: string; readonly failed: boolean } | undefined {
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row !== 'object' || row === null || !('id' in row)) return undefined;
    return typeof row.id === 'string' ? { id: row.id, failed: 'error' in row } : undefined;
  } catch {
    return undefined;
  }
}
