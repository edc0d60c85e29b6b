import { readFile } from 'node:fs/promises';
import { basename, extname, relative, sep } from 'node:path';

import { adapterFor } from './adapters.ts';
import type { Adapter, RawProblem } from './adapters/adapter.ts';
import { RowFault } from './cells.ts';
import { Findings, checkRow } from './check-row.ts';
import { contentKey } from './content-key.ts';
import { DatasetError } from './dataset-error.ts';
import type { DatasetFiles } from './find-files.ts';
import type { Finding, FindingCode } from './finding.ts';
import { decodePicture, measurePicture } from './image-decode.ts';
import { ImageError } from './image-error.ts';
import { imageHash } from './image.ts';
import type { PictureCell } from './picture-cell.ts';
import { PictureFiles } from './picture-files.ts';
import { pictureSize } from './picture-size.ts';
import type { ImageRef, Problem } from './problem.ts';
import { openRows } from './rows.ts';
import type { PlacedRow, RowFile } from './rows.ts';

export interface ReadOptions {
  /** Name of the source, where the columns should not tell. */
  readonly format?: string;
  /** Folder from which the paths of pictures count. Default: the dataset's. */
  readonly images?: string;
  /** Decodes every picture instead of reading its header. Default: no. */
  readonly decode?: boolean;
  /** Why an answer cannot be used, if so. */
  readonly checkAnswer?: (problem: Problem) => FoundFault | undefined;
  /** Tokens of the whole prompt; more than `maxPromptTokens` drop the problem. */
  readonly promptTokens?: (problem: Problem) => number;
  /** Default: 6,144, which leaves 2,048 of 8,192 for the response. */
  readonly maxPromptTokens?: number;
  /** Keeps the bytes of a picture somewhere and returns their path. Without it they stay in memory. */
  readonly store?: (bytes: Uint8Array, hash: string) => Promise<string>;
  /** Told after every stretch of rows; `total` where the files say it. */
  readonly onProgress?: (rows: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
}

export interface FoundFault {
  readonly code: FindingCode;
  readonly message: string;
}

/** One row: its problem, unless it was dropped, and what was found in it. */
export interface ReadRow {
  readonly file: string;
  readonly row: number;
  readonly problem: Problem | undefined;
  /** The problem as it was read, also where a finding drops it; its pictures are those that opened. */
  readonly asRead: Problem | undefined;
  readonly findings: readonly Finding[];
  /** Tokens of its prompt, where they were counted. */
  readonly promptTokens?: number;
}

const MAX_PROMPT_TOKENS = 6144;
/** A longer side divided by the shorter one; the image processor refuses more. */
const MOST_EXTREME = 200;
const AT_ONCE = 8;
/** Rows whose pictures are opened before the first of them is given out. */
const STRETCH_ROWS = 128;

/**
 * Reads the problems of a dataset one stretch after another, checking each row as algorithm.md 6.6 of
 * the design lists. Memory holds one stretch, whatever the size of the files.
 *
 * @throws DatasetError where a file cannot be read at all, or has the wrong columns.
 */
export async function* readProblems(
  { root, files, archives }: DatasetFiles,
  options: ReadOptions = {},
): AsyncGenerator<readonly ReadRow[]> {
  const pictures = new PictureFiles(root, options.images, archives);
  const seen: Seen = { ids: new Set(), contents: new Map() };
  const opened: RowFile[] = [];
  for (const file of files) opened.push(await openRows(file));
  const counts = opened.map(({ count }) => count);
  const total = counts.every((count) => count !== undefined)
    ? counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
    : undefined;
  let read = 0;
  for (const source of opened) {
    let adapter = source.columns && adapterFor(source.file, source.columns, options.format);
    for await (const batch of source.batches()) {
      adapter ??= adapterFor(source.file, columnsOf(source.file, batch), options.format);
      const context: Context = { root, file: source.file, adapter, pictures, seen, options };
      for (let start = 0; start < batch.length; start += STRETCH_ROWS) {
        options.signal?.throwIfAborted();
        const stretch = batch.slice(start, start + STRETCH_ROWS);
        yield await readBatch(stretch, context);
        read += stretch.length;
        options.onProgress?.(read, total);
      }
    }
  }
  if (read === 0) {
    throw new DatasetError(
      'empty',
      `${files.join(', ')}: expected problems, found no rows; check that the file was written to its end`,
    );
  }
}

interface Seen {
  readonly ids: Set<string>;
  /** Content key to id. */
  readonly contents: Map<string, string>;
}

interface Context {
  readonly root: string;
  readonly file: string;
  readonly adapter: Adapter;
  readonly pictures: PictureFiles;
  readonly seen: Seen;
  readonly options: ReadOptions;
}

/** @throws DatasetError where none of the rows is one, as in a file of another kind. */
function columnsOf(file: string, batch: readonly PlacedRow[]): readonly string[] {
  const [first] = batch;
  if (first !== undefined && batch.every(({ value }) => value === undefined)) {
    throw new DatasetError(
      'rows',
      `${file}:${first.row}: ${first.fault}; every row is a JSON object, see docs/data-format.md`,
    );
  }
  return [...new Set(batch.flatMap(({ value }) => Object.keys(value ?? {})))];
}

interface Prepared {
  readonly placed: PlacedRow;
  readonly raw: RawProblem | undefined;
  readonly fault: string | undefined;
  readonly images: readonly (ImageRef | FoundFault)[];
}

async function readBatch(
  batch: readonly PlacedRow[],
  context: Context,
): Promise<readonly ReadRow[]> {
  // Pictures are opened some at a time; the checks then run in the order of the rows.
  const prepared: Prepared[] = Array.from({ length: batch.length });
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < batch.length; at = next++) {
      const placed = batch[at];
      if (placed !== undefined) prepared[at] = await prepare(placed, context);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const rows = prepared.map((row) => finish(row, context));
  const { store } = context.options;
  return store === undefined ? rows : storeAll(rows, store);
}

/** The rows with their pictures as files; some are written at a time. */
async function storeAll(
  rows: readonly ReadRow[],
  store: NonNullable<ReadOptions['store']>,
): Promise<readonly ReadRow[]> {
  const kept = [...rows];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < rows.length; at = next++) {
      const row = rows[at];
      if (row?.problem === undefined) continue;
      kept[at] = { ...row, problem: await stored(row.problem, store) };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return kept;
}

async function prepare(placed: PlacedRow, context: Context): Promise<Prepared> {
  const { adapter, file } = context;
  if (placed.value === undefined) {
    return { placed, raw: undefined, fault: placed.fault, images: [] };
  }
  try {
    const raw = adapter.read(placed.value, { file });
    const images: (ImageRef | FoundFault)[] = [];
    for (const cell of raw.pictures) images.push(await openCell(cell, context));
    return { placed, raw, fault: undefined, images };
  } catch (error) {
    if (!(error instanceof RowFault)) throw error;
    return { placed, raw: undefined, fault: error.message, images: [] };
  }
}

function finish({ placed, raw, fault, images }: Prepared, context: Context): ReadRow {
  const { adapter, file, seen, options } = context;
  const name = relative(context.root, file).split(sep).join('/') || basename(file);
  const place = { file: name, row: placed.row };
  const id = raw && idOf(raw, adapter, place);
  const findings = new Findings({ ...place, id });
  if (raw === undefined) {
    findings.add('row_malformed', fault ?? 'expected a row');
    return { ...place, problem: undefined, asRead: undefined, findings: findings.all };
  }
  if (id === undefined) findings.add('qid_missing', 'expected an id of its own, found none');
  else if (seen.ids.has(id))
    findings.add('qid_duplicate', `expected an id of its own, found ${id} again`);
  for (const image of images) if ('code' in image) findings.add(image.code, image.message);
  const found = images.filter((image): image is ImageRef => 'hash' in image);
  const problem = checkRow(raw, { id: id ?? '', images: found, adapter }, findings);
  if (!findings.dropped) {
    const wrong = options.checkAnswer?.(problem);
    if (wrong !== undefined) findings.add(wrong.code, wrong.message);
  }
  const promptTokens = findings.dropped ? undefined : options.promptTokens?.(problem);
  const limit = options.maxPromptTokens ?? MAX_PROMPT_TOKENS;
  if (promptTokens !== undefined && promptTokens > limit) {
    findings.add('prompt_too_long', `expected at most ${limit} tokens, found ${promptTokens}`);
  }
  if (findings.dropped) {
    return { ...place, problem: undefined, asRead: problem, findings: findings.all };
  }
  noteSeen(problem, seen, findings);
  const counted = promptTokens === undefined ? {} : { promptTokens };
  return { ...place, problem, asRead: problem, findings: findings.all, ...counted };
}

function noteSeen(problem: Problem, seen: Seen, findings: Findings): void {
  seen.ids.add(problem.id);
  const key = contentKey(problem);
  const other = seen.contents.get(key);
  if (other === undefined) seen.contents.set(key, problem.id);
  else findings.add('duplicate_content', `the same question and pictures as ${other}`);
}

function idOf(
  { id }: RawProblem,
  { ownIds }: Adapter,
  { file, row }: { readonly file: string; readonly row: number },
): string | undefined {
  if (id !== undefined && id.trim() !== '') return id;
  return ownIds ? undefined : `${file.slice(0, -extname(file).length)}-${row}`;
}

async function openCell(
  cell: PictureCell,
  { pictures, options }: Context,
): Promise<ImageRef | FoundFault> {
  if (cell.kind === 'bytes') return measured(cell.bytes, cell.bytes, options);
  if (/^https?:/i.test(cell.path)) {
    return {
      code: 'image_missing',
      message: `expected a file, found the address ${cell.path}; fetch it and name the file`,
    };
  }
  const path = await pictures.find(cell.path);
  if (path === undefined) {
    const bases = pictures.bases.slice(0, 3).join(', ');
    return {
      code: 'image_missing',
      message: `expected ${cell.path} in ${bases}, found no such file`,
    };
  }
  const bytes = await readFile(path).catch((error: unknown) => String(error));
  if (typeof bytes !== 'string') return measured(path, bytes, options);
  return { code: 'image_missing', message: `expected a file that can be read, found ${bytes}` };
}

async function measured(
  source: string | Uint8Array,
  bytes: Uint8Array,
  { decode = false }: ReadOptions,
): Promise<ImageRef | FoundFault> {
  const name = typeof source === 'string' ? `${source}: ` : '';
  try {
    const size = pictureSize(bytes) ?? (await measurePicture(bytes));
    const { width, height } = size;
    if (Math.max(width, height) > MOST_EXTREME * Math.min(width, height)) {
      return {
        code: 'image_extreme',
        message: `${name}expected sides within 1 to ${MOST_EXTREME}, found ${width} × ${height}`,
      };
    }
    if (decode) await decodePicture(bytes);
    return { hash: imageHash(bytes), source, width, height };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const code = error.fault === 'extreme' ? 'image_extreme' : 'image_corrupt';
    return { code, message: `${name}${error.message}` };
  }
}

async function stored(
  problem: Problem,
  store: NonNullable<ReadOptions['store']>,
): Promise<Problem> {
  if (problem.images.every(({ source }) => typeof source === 'string')) return problem;
  const images: ImageRef[] = [];
  for (const image of problem.images) {
    const { source, hash } = image;
    images.push(
      typeof source === 'string' ? image : { ...image, source: await store(source, hash) },
    );
  }
  return { ...problem, images };
}
