import { createHash } from 'node:crypto';
import { relative, sep } from 'node:path';
import { imageHash, openRows } from '#data';
import type { DatasetFiles, PlacedRow, Row } from '#data';
import type { Benchmark } from './benchmark.ts';
import { EvalError, ItemError, textOf } from './item.ts';
import type { EvalItem, ItemFault, Piece } from './item.ts';

export interface ReadOptions {
  /** Keeps the bytes of a picture and returns their path; absent where nothing will be asked. */
  readonly store?: (bytes: Uint8Array, hash: string) => Promise<string>;
  readonly signal?: AbortSignal;
  /** Told of the rows read so far. */
  readonly onProgress?: (rows: number) => void;
}

/** The items of a benchmark, in the order of its files. */
export interface Items {
  readonly items: readonly EvalItem[];
  /** Rows that could not be used: each is named, none is scored. */
  readonly faults: readonly ItemFault[];
  /** SHA-256 over ids, official prompts, answers and options. */
  readonly hash: string;
}

/**
 * Reads a benchmark in its own published layout. Of several splits in a folder the benchmark's own
 * counts. Pictures inside files go to the store, or are passed over where there is none.
 *
 * @throws EvalError where no row can be used, DatasetError where a file cannot be read.
 */
export async function readItems(
  benchmark: Benchmark,
  { root, files }: Pick<DatasetFiles, 'root' | 'files'>,
  options: ReadOptions = {},
): Promise<Items> {
  const items = new Map<string, EvalItem>();
  const faults: ItemFault[] = [];
  let columns: readonly string[] = [];
  let rows = 0;
  for (const file of chosenFiles(benchmark, { root, files })) {
    const place = {
      file: relative(root, file).split(sep).join('/'),
      asking: options.store !== undefined,
    };
    for await (const batch of (await openRows(file)).batches()) {
      options.signal?.throwIfAborted();
      for (const placed of batch) {
        columns = columns.length > 0 ? columns : Object.keys(placed.value ?? {});
        const read = itemIn(benchmark, placed, place);
        if ('message' in read) faults.push(read);
        else if (items.has(read.id))
          faults.push({
            file: place.file,
            row: placed.row,
            id: read.id,
            message: `expected ids that occur once, found ${read.id} again; the first counts`,
          });
        else items.set(read.id, await withoutBytes(read, options.store));
      }
      rows += batch.length;
      options.onProgress?.(rows);
    }
  }
  if (items.size === 0) throw nothing(benchmark, { files, faults, columns });
  const all = [...items.values()];
  return { items: all, faults, hash: hashOf(all, benchmark) };
}

function nothing(
  benchmark: Benchmark,
  {
    files,
    faults,
    columns,
  }: { files: readonly string[]; faults: readonly ItemFault[]; columns: readonly string[] },
): EvalError {
  const [first] = faults;
  const why =
    first === undefined
      ? 'found no rows'
      : `found ${faults.length} unusable, the first in row ${first.row}: ${first.message}`;
  const has = columns.length === 0 ? '' : `; its columns are ${columns.join(', ')}`;
  return new EvalError(
    `${files.join(', ')}: expected rows of ${benchmark.title} (${benchmark.hub}), ${why}${has}`,
  );
}

/**
 * Files of the first split that a path names; all where none does. Where the rows lie in Parquet files
 * as well as in others, as in several published layouts, the Parquet files count.
 */
export function chosenFiles(
  benchmark: Benchmark,
  { root, files }: Pick<DatasetFiles, 'root' | 'files'>,
): readonly string[] {
  const place = (file: string): string => relative(root, file).split(sep).join('/');
  const wanted = files.filter((file) => files.length === 1 || benchmark.wants(place(file)));
  const split = benchmark.splits.find((name) => wanted.some((file) => names(place(file), name)));
  const own = split === undefined ? wanted : wanted.filter((file) => names(place(file), split));
  const parquet = own.filter((file) => /\.parquet$/i.test(file));
  return parquet.length > 0 ? parquet : own;
}

/** Whether a file of the hub is worth fetching: rows of one of the benchmark's splits. */
export function holdsItems(benchmark: Benchmark, path: string): boolean {
  const { splits } = benchmark;
  return benchmark.wants(path) && (splits.length === 0 || splits.some((name) => names(path, name)));
}

/** Whether a path names a split as a word of its own. */
const names = (path: string, split: string): boolean =>
  path
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .includes(split);

function itemIn(
  benchmark: Benchmark,
  placed: PlacedRow,
  place: { readonly file: string; readonly asking: boolean },
): EvalItem | ItemFault {
  const at = { file: place.file, row: placed.row };
  if (placed.value === undefined)
    return { ...at, message: placed.fault ?? 'expected a row, found none' };
  try {
    return benchmark.read(placed.value, place);
  } catch (error) {
    if (!(error instanceof ItemError)) throw error;
    const id = idIn(placed.value);
    return { ...at, ...(id === undefined ? {} : { id }), message: error.message };
  }
}

function idIn(row: Row): string | undefined {
  const id = row['id'] ?? row['pid'] ?? row['qid'];
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

/** Bytes of pictures leave the item, so that thousands of items stay small. */
async function withoutBytes(item: EvalItem, store: ReadOptions['store']): Promise<EvalItem> {
  const known = new Map<Piece, Piece | undefined>();
  const lean = async (pieces: readonly Piece[]): Promise<readonly Piece[]> => {
    const out: Piece[] = [];
    for (const piece of pieces) {
      if (!known.has(piece)) known.set(piece, await leanPiece(piece, store));
      const kept = known.get(piece);
      if (kept !== undefined) out.push(kept);
    }
    return out;
  };
  const prompts: Record<string, readonly Piece[]> = {};
  for (const [name, pieces] of Object.entries(item.prompts)) prompts[name] = await lean(pieces);
  return { ...item, question: await lean(item.question), prompts };
}

async function leanPiece(piece: Piece, store: ReadOptions['store']): Promise<Piece | undefined> {
  if (piece.kind === 'text' || piece.cell.kind === 'path') return piece;
  if (store === undefined) return undefined;
  const { bytes } = piece.cell;
  const path = await store(bytes, imageHash(bytes));
  return { kind: 'picture', cell: { kind: 'path', path } };
}

function hashOf(items: readonly EvalItem[], benchmark: Benchmark): string {
  const hash = createHash('sha256');
  for (const item of items) {
    const [first = ''] = benchmark.prompts;
    const parts = [item.id, textOf(item.prompts[first] ?? []), item.answer, item.choices ?? null];
    hash.update(`${JSON.stringify(parts)}\n`);
  }
  return hash.digest('hex');
}
