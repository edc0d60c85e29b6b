import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { locateDataset } from '#data';
import type { DatasetFiles } from '#data';
import { benchmarkOf, benchmarks, EvalError, holdsItems, problems } from '#eval';
import type { Benchmark, ItemFault } from '#eval';
import { UsageError } from './command.ts';
import type { Io } from './command.ts';
import { didYouMean } from './nearest.ts';

/** The benchmark of an option, or `problems`. Throws `UsageError` naming those there are. */
export function benchmarkNamed(name: string): Benchmark {
  if (name === problems.name) return problems;
  try {
    return benchmarkOf(name);
  } catch (error) {
    if (error instanceof EvalError) {
      const known = [...benchmarks, problems].map((each) => each.name);
      const rest = `${error.message}${didYouMean(name, known)}`;
      throw new UsageError(`--benchmark: ${rest}; problems are those of any dataset`);
    }
    throw error;
  }
}

/** The files of a benchmark: a local file or folder in its published layout, else the hub. */
export async function benchmarkFiles(
  benchmark: Benchmark,
  {
    data,
    offline,
    pictures,
  }: { readonly data?: string | undefined; readonly offline: boolean; readonly pictures: boolean },
  io: Io,
): Promise<DatasetFiles> {
  const hub = {
    include: (path: string) =>
      holdsItems(benchmark, path) ||
      (pictures && /(^|\/)(images?|data)\.zip$/i.test(path) && benchmark.name === 'megabench'),
    signal: io.signal,
    ...(offline ? { offline } : {}),
  };
  if (data === undefined) return locateDataset(benchmark.hub, { hub });
  const path = resolve(io.cwd, data);
  const exists = (await stat(path).catch(() => undefined)) !== undefined;
  return locateDataset(exists ? path : data, { hub });
}

const SHOWN = 10;

/** Tells of rows that could not be used, the first ones by name. */
export function tellFaults(what: string, faults: readonly ItemFault[], io: Io): void {
  if (faults.length === 0) return;
  io.err(`${faults.length} ${what}:\n`);
  for (const { file, row, id, message } of faults.slice(0, SHOWN))
    io.err(`  ${file} row ${row}${id === undefined ? '' : ` (${id})`}: ${message}\n`);
  if (faults.length > SHOWN) io.err(`  and ${faults.length - SHOWN} more\n`);
}
