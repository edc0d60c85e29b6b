import { readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';

import { DatasetError } from './dataset-error.ts';
import { holdsRows } from './rows.ts';

/** Where the rows of a dataset are, and where its pictures are looked for. */
export interface DatasetFiles {
  readonly root: string;
  /** Paths, in order. */
  readonly files: readonly string[];
  /** Folders with the pictures of archives, where there were any. */
  readonly archives?: readonly string[];
}

const DEPTH = 3;
const REWRITE = 'write each problem as a JSON object on a line of its own, see docs/data-format.md';
/** Files beside a dataset that hold no problems. */
const ASIDE =
  /(^|\/)(\.|(dataset_infos?|dataset_dict|state|config|package(-lock)?|manifest|dropped|findings|summary)\.(json|jsonl)$)/i;

/**
 * The files of rows in a folder (up to three folders deep, hidden ones aside), or the one file that is
 * named. Of JSON and Parquet with the same name, the Parquet file counts, so nothing is read twice.
 *
 * @param split Keeps files whose path names it, such as `train-00000-of-00001.parquet`.
 * @throws DatasetError `missing` or `empty`, or `rows` for several splits at once.
 */
export async function findFiles(name: string, split?: string): Promise<DatasetFiles> {
  const path = resolve(name);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new DatasetError(
      'missing',
      `${name}: expected a file or a folder, found nothing; check the path`,
    );
  }
  if (found.isFile()) {
    if (holdsRows(path)) return { root: dirname(path), files: [path] };
    throw new DatasetError(
      'missing',
      `${name}: expected a .jsonl, .json or .parquet file, found ${extname(path) || 'no ending'}; ${REWRITE}`,
    );
  }
  const all = await filesBelow(path, DEPTH);
  const rows = all.filter((file) => holdsRows(file) && !ASIDE.test(place(path, file)));
  const chosen =
    split === undefined ? rows : rows.filter((file) => names(place(path, file), split));
  if (chosen.length > 0) {
    if (split === undefined)
      refuseSplits(
        name,
        chosen.map((file) => place(path, file)),
      );
    return { root: path, files: withoutTwins(chosen) };
  }
  const here = all.slice(0, 8).map((file) => place(path, file));
  const among = rows.map((file) => place(path, file));
  throw new DatasetError(
    'empty',
    split !== undefined && rows.length > 0
      ? `${name}: expected a file of the split ${split}, found ${among.join(', ')}`
      : `${name}: expected a .jsonl, .json or .parquet file, found ${here.join(', ') || 'an empty folder'}; ${REWRITE}`,
  );
}

const place = (root: string, file: string): string => relative(root, file).split(sep).join('/');

const SPLITS = [
  ['train', 'training'],
  ['validation', 'valid', 'val', 'dev'],
  ['test', 'testmini'],
] as const;

/** Training on what is there for judging is a mistake that nobody sees, so it has to be asked for. */
function refuseSplits(folder: string, files: readonly string[]): void {
  const found = SPLITS.flatMap((words) => {
    const word = words.find((each) => files.some((file) => names(file, each)));
    return word === undefined ? [] : [word];
  });
  if (found.length < 2) return;
  throw new DatasetError(
    'rows',
    `${folder}: expected files of one split, found ${found.join(', ')}; name one with --split, or its file`,
  );
}

/** Whether a path names a split as a word of its own. */
function names(path: string, split: string): boolean {
  return path
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .includes(split.toLowerCase());
}

function withoutTwins(files: readonly string[]): readonly string[] {
  const stem = (file: string): string => file.slice(0, -extname(file).length);
  const parquet = new Set(files.filter((file) => /\.parquet$/i.test(file)).map(stem));
  return files.filter((file) => /\.parquet$/i.test(file) || !parquet.has(stem(file)));
}

async function filesBelow(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    // Picture folders may hold tens of thousands of files and never rows.
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await isDirectory(path)));
    if (!isFolder) found.push(path);
    else if (depth > 1 && !/^images?$/i.test(entry.name)) {
      found.push(...(await filesBelow(path, depth - 1)));
    }
  }
  return found;
}

const isDirectory = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
