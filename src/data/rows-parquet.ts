import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import type { AsyncBuffer, FileMetaData, SchemaTree } from 'hyparquet';

import { DatasetError } from './dataset-error.ts';
import { compressors } from './parquet-codecs.ts';
import { joinedRow, listDepth, splitColumns } from './parquet-columns.ts';
import { withPageIndex } from './parquet-pages.ts';
import type { Indexed } from './parquet-pages.ts';
import type { PlacedRow, Row, RowFile } from './rows.ts';

/** Uncompressed bytes that are in memory at once, as far as the file's pages allow. */
const BATCH_BYTES = 8 * 2 ** 20;
const BATCH_ROWS = 1024;

/**
 * Opens a Parquet file. Its rows are read in stretches of about 8 MiB, whatever its groups of rows.
 *
 * @param batchBytes What to read instead of 8 MiB.
 * @throws DatasetError `corrupt` if its footer cannot be read.
 */
export async function openParquet(file: string, batchBytes = BATCH_BYTES): Promise<RowFile> {
  const handle = await open(file);
  try {
    const metadata = await footer(file, handle);
    const { parquetSchema } = await import('hyparquet');
    const tree = parquetSchema(metadata);
    return {
      file,
      columns: tree.children.map(({ element }) => element.name),
      count: Number(metadata.num_rows),
      batches: () => readParquet(file, metadata, tree, batchBytes),
    };
  } finally {
    await handle.close();
  }
}

async function footer(file: string, handle: FileHandle): Promise<FileMetaData> {
  const { parquetMetadataAsync } = await import('hyparquet');
  const buffer = await bufferOf(handle);
  try {
    return await parquetMetadataAsync(buffer);
  } catch (error) {
    throw corrupt(file, error);
  }
}

async function* readParquet(
  file: string,
  metadata: FileMetaData,
  tree: SchemaTree,
  batchBytes: number,
): AsyncGenerator<readonly PlacedRow[]> {
  const handle = await open(file);
  try {
    const buffer = await bufferOf(handle);
    let start = 0;
    for (const [group, { num_rows: rows }] of metadata.row_groups.entries()) {
      yield* readGroup({
        file,
        indexed: { file: buffer, metadata },
        tree,
        group,
        start,
        batchBytes,
      });
      start += Number(rows);
    }
  } finally {
    await handle.close();
  }
}

interface Group {
  readonly file: string;
  readonly indexed: Indexed;
  readonly tree: SchemaTree;
  readonly group: number;
  /** Rows in the groups before. */
  readonly start: number;
  readonly batchBytes: number;
}

async function* readGroup(where: Group): AsyncGenerator<readonly PlacedRow[]> {
  const { file, indexed, tree, group, start, batchBytes } = where;
  const rowGroup = indexed.metadata.row_groups[group];
  if (rowGroup === undefined) return;
  const rows = Number(rowGroup.num_rows);
  const { metadata } = indexed;
  const { large, small, bytes } = splitColumns(metadata, rowGroup, tree, batchBytes);
  const all = { start, end: start + rows };
  if (large === undefined) {
    yield* placed(await readRange(file, indexed, all), start);
    return;
  }
  // Small columns are read once: cut up, each stretch would decode their dictionaries again.
  const beside =
    small === undefined ? [] : await readRange(file, { ...indexed, metadata: small }, all);
  const apart = { ...indexed, metadata: large };
  const source = await withPageIndex(apart, group, (column) => listDepth(tree, column));
  const portion = Math.max(1, Math.floor((rows * batchBytes) / bytes));
  for (const [at, end] of stretches(source.cuts, rows, portion)) {
    const range = { start: start + at, end: start + end };
    const portionOf = { file: source.file, metadata: source.metadataFrom(at) };
    const values = await readRange(file, portionOf, range);
    yield* placed(
      values.map((value, index) => joinedRow(beside[at + index], value)),
      start + at,
    );
  }
}

/** Stretches of at least `portion` rows that begin where a page does; the whole where none is known. */
function stretches(cuts: readonly number[], rows: number, portion: number): [number, number][] {
  const found: [number, number][] = [];
  let from = 0;
  for (const cut of [...cuts, rows]) {
    if (cut - from < portion && cut < rows) continue;
    if (cut > from) found.push([from, cut]);
    from = cut;
  }
  return found;
}

function* placed(values: readonly Row[], before: number): Generator<readonly PlacedRow[]> {
  for (let first = 0; first < values.length; first += BATCH_ROWS) {
    yield values
      .slice(first, first + BATCH_ROWS)
      .map((value, index): PlacedRow => ({ row: before + first + index + 1, value }));
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
}

async function readRange(
  name: string,
  { file, metadata }: Indexed,
  { start: rowStart, end: rowEnd }: Range,
): Promise<readonly Row[]> {
  const { parquetReadObjects } = await import('hyparquet');
  try {
    return await parquetReadObjects({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd,
      utf8: false, // columns of text say so themselves; the others are bytes
      useOffsetIndex: true,
    });
  } catch (error) {
    throw corrupt(name, error, `rows ${rowStart + 1} to ${rowEnd}`);
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const bytes = new Uint8Array(Math.max(0, end - start));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(
          bytes,
          filled,
          bytes.length - filled,
          start + filled,
        );
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled === bytes.length ? bytes.buffer : bytes.buffer.slice(0, filled);
    },
  };
}

function corrupt(file: string, cause: unknown, where = 'its footer'): DatasetError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatasetError(
    'corrupt',
    `${file}: expected a whole Parquet file, found damage in ${where} (${reason}); ` +
      'fetch the file again and compare its size with the original',
    { cause },
  );
}
