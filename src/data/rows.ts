import { readJson, readJsonLines } from './rows-json.ts';
import { openParquet } from './rows-parquet.ts';

/** One row of a file, by column. Byte columns are `Uint8Array`, whole numbers may be `bigint`. */
export type Row = Readonly<Record<string, unknown>>;

/** A row and its place: the line of a text file, else its number, from 1. */
export interface PlacedRow {
  readonly row: number;
  /** Undefined where the line holds no row; then `fault` says why. */
  readonly value: Row | undefined;
  readonly fault?: string;
}

/** Rows of one file, in order. */
export interface RowFile {
  readonly file: string;
  /** Where the file says so itself; else undefined, and the first rows tell. */
  readonly columns: readonly string[] | undefined;
  /** Rows in all, where the file says so. */
  readonly count: number | undefined;
  /** Batches of rows that together fit in memory, pictures included. */
  batches(): AsyncGenerator<readonly PlacedRow[]>;
}

const ENDINGS = /\.(jsonl|ndjson|json|parquet)$/i;

/** Whether a file's name says that it holds rows. */
export const holdsRows = (name: string): boolean => ENDINGS.test(name);

/**
 * Opens a file of rows by its ending: `.jsonl` and `.ndjson` line by line, `.json` an array, an object
 * of rows by id, or lines after all, `.parquet` by groups of rows.
 *
 * @throws DatasetError `corrupt` for a file that is not what its name says.
 */
export async function openRows(file: string): Promise<RowFile> {
  const ending = ENDINGS.exec(file)?.[1]?.toLowerCase();
  if (ending === 'parquet') return openParquet(file);
  if (ending === 'json') return readJson(file);
  return { file, columns: undefined, count: undefined, batches: () => readJsonLines(file) };
}
