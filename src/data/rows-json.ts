import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

import { DatasetError } from './dataset-error.ts';
import type { PlacedRow, Row, RowFile } from './rows.ts';

const BATCH_ROWS = 256;
const BATCH_BYTES = 16 * 2 ** 20;

/**
 * The rows of a file with one JSON object on each line; empty lines are passed over.
 *
 * @throws DatasetError `corrupt` for a file in UTF-16.
 */
export async function* readJsonLines(file: string): AsyncGenerator<readonly PlacedRow[]> {
  let batch: PlacedRow[] = [];
  let bytes = 0;
  let row = 0;
  for await (const line of linesOf(file)) {
    row++;
    const placed = parseLine(line, row);
    if (placed === undefined) continue;
    batch.push(placed);
    bytes += line.length;
    if (batch.length < BATCH_ROWS && bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

const LINE_FEED = 10;

/** Lines as bytes without their ends; a byte order mark is no part of the first. */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let first = true;
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) {
    const bytes: Buffer = first ? withoutMark(chunk as Buffer, file) : (chunk as Buffer);
    first = false;
    let start = 0;
    for (let end = 0; (end = bytes.indexOf(LINE_FEED, start)) >= 0; start = end + 1) {
      const line = bytes.subarray(start, end);
      yield rest.length === 0 ? line : Buffer.concat([...rest, line]);
      rest = [];
    }
    if (start < bytes.length) rest.push(bytes.subarray(start));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

/**
 * The bytes behind the mark of UTF-8.
 *
 * @throws DatasetError for UTF-16, which some programs for Windows write.
 */
function withoutMark(bytes: Buffer, file: string): Buffer {
  const [a, b] = bytes;
  const marked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  if (marked || (bytes.length > 1 && (a === 0 || b === 0))) {
    throw new DatasetError(
      'corrupt',
      `${file}: expected text in UTF-8, found UTF-16 or no text; convert it: iconv -f UTF-16 -t UTF-8`,
    );
  }
  return bytes.length > 2 && bytes.readUIntBE(0, 3) === 0xefbbbf ? bytes.subarray(3) : bytes;
}

/** Undefined for a line without anything in it. */
function parseLine(bytes: Buffer, row: number): PlacedRow | undefined {
  if (!isUtf8(bytes)) return { row, value: undefined, fault: `expected UTF-8, ${OTHER_BYTES}` };
  const line = bytes.toString('utf8');
  if (line.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(line);
    if (isRow(value)) return { row, value };
    return { row, value: undefined, fault: `expected a JSON object, found ${kindOf(value)}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { row, value: undefined, fault: `expected a JSON object: ${reason}` };
  }
}

const OTHER_BYTES =
  'found other bytes; convert the file from its encoding, such as iconv -f WINDOWS-1252 -t UTF-8';

/**
 * A `.json` file: an array of objects, an object of objects by id (the id becomes the column `id` where
 * there is none), an object with one array of objects inside, or JSON lines under the wrong name.
 */
export async function readJson(file: string): Promise<RowFile> {
  if (await holdsLines(file)) {
    return { file, columns: undefined, count: undefined, batches: () => readJsonLines(file) };
  }
  const rows = rowsOf(await parseWhole(file), file);
  const placed = rows.map((value, index): PlacedRow =>
    isRow(value)
      ? { row: index + 1, value }
      : {
          row: index + 1,
          value: undefined,
          fault: `expected a JSON object, found ${kindOf(value)}`,
        },
  );
  async function* batches(): AsyncGenerator<readonly PlacedRow[]> {
    for (let start = 0; start < placed.length; start += BATCH_ROWS) {
      yield placed.slice(start, start + BATCH_ROWS);
    }
  }
  return { file, columns: undefined, count: placed.length, batches };
}

/** Whether the first line is an object of its own and another follows. */
async function holdsLines(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2 ** 20), 0, 2 ** 20, 0);
    const bytes = withoutMark(buffer.subarray(0, bytesRead), file);
    const start = bytes.findIndex((byte) => !BLANKS.includes(byte));
    const end = bytes.indexOf(LINE_FEED, Math.max(0, start));
    if (start < 0 || end < 0 || bytes.toString('utf8', end).trim() === '') return false;
    return parseLine(bytes.subarray(start, end), 1)?.value !== undefined;
  } finally {
    await handle.close();
  }
}

/** Space, tab, line feed, carriage return. */
const BLANKS: readonly number[] = [32, 9, LINE_FEED, 13];

async function parseWhole(file: string): Promise<unknown> {
  const bytes = withoutMark(await readFile(file), file);
  if (!isUtf8(bytes))
    throw new DatasetError('corrupt', `${file}: expected text in UTF-8, ${OTHER_BYTES}`);
  const text = bytes.toString('utf8');
  if (text.trim() === '') return [];
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError(
      'corrupt',
      `${file}: expected JSON: ${reason}; correct the file, or name it .jsonl if each line is an object`,
      { cause: error },
    );
  }
}

function rowsOf(value: unknown, file: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isRow(value)) {
    const entries = Object.entries(value);
    if (entries.every(([, each]) => isRow(each))) {
      return entries.map(([id, each]) => ({ id, ...(each as Row) }));
    }
    const lists = entries.filter(
      ([, each]) => Array.isArray(each) && each.length > 0 && each.every(isRow),
    );
    if (lists.length > 1) {
      const names = lists.map(([name]) => name).join(', ');
      throw new DatasetError(
        'corrupt',
        `${file}: expected one list of objects, found ${lists.length}: ${names}; keep one in the file, or put each into a file of its own`,
      );
    }
    return lists.length === 1 ? (lists[0]?.[1] as readonly unknown[]) : [value];
  }
  throw new DatasetError(
    'corrupt',
    `${file}: expected an array of objects, or objects by id, found ${kindOf(value)}`,
  );
}

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
