import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Assessed, CellResult, Job } from '#ablate';
import { AblationError, trainingOf } from '#ablate';
import { writePage } from '#report';
import { readRun } from '#run';
import { isComplete } from '../complete-run.ts';
import type { RunChild } from './child.ts';

/** What all cells of an ablation share. */
export interface Bench {
  readonly out: string;
  /** Folder of the base model, and the hash of its weights. */
  readonly model: string;
  readonly weights: string;
  /** `key=value`, over the settings of every cell. */
  readonly given: readonly string[];
  /** Problems drawn by code unless told, and their hash. */
  readonly pool: { readonly path: string; readonly hash: string } | undefined;
  readonly problems: number;
  readonly samples: number;
  readonly threads: number;
  readonly child: RunChild;
  readonly signal: AbortSignal;
}

/** Puzzles of the evaluation: the same for every cell and seed, never those of a training run. */
const evaluationSeed = 20_250_410;
/** Runs of an ablation are many; each keeps what resuming and evaluating need. */
const spare = ['checkpoint.keepLast=1', 'store.tokens=none'];

export function cellFolder({ out }: Pick<Bench, 'out'>, job: Pick<Job, 'id'>): string {
  return join(out, 'cells', job.id);
}

/** Later settings of the same key win. */
export function settingsOf(job: Job, given: readonly string[]): readonly string[] {
  const byKey = new Map<string, string>();
  for (const setting of [...spare, ...job.cell.settings, ...given]) {
    byKey.set(setting.split('=', 1)[0] ?? setting, setting);
  }
  return [...byKey.values()];
}

/** Hash of everything that decides the result of a job, its start included. */
export function fingerprintOf(job: Job, bench: Bench, start: string): string {
  const { weights, given, pool, problems, samples } = bench;
  const { preset } = job.cell;
  const settings = settingsOf(job, given);
  const facts = {
    preset,
    settings,
    seed: job.seed,
    start,
    weights,
    pool: pool?.hash ?? null,
    problems,
    samples,
  };
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

/** The result of a job that is done; undefined when there is none. */
export function finishedResult(
  job: Job,
  bench: Bench,
  fingerprint: string,
): CellResult | undefined {
  const path = join(cellFolder(bench, job), 'result.json');
  if (!existsSync(path)) return undefined;
  const found = read(path);
  if (found?.format === 1 && found.fingerprint === fingerprint) return found as CellResult;
  throw new AblationError(`${path} cannot be read; choose another --out, or move it away`);
}

/** Whether a cell was begun or measured under other settings or from another model. */
export function isOfOthers(job: Job, bench: Bench, fingerprint: string): boolean {
  const known = ['result.json', 'begun.json'].flatMap((name) => {
    const path = join(cellFolder(bench, job), name);
    const found = existsSync(path) ? read(path) : undefined;
    return found?.fingerprint ?? [];
  });
  return known.some((one) => one !== fingerprint);
}

function read(path: string): Partial<CellResult> | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<CellResult>;
  } catch {
    return undefined;
  }
}

/** Trains, or goes on training, then evaluates. Stopped at any moment, it goes on from there. */
export async function runCell(job: Job, bench: Bench, fingerprint: string): Promise<CellResult> {
  const folder = cellFolder(bench, job);
  const run = join(folder, 'run');
  writePage(join(folder, 'begun.json'), `${JSON.stringify({ fingerprint })}\n`);
  await train(job, bench, run);
  const assessed = await assessOf(join(run, 'last'), join(folder, 'log.txt'), bench);
  const { cell, seed } = job;
  const result: CellResult = {
    format: 1,
    cell: cell.name,
    seed,
    fingerprint,
    assessed,
    ...trainingOf(run),
  };
  writePage(join(folder, 'result.json'), `${JSON.stringify(result)}\n`);
  return result;
}

async function train(job: Job, bench: Bench, run: string): Promise<void> {
  const state = stateOf(run);
  if (state === 'finished') return;
  const { model, threads, pool, given, child, signal } = bench;
  const log = join(cellFolder(bench, job), 'log.txt');
  const common = ['--run', run, '--threads', String(threads), '--no-tensorboard'];
  if (state === 'begun') {
    await child({ args: ['train', '--resume', ...common], log, signal });
    return;
  }
  const start =
    job.after === undefined ? model : join(cellFolder(bench, { id: job.after }), 'run', 'last');
  const settings = settingsOf(job, given).flatMap((setting) => ['--set', setting]);
  const data = pool === undefined ? [] : ['--data', pool.path];
  const what = ['--preset', job.cell.preset, '--seed', String(job.seed), '--start', start];
  await child({ args: ['train', ...what, ...data, ...settings, ...common], log, signal });
}

/** A folder in which a run was being made when the power went is put aside, not deleted. */
function stateOf(run: string): 'none' | 'begun' | 'finished' {
  if (!existsSync(join(run, 'run.sqlite'))) return 'none';
  try {
    using reader = readRun(run);
    reader.head();
    return isComplete(run) ? 'finished' : 'begun';
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    let aside = `${run}.unreadable`;
    for (let more = 2; existsSync(aside); more++) aside = `${run}.unreadable-${more}`;
    renameSync(run, aside);
    return 'none';
  }
}

/** What a checkpoint can do, by a process of its own. */
export async function assessOf(model: string, log: string, bench: Bench): Promise<Assessed> {
  const { problems, samples, threads, child, signal } = bench;
  const numbers = { problems, n: samples, threads, seed: evaluationSeed };
  const options = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const out = await child({
    args: ['assess', '--model', model, ...options, '--json'],
    log,
    signal,
  });
  const last = out.trim().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(last) as Assessed;
  } catch (cause) {
    throw new Error(
      `assess: expected one JSON document, found ${JSON.stringify(last.slice(0, 80))}; its log is ${log}`,
      { cause },
    );
  }
}
