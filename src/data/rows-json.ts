import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

import { DatasetError } from './dataset-error.ts';
import type { PlacedRow, Row, RowFile } from './rows.ts';

const BATCH_ROWS = 256;
const BATCH_CHARACTERS = 16 * 2 ** 20;

/** The rows of a file with one JSON object on each line; empty lines are passed over. */
export async function* readJsonLines(file: string): AsyncGenerator<readonly PlacedRow[]> {
  let batch: PlacedRow[] = [];
  let characters = 0;
  let row = 0;
  for await (const line of linesOf(file)) {
    row++;
    if (line.trim() === '') continue;
    batch.push(parseLine(line, row));
    characters += line.length;
    if (batch.length < BATCH_ROWS && characters < BATCH_CHARACTERS) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

/** Lines without their ends; a byte order mark is no part of the first. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest: string[] = [];
  let first = true;
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 2 ** 20 })) {
    let text = chunk as string;
    if (first) text = text.replace(/^\uFEFF/, '');
    first = false;
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield rest.length === 0 ? line : rest.join('') + line;
      rest = [];
    }
    if (last !== '') rest.push(last);
  }
  if (rest.length > 0) yield rest.join('');
}

function parseLine(line: string, row: number): PlacedRow {
  try {
    const value: unknown = JSON.parse(line);
    if (isRow(value)) return { row, value };
    return { row, value: undefined, fault: `expected a JSON object, found ${kindOf(value)}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { row, value: undefined, fault: `expected a JSON object, found ${reason}` };
  }
}

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
    const text = buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\uFEFF/, '')
      .trimStart();
    const end = text.indexOf('\n');
    if (!text.startsWith('{') || end < 0 || text.slice(end).trim() === '') return false;
    return parseLine(text.slice(0, end), 1).value !== undefined;
  } finally {
    await handle.close();
  }
}

async function parseWhole(file: string): Promise<unknown> {
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  if (text.trim() === '') return [];
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError(
      'corrupt',
      `${file}: expected JSON, found ${reason}; correct the file, or name it .jsonl if each line ` +
        'is an object',
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
    const arrays = entries.filter(([, each]) => Array.isArray(each) && each.every(isRow));
    if (arrays.length === 1) return arrays[0]?.[1] as readonly unknown[];
    return [value];
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
