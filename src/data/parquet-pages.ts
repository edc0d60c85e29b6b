import type { AsyncBuffer, ColumnChunk, FileMetaData, RowGroup } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';

/** Where a data page begins, how long it is with its header, and the first row in it. */
interface PageLocation {
  readonly offset: number;
  readonly bytes: number;
  readonly firstRow: number;
}

/** A file and its metadata. */
export interface Indexed {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/** Values of the enumeration `PageType` of the format. */
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;

/**
 * Adds offset indexes to one row group, by walking the headers of its pages, so that a reader can fetch
 * some rows of a column instead of all; and says at which rows the pages of its largest column begin,
 * so that no page need be read twice. Lists stay without an index: the rows of their older pages
 * cannot be counted from the headers.
 *
 * Source: parquet.thrift of the Parquet format, `PageHeader` and `OffsetIndex`.
 */
export async function withPageIndex(
  { file, metadata }: Indexed,
  group: number,
  flat: (column: ColumnChunk) => boolean,
): Promise<Indexed & { readonly cuts: readonly number[] }> {
  const rowGroup = metadata.row_groups[group];
  if (rowGroup === undefined) throw new RangeError(`internal: no row group ${group}`);
  const indexes: Uint8Array[] = [];
  let end = file.byteLength;
  let cuts: readonly number[] = [];
  let largest = 0;
  const columns: ColumnChunk[] = [];
  for (const column of rowGroup.columns) {
    const pages = flat(column) ? await pagesOf(file, column, rowGroup) : undefined;
    if (pages === undefined) {
      columns.push(column);
      continue;
    }
    const bytes = Number(column.meta_data?.total_compressed_size ?? 0n);
    if (bytes > largest) cuts = pages.map(({ firstRow }) => firstRow);
    largest = Math.max(largest, bytes);
    const index = encodeOffsetIndex(pages);
    indexes.push(index);
    columns.push({
      ...column,
      offset_index_offset: BigInt(end),
      offset_index_length: index.length,
    });
    end += index.length;
  }
  const added = Buffer.concat(indexes);
  const groups = metadata.row_groups.map((each, at) =>
    at === group ? { ...each, columns } : each,
  );
  return { file: extended(file, added), metadata: { ...metadata, row_groups: groups }, cuts };
}

/** The data pages of a column, or undefined where their headers do not account for all rows. */
async function pagesOf(
  file: AsyncBuffer,
  { meta_data: column }: ColumnChunk,
  { num_rows: rows }: RowGroup,
): Promise<readonly PageLocation[] | undefined> {
  if (column === undefined) return undefined;
  const data = Number(column.data_page_offset);
  const dictionary = Number(column.dictionary_page_offset ?? 0n);
  let offset = dictionary > 0 ? Math.min(dictionary, data) : data;
  const end = offset + Number(column.total_compressed_size);
  const pages: PageLocation[] = [];
  let firstRow = 0;
  while (offset < end && firstRow < Number(rows)) {
    const page = await pageAt(file, offset, end);
    if (page === undefined) return undefined;
    const bytes = page.headerBytes + page.bodyBytes;
    if (page.rows !== undefined) {
      pages.push({ offset, bytes, firstRow });
      firstRow += page.rows;
    }
    offset += bytes;
  }
  return firstRow === Number(rows) && pages.length > 0 ? pages : undefined;
}

interface PageShape {
  readonly headerBytes: number;
  readonly bodyBytes: number;
  /** Undefined for a dictionary. */
  readonly rows: number | undefined;
}

/** Reads one page header; headers that carry long statistics need a second, larger read. */
async function pageAt(
  file: AsyncBuffer,
  offset: number,
  end: number,
): Promise<PageShape | undefined> {
  for (let window = 512; ; window *= 16) {
    const stop = Math.min(offset + window, end);
    const reader = { view: new DataView(await file.slice(offset, stop)), offset: 0 };
    let header: Record<string, unknown>;
    try {
      header = deserializeTCompactProtocol(reader);
    } catch {
      if (stop === end) return undefined; // the caller reads the whole column and meets the damage
      continue;
    }
    const [kind, bodyBytes] = [header['field_1'], header['field_3']];
    if (typeof bodyBytes !== 'number' || bodyBytes < 0) return undefined;
    const shape = { headerBytes: reader.offset, bodyBytes };
    if (kind === DICTIONARY_PAGE) return { ...shape, rows: undefined };
    const body = header[kind === DATA_PAGE ? 'field_5' : 'field_8'] as
      | Record<string, unknown>
      | undefined;
    const rows = body?.[kind === DATA_PAGE ? 'field_1' : 'field_3'];
    if ((kind !== DATA_PAGE && kind !== DATA_PAGE_V2) || typeof rows !== 'number') return undefined;
    return { ...shape, rows };
  }
}

/** `OffsetIndex` in Thrift's compact protocol: a list of (offset, compressed size, first row). */
function encodeOffsetIndex(pages: readonly PageLocation[]): Uint8Array {
  const bytes: number[] = [];
  const varint = (value: number): void => {
    let rest = value;
    while (rest >= 0x80) {
      bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    bytes.push(rest);
  };
  const zigzag = (value: number): void => varint(value * 2);
  bytes.push(0x19, 0xfc); // field 1, a list; of structs, with its length behind
  varint(pages.length);
  for (const { offset, bytes: length, firstRow } of pages) {
    bytes.push(0x16); // field 1, i64
    zigzag(offset);
    bytes.push(0x15); // field 2, i32
    zigzag(length);
    bytes.push(0x16); // field 3, i64
    zigzag(firstRow);
    bytes.push(0);
  }
  bytes.push(0);
  return Uint8Array.from(bytes);
}

/** The file with bytes behind its end that exist in memory only. */
function extended(file: AsyncBuffer, added: Uint8Array): AsyncBuffer {
  const size = file.byteLength;
  return {
    byteLength: size + added.length,
    slice: async (start, end = size + added.length) => {
      if (end <= size) return file.slice(start, end);
      const front = start < size ? new Uint8Array(await file.slice(start, size)) : new Uint8Array();
      const back = added.subarray(Math.max(0, start - size), end - size);
      return new Uint8Array(Buffer.concat([front, back])).buffer;
    },
  };
}
