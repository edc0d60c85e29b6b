import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Assessed, BlockTable, CellResult, Ended, Job } from '#ablate';
import { AblationError, ablationSets, chosenBlocks, jobsOf, runJobs, tableOf } from '#ablate';
import { closestWord } from '#rl';
import { baseOf } from './ablate/base.ts';
import type { Bench } from './ablate/cell-run.ts';
import { finishedResult, fingerprintOf, isOfOthers, runCell } from './ablate/cell-run.ts';
import type { RunChild } from './ablate/child.ts';
import { runChild } from './ablate/child.ts';
import { writePages } from './ablate/pages.ts';
import { makePool } from './ablate/pool.ts';
import { resultLines } from './ablate/result-lines.ts';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { weightsHash } from './compose.ts';
import { table } from './table.ts';
import { projectRoot } from './version.ts';

const options = z.strictObject({
  set: z.string().optional().describe('which ablation; --sets lists them'),
  sets: z.boolean().default(false).describe('list the ablations and their cells'),
  model: z
    .string()
    .default('assets/tiny-base')
    .describe('folder of the base that all cells start from'),
  seeds: z
    .number()
    .int()
    .min(1)
    .max(32)
    .optional()
    .describe('runs of every cell; as many as the set says unless told'),
  cells: z.string().optional().describe('comma-separated: only these, and what they start from'),
  jobs: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('cells trained at once, each in a process of its own'),
  threads: z.number().int().min(0).default(0).describe('compute threads of each; 0 = cores ÷ jobs'),
  with: z
    .array(z.string())
    .default([])
    .describe('key=value for every cell, as train --set; may be repeated'),
  problems: z.number().int().min(1).default(1000).describe('unseen puzzles of the evaluation'),
  samples: z
    .number()
    .int()
    .min(0)
    .max(64)
    .default(1)
    .describe('sampled responses to each, for waits and pass rate'),
  out: z.string().optional().describe('folder of the ablation; ablations/<set> unless told'),
  json: z.boolean().default(false).describe('the tables as one JSON document'),
});

type Options = z.output<typeof options>;

/** `vl-rethinker ablate --set NAME` */
export const ablateCommand: Command<typeof options> = ablateWith(runChild);

/** The command over another way to run children; tests pass fakes. */
export function ablateWith(child: RunChild): Command<typeof options> {
  return {
    name: 'ablate',
    summary:
      'train and evaluate variants over seeds: one table with intervals, the figures of the paper',
    positionals: '',
    help: [
      'Every cell at every seed is a training run and an evaluation on the same unseen puzzles, each in a process of its own. Cells of a block start from the same weights and get the same number of first answers and steps. Called again, it goes on where it stopped; what is finished is not run again. A cell that fails is told at the end and does not stop the others.',
      'The folder gets ablation.html, ablation.md and ablation.json, rewritten after every cell, and cells/<cell>/seed-<n>/ with the run, its log and its result.',
      'vl-rethinker ablate --set paper-tiny --seeds 3\nvl-rethinker ablate --set modes-tiny --cells grpo,ssr --jobs 2\nvl-rethinker ablate --sets',
    ].join('\n\n'),
    options,
    async run({ options: given }, io): Promise<ExitCode> {
      if (given.sets) return listSets(io);
      return ablate(given, io, child);
    },
  };
}

function listSets(io: Io): ExitCode {
  const rows = ablationSets.flatMap(({ name, summary, seeds, blocks }) => [
    [name, `${summary}; ${seeds} seeds`],
    ...blocks.flatMap(({ cells }) => cells.map((cell) => [`  ${cell.name}`, cell.title])),
  ]);
  io.out(`${table([{ title: 'set' }, { title: 'what it compares' }], rows).join('\n')}\n`);
  return 0;
}

function setNamed(name: string | undefined) {
  const names = ablationSets.map((set) => set.name);
  if (name === undefined) throw new UsageError(`--set must be given, one of ${names.join(', ')}`);
  const found = ablationSets.find((set) => set.name === name);
  if (found !== undefined) return found;
  const near = closestWord(name, names);
  throw new UsageError(
    `there is no ablation "${name}"; ${near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`}`,
  );
}

async function ablate(given: Options, io: Io, child: RunChild): Promise<ExitCode> {
  const set = setNamed(given.set);
  const seeds = given.seeds ?? set.seeds;
  const cells = (given.cells ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const blocks = chosenBlocks(set, { cells, seeds });
  const jobs = jobsOf(blocks, seeds);
  demandSet(outOf(given, set.name, io), set.name);
  const bench = await benchOf(given, set, { io, child });
  const fingerprints = fingerprintsOf(jobs, bench);
  const base = await baseOf(bench);
  io.err(`base: ${(100 * base.greedy.share).toFixed(1)} % of ${base.problems} right\n`);
  const facts = factsOf(given, bench, base);
  const results = finishedBefore(jobs, bench, fingerprints);
  const before = new Set(results.keys());
  const write = (ended: readonly Ended[]) => {
    const measured = jobs.flatMap(({ id }) => results.get(id) ?? []);
    const tables = tableOf(blocks, measured, ended);
    const unwritten = writePages({ out: bench.out, set, facts, base, tables, results: measured });
    return { tables, unwritten };
  };
  let done = 0;
  const ended = await runJobs(
    jobs,
    async (job) => {
      const fingerprint = fingerprints.get(job.id) ?? '';
      const begun = performance.now();
      const result = results.get(job.id) ?? (await runCell(job, bench, fingerprint));
      results.set(job.id, result);
      done += 1;
      const how = before.has(job.id)
        ? 'finished before'
        : `${((performance.now() - begun) / 1000).toFixed(0)} s`;
      io.err(
        `[${done}/${jobs.length}] ${job.id}: ${(100 * result.assessed.greedy.share).toFixed(1)} % (${how})\n`,
      );
      if (!before.has(job.id)) write([]);
    },
    { most: given.jobs, signal: io.signal },
  );
  return conclude({ ...write(ended), ended, given, bench, io });
}

/** Results that are there already, by job; told before anything is run when one cannot be read. */
function finishedBefore(
  jobs: readonly Job[],
  bench: Bench,
  fingerprints: ReadonlyMap<string, string>,
): Map<string, CellResult> {
  const found = jobs.flatMap((job): (readonly [string, CellResult])[] => {
    const result = finishedResult(job, bench, fingerprints.get(job.id) ?? '');
    return result === undefined ? [] : [[job.id, result]];
  });
  return new Map(found);
}

function outOf(given: Options, name: string, { cwd }: Io): string {
  return resolve(cwd, given.out ?? join('ablations', name));
}

/** The page of one set is not written over that of another. */
function demandSet(out: string, name: string): void {
  const path = join(out, 'ablation.json');
  if (!existsSync(path)) return;
  const found = /"set": "([^"]*)"/u.exec(readFileSync(path, 'utf8').slice(0, 200))?.[1];
  if (found === undefined || found === name) return;
  throw new AblationError(`${out} holds the ablation ${found}; choose another --out for ${name}`);
}

/**
 * Hashes of what decides the results, by job.
 *
 * @throws AblationError: some cells were begun otherwise, which is known before anything is run.
 */
function fingerprintsOf(jobs: readonly Job[], bench: Bench): ReadonlyMap<string, string> {
  const fingerprints = new Map<string, string>();
  for (const job of jobs) {
    const start = job.after === undefined ? '' : (fingerprints.get(job.after) ?? '');
    fingerprints.set(job.id, fingerprintOf(job, bench, start));
  }
  const others = jobs.filter((job) => isOfOthers(job, bench, fingerprints.get(job.id) ?? ''));
  if (others.length === 0) return fingerprints;
  const named = others.slice(0, 3).map(({ id }) => id);
  const more = others.length > named.length ? ', …' : '';
  throw new AblationError(
    `${bench.out}: ${others.length} of ${jobs.length} cells (${named.join(', ')}${more}) were begun ` +
      'with other settings or another model; give those again, choose another --out, or move the cells away',
  );
}

async function benchOf(
  given: Options,
  { name, pool }: (typeof ablationSets)[number],
  { io, child }: { readonly io: Io; readonly child: RunChild },
): Promise<Bench> {
  const places = [resolve(io.cwd, given.model), join(projectRoot, given.model)];
  const model = places.find((place) => existsSync(join(place, 'config.json')));
  if (model === undefined) {
    throw new UsageError(
      `--model: expected a checkpoint folder (config.json) at ${places[0]}, found none`,
    );
  }
  for (const setting of given.with) {
    if (!/^[^=\s]+=/u.test(setting))
      throw new UsageError(`--with: expected key=value, found "${setting}"`);
  }
  const cores = Math.max(1, Math.floor(availableParallelism() / given.jobs));
  const bench: Bench = {
    out: outOf(given, name, io),
    model,
    weights: weightsHash(model),
    given: given.with,
    pool: undefined,
    problems: given.problems,
    samples: given.samples,
    threads: given.threads === 0 ? cores : given.threads,
    child,
    signal: io.signal,
  };
  return pool === undefined ? bench : { ...bench, pool: await makePool(pool, bench) };
}

function factsOf(
  { problems, samples, with: settings }: Options,
  { weights }: Bench,
  base: Assessed,
): readonly string[] {
  const { greedy, forced } = base;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    `Base ${weights}: ${percent(greedy.share)} right of ${greedy.n}, greedy; ${percent(forced.share)} behind a trigger (${forced.fixed} fixed, ${forced.broken} broken).`,
    `Evaluation: ${problems} unseen puzzles, the same for every cell and seed, instruction default, no trigger; ${samples === 1 ? 'one sampled response' : `${samples} sampled responses`} to each at temperature 1. The last checkpoint of every run is evaluated, not the best.`,
    ...(settings.length === 0 ? [] : [`Settings given for every cell: ${settings.join(', ')}.`]),
  ];
}

function conclude({
  tables,
  unwritten,
  ended,
  given,
  bench,
  io,
}: {
  readonly tables: readonly BlockTable[];
  /** Why the page could not be written. */
  readonly unwritten: string | undefined;
  readonly ended: readonly Ended[];
  readonly given: Options;
  readonly bench: Bench;
  readonly io: Io;
}): ExitCode {
  const failed = ended.filter(({ failure }) => failure !== undefined);
  if (given.json) {
    const failures = failed.map(({ job, failure }) => ({ job: job.id, failure }));
    io.out(`${JSON.stringify({ set: given.set, out: bench.out, tables, failures })}\n`);
  } else {
    for (const { title, rows } of tables) {
      io.out(`${title}\n${resultLines(rows, io.columns).join('\n')}\n\n`);
    }
  }
  if (io.signal.aborted) io.err('stopped; the same command goes on from here\n');
  else for (const { job, failure } of failed) io.err(`FAILED ${job.id}: ${failure}\n`);
  if (!io.signal.aborted && failed.length > 0)
    io.err(`${failed.length} of ${ended.length} cells failed; the same command tries them again\n`);
  if (unwritten === undefined) io.err(`ablation: ${join(bench.out, 'ablation.html')}\n`);
  else io.err(`${unwritten}; what is measured is kept, the same command writes the page\n`);
  return failed.length > 0 || unwritten !== undefined ? 1 : 0;
}
