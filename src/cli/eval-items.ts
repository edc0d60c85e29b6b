import { createHash } from 'node:crypto';
import { openDataset, pictureCache, pictureStore } from '#data';
import type { DatasetFiles } from '#data';
import { itemOfProblem, problems, readItems } from '#eval';
import type { Benchmark, Items } from '#eval';
import { UsageError } from './command.ts';
import type { Io } from './command.ts';
import { readingOptions, sourceOf } from './data-source.ts';
import { benchmarkFiles } from './eval-source.ts';
import { Progress } from './progress.ts';

/** Where the items of an evaluation are. */
interface Where {
  readonly data?: string | undefined;
  readonly offline: boolean;
  /** Whether their pictures will be asked for. */
  readonly pictures: boolean;
}

/** The items of a benchmark in its own layout; those of `problems` are rows as `train` reads them. */
export async function itemsOf(
  benchmark: Benchmark,
  where: Where,
  io: Io,
): Promise<Items & { readonly files: DatasetFiles }> {
  if (benchmark.name === problems.name) return ofDataset(where, io);
  const files = await benchmarkFiles(benchmark, where, io);
  using progress = new Progress(io, { label: `reading ${benchmark.name}`, unit: 'rows' });
  const all = await readItems(benchmark, files, {
    ...(where.pictures ? { store: pictureStore(pictureCache()) } : {}),
    signal: io.signal,
    onProgress: (rows) => progress.update(rows),
  });
  return { files, ...all };
}

async function ofDataset(
  { data, offline }: Where,
  io: Io,
): Promise<Items & { readonly files: DatasetFiles }> {
  if (data === undefined) {
    throw new UsageError('--benchmark problems: expected --data, a file, a folder or a hub id');
  }
  const files = await sourceOf(data, { offline, split: undefined, images: undefined }, io);
  using progress = new Progress(io, { label: 'reading problems', unit: 'rows' });
  const dataset = await openDataset(files, readingOptions({ offline }, io, progress));
  return {
    files,
    items: [...dataset].map(itemOfProblem),
    faults: dataset.findings.filter(({ action }) => action === 'drop'),
    hash: createHash('sha256').update(dataset.hash).digest('hex'),
  };
}
