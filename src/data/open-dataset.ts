import { stat } from 'node:fs/promises';

import { Dataset } from './dataset.ts';
import { DatasetError } from './dataset-error.ts';
import { findFiles } from './find-files.ts';
import type { DatasetFiles } from './find-files.ts';
import type { Finding } from './finding.ts';
import { resolveDataset } from './hub.ts';
import type { HubOptions } from './hub.ts';
import { unpackedArchives } from './picture-archive.ts';
import { pictureCache, pictureStore } from './picture-store.ts';
import type { Problem } from './problem.ts';
import { readProblems } from './read-problems.ts';
import type { ReadOptions } from './read-problems.ts';

export interface OpenOptions extends ReadOptions {
  /** Keeps files whose path names it. */
  readonly split?: string;
  /** Where pictures from inside files are unpacked. Default: the user's cache. */
  readonly cache?: string;
  readonly hub?: HubOptions;
}

/**
 * Where the files of a dataset are: a file, a folder, or a hub id, which is fetched first. Pictures in
 * an `images.zip` beside them are unpacked into the cache.
 *
 * @throws DatasetError, HubError.
 */
export async function locateDataset(
  name: string,
  { split, hub, images, cache, signal }: OpenOptions = {},
): Promise<DatasetFiles> {
  const isFile = (await stat(name).catch(() => undefined))?.isFile() ?? false;
  const isHubId =
    /^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/.test(name) && !/^\.|\.(jsonl?|parquet)$/.test(name);
  const exists = isFile || (await stat(name).catch(() => undefined)) !== undefined;
  const files = await findFiles(exists || !isHubId ? name : await resolveDataset(name, hub), split);
  // Pictures that are said to lie elsewhere need no archive.
  if (images !== undefined) return files;
  const unpacking = signal === undefined ? {} : { signal };
  const archives = await unpackedArchives(files.root, cache ?? pictureCache(), unpacking);
  return archives.length === 0 ? files : { ...files, archives };
}

/**
 * Opens a dataset: reads and checks every row, unpacks pictures that lie inside Parquet files, and keeps
 * the problems. Its name, or its files where they are known. Rows that cannot be used are in `findings`, each with its code and place.
 *
 * @throws DatasetError if it cannot be read, or if no row can be used.
 */
export async function openDataset(
  name: string | DatasetFiles,
  options: OpenOptions = {},
): Promise<Dataset> {
  const files = typeof name === 'string' ? await locateDataset(name, options) : name;
  const store = options.store ?? pictureStore(options.cache ?? pictureCache());
  const problems: Problem[] = [];
  const findings: Finding[] = [];
  for await (const rows of readProblems(files, { ...options, store })) {
    for (const { problem, findings: found } of rows) {
      findings.push(...found);
      if (problem !== undefined) problems.push(problem);
    }
  }
  if (problems.length > 0) return new Dataset(problems, findings);
  const [first] = findings;
  throw new DatasetError(
    'rows',
    `${files.files.join(', ')}: expected usable problems, found ${findings.length} faults and none; the first: ` +
      `${first?.file} row ${first?.row}: ${first?.code}: ${first?.message}`,
  );
}
