import type { AsyncBuffer, ColumnChunk, CompressionCodec, FileMetaData, RowGroup } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';

import { compressors } from './parquet-codecs.ts';
import { rowStarts } from './parquet-levels.ts';
import type { RowStarts } from './parquet-levels.ts';

/** Where a data page begins, how long it is with its header, and the rows in it. */
interface PageLocation {
  readonly offset: number;
  readonly bytes: number;
  readonly firstRow: number;
  readonly rows: number;
  /** Its values are places in the dictionary of the column. */
  readonly indirect: boolean;
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
/** Values of the enumeration `Encoding` of the format. */
const PLAIN_DICTIONARY = 2;
const RLE_DICTIONARY = 8;

/** A row group whose columns can be read in stretches. */
export interface IndexedGroup {
  readonly file: AsyncBuffer;
  /** Rows at which the pages of its largest column begin: cut there, no page is read twice. */
  readonly cuts: readonly number[];
  /** The metadata for a read that begins at a row of the group. */
  readonly metadataFrom: (row: number) => FileMetaData;
}

/**
 * Adds offset indexes to one row group, by walking the headers of its pages, so that a reader can fetch
 * some rows of a column instead of all. The pages of lists are counted by their repetition levels; lists
 * of lists stay without an index.
 *
 * Writers begin a column of pictures with a dictionary, of tens of megabytes, and give it up after the
 * first page; behind the last page that needs it, it is no longer announced, or every stretch would
 * read it again.
 *
 * Source: parquet.thrift of the Parquet format, `PageHeader` and `OffsetIndex`.
 * @param depthOf How many lists a column lies in.
 */
export async function withPageIndex(
  { file, metadata }: Indexed,
  group: number,
  depthOf: (column: ColumnChunk) => number,
): Promise<IndexedGroup> {
  const rowGroup = metadata.row_groups[group];
  if (rowGroup === undefined) throw new RangeError(`internal: no row group ${group}`);
  const indexes: Uint8Array[] = [];
  let end = file.byteLength;
  let cuts: readonly number[] = [];
  let largest = 0;
  const columns: ((row: number) => ColumnChunk)[] = [];
  for (const column of rowGroup.columns) {
    const depth = depthOf(column);
    const pages = depth > 1 ? undefined : await pagesOf(file, column, rowGroup, depth === 1);
    if (pages === undefined) {
      columns.push(() => column);
      continue;
    }
    const bytes = Number(column.meta_data?.total_compressed_size ?? 0n);
    if (bytes > largest) cuts = pages.map(({ firstRow }) => firstRow);
    largest = Math.max(largest, bytes);
    const index = encodeOffsetIndex(pages);
    indexes.push(index);
    const place = { offset_index_offset: BigInt(end), offset_index_length: index.length };
    const bare = withoutDictionary(column, pages);
    const directFrom = pages.findLast(({ indirect }) => indirect);
    const bound = directFrom === undefined ? 0 : directFrom.firstRow + directFrom.rows;
    columns.push((row) => ({ ...(row >= bound ? bare : column), ...place }));
    end += index.length;
  }
  const metadataFrom = (row: number): FileMetaData => {
    const found = { ...rowGroup, columns: columns.map((column) => column(row)) };
    const groups = metadata.row_groups.map((each, at) => (at === group ? found : each));
    return { ...metadata, row_groups: groups };
  };
  return { file: extended(file, Buffer.concat(indexes)), cuts, metadataFrom };
}

/** The column as if it began with its first data page. */
function withoutDictionary(column: ColumnChunk, [first]: readonly PageLocation[]): ColumnChunk {
  const { meta_data: about } = column;
  if (about === undefined || first === undefined) return column;
  const { dictionary_page_offset: dictionary, ...rest } = about;
  const start = Number(dictionary ?? about.data_page_offset);
  const skipped = Math.max(0, first.offset - start);
  return {
    ...column,
    meta_data: {
      ...rest,
      data_page_offset: BigInt(first.offset),
      total_compressed_size: about.total_compressed_size - BigInt(skipped),
    },
  };
}

/** The data pages of a column, or undefined where they do not account for all rows. */
async function pagesOf(
  file: AsyncBuffer,
  { meta_data: column }: ColumnChunk,
  { num_rows: rows }: RowGroup,
  list: boolean,
): Promise<readonly PageLocation[] | undefined> {
  if (column === undefined) return undefined;
  const data = Number(column.data_page_offset);
  const dictionary = Number(column.dictionary_page_offset ?? 0n);
  let offset = dictionary > 0 ? Math.min(dictionary, data) : data;
  const end = offset + Number(column.total_compressed_size);
  const pages: PageLocation[] = [];
  let firstRow = 0;
  while (offset < end) {
    const page = await pageAt(file, offset, end);
    if (page === undefined) return undefined;
    const bytes = page.headerBytes + page.bodyBytes;
    if (page.values !== undefined) {
      const starts = await startsOf(file, offset, page, { list, codec: column.codec });
      if (starts === undefined) return undefined;
      const { rows: count, continued } = starts;
      const last = pages.at(-1);
      if (!continued || last === undefined) {
        pages.push({ offset, bytes, firstRow, rows: count, indirect: page.indirect });
      } else {
        // A row that goes on in the next page ties both together.
        const joined = { bytes: last.bytes + bytes, rows: last.rows + count };
        pages[pages.length - 1] = { ...last, ...joined, indirect: last.indirect || page.indirect };
      }
      firstRow += count;
    }
    offset += bytes;
  }
  return firstRow === Number(rows) && pages.length > 0 ? pages : undefined;
}

/** Which rows begin in a page; undefined where its body cannot be read. */
async function startsOf(
  file: AsyncBuffer,
  offset: number,
  page: PageShape,
  { list, codec }: { readonly list: boolean; readonly codec: CompressionCodec },
): Promise<RowStarts | undefined> {
  const { values = 0, rows, headerBytes, bodyBytes, size } = page;
  if (rows !== undefined) return { rows, continued: false }; // version 2 begins pages with rows
  if (!list) return { rows: values, continued: false };
  const start = offset + headerBytes;
  const body = new Uint8Array(await file.slice(start, start + bodyBytes));
  const decode = compressors[codec];
  if (decode === undefined && codec !== 'UNCOMPRESSED') return undefined;
  try {
    return rowStarts(decode === undefined ? body : decode(body, size), values);
  } catch {
    return undefined; // the caller reads the whole column and meets the damage
  }
}

interface PageShape {
  readonly headerBytes: number;
  readonly bodyBytes: number;
  /** Of the body, decompressed. */
  readonly size: number;
  /** Undefined for a dictionary. */
  readonly values: number | undefined;
  /** Where the header says it. */
  readonly rows: number | undefined;
  readonly indirect: boolean;
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
    return shapeOf(header, reader.offset);
  }
}

function shapeOf(header: Record<string, unknown>, headerBytes: number): PageShape | undefined {
  const { field_1: kind, field_2: size, field_3: bodyBytes } = header;
  if (typeof bodyBytes !== 'number' || typeof size !== 'number' || bodyBytes < 0) return undefined;
  const shape = { headerBytes, bodyBytes, size };
  if (kind === DICTIONARY_PAGE) {
    return { ...shape, values: undefined, rows: undefined, indirect: false };
  }
  const first = kind === DATA_PAGE;
  if (!first && kind !== DATA_PAGE_V2) return undefined;
  const body = (header[first ? 'field_5' : 'field_8'] ?? {}) as Record<string, unknown>;
  const { field_1: values, field_3: rows } = body;
  const encoding = body[first ? 'field_2' : 'field_4'];
  if (typeof values !== 'number' || (!first && typeof rows !== 'number')) return undefined;
  return {
    ...shape,
    values,
    rows: first ? undefined : (rows as number),
    indirect: encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY,
  };
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
