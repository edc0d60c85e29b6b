import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { writePage } from '#report';
import { readRun, RunError } from '#run';
import type { Command, ExitCode, Io } from './command.ts';
import { isComplete } from './complete-run.ts';
import { weightsHash } from './compose.ts';
import { doctor } from './doctor.ts';
import { measured } from './quickstart/measured.ts';
import { nextCommands } from './quickstart/next-commands.ts';
import { courseLines, summaryLines, summaryOf } from './quickstart/summary.ts';
import type { Measurements, Summary } from './quickstart/summary.ts';
import { worthReading } from './quickstart/worth-reading.ts';
import { reportAtEnd } from './report.ts';
import { trainCommand } from './train.ts';
import { projectRoot } from './version.ts';

const options = z.strictObject({
  run: z.string().default('runs/quickstart').describe('folder of both runs and their figures'),
  start: z.string().default('assets/tiny-base').describe('checkpoint that stage 1 starts from'),
  problems: z.number().int().min(10).max(100_000).default(500).describe('unseen puzzles to ask'),
  set: z.array(z.string()).default([]).describe('key=value, a setting of both stages'),
  seed: z.number().int().min(0).default(0).describe('root of every random draw of training'),
  threads: z.number().int().min(0).default(0).describe('compute threads; 0 = one per core'),
  json: z.boolean().default(false).describe('the figures as one JSON document on stdout'),
});
type Options = z.output<typeof options>;

/** The whole way: a small vision-language model learns to reason, then to think again. */
export const quickstart: Command<typeof options> = {
  name: 'quickstart',
  summary: 'both stages on a small model, and what they taught it',
  positionals: '',
  help: [
    'Checks the machine, trains stage 1 (GRPO with Selective Sample Replay) and stage 2 (Forced Rethinking) from the small base model on puzzles drawn by code, asks the three checkpoints 500 puzzles that none has seen, and tells what changed.',
    'Interrupted and started again, it goes on where it was. Everything lies in one folder: stage-1/ and stage-2/ are runs like any other.',
  ].join('\n\n'),
  options,
  async run({ options: given }, io): Promise<ExitCode> {
    const folder = resolve(io.cwd, given.run);
    const base = startOf(given.start, io);
    const quiet = given.json ? { ...io, out: io.err } : io;
    const healthy = await doctor.run({ options: { json: false }, positionals: [] }, quiet);
    if (healthy !== 0) return healthy;
    demandSame(folder, { start: weightsHash(base), seed: given.seed, set: given.set });
    for (const stage of stagesOf(folder, base)) {
      const code = await trained(stage, given, io);
      if (code !== 0) return code;
    }
    const found = await measure(given, folder, base, io);
    const summary = summaryOf(found);
    if (given.json) io.out(`${JSON.stringify({ folder, ...summary })}\n`);
    else tell({ given, folder, found, summary, io });
    return 0;
  },
};

function startOf(name: string, io: Io): string {
  const here = [resolve(io.cwd, name), join(projectRoot, name)].find((path) => existsSync(path));
  if (here === undefined) throw new RunError(`expected a checkpoint at ${name}, found none`);
  return here;
}

/** What both stages are made with. */
interface Made {
  readonly start: string;
  readonly seed: number;
  readonly set: readonly string[];
}

/** @throws RunError: the folder was begun otherwise, and would go on as it was begun. */
function demandSame(folder: string, made: Made): void {
  const path = join(folder, 'quickstart.json');
  if (!existsSync(path)) {
    writePage(path, `${JSON.stringify(made)}\n`);
    return;
  }
  const before = JSON.parse(readFileSync(path, 'utf8')) as Made;
  const told: Readonly<Record<keyof Made, string>> = {
    start: 'another --start',
    seed: `--seed ${before.seed}`,
    set: before.set.length === 0 ? 'no --set' : before.set.map((one) => `--set ${one}`).join(' '),
  };
  const others = (['start', 'seed', 'set'] as const).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(made[key]),
  );
  if (others.length === 0) return;
  throw new RunError(
    `${folder} was begun with ${others.map((key) => told[key]).join(', ')}; ` +
      'give the same again, or choose another folder with --run',
  );
}

interface Stage {
  readonly title: string;
  readonly preset: string;
  readonly folder: string;
  readonly start: string;
}

function stagesOf(folder: string, base: string): readonly Stage[] {
  const [first, second] = [join(folder, 'stage-1'), join(folder, 'stage-2')];
  return [
    {
      title: 'stage 1: reasoning, by GRPO with Selective Sample Replay',
      preset: 'reasoner-tiny',
      folder: first,
      start: base,
    },
    {
      title: 'stage 2: thinking again, by Forced Rethinking',
      preset: 'rethinker-tiny',
      folder: second,
      start: join(first, 'best'),
    },
  ];
}

/** Trains a stage, or goes on with it; nothing is done where it is finished. */
async function trained(
  { title, preset, folder, start }: Stage,
  { seed, set, threads }: Options,
  io: Io,
): Promise<ExitCode> {
  const begun = existsSync(join(folder, 'run.sqlite'));
  if (begun && isComplete(folder)) {
    if (!existsSync(join(folder, 'report.html'))) await reportAtEnd(folder, io);
    return 0;
  }
  io.err(`\n${title}\n`);
  const fresh = { preset, start, seed, set };
  const given = { ...(begun ? { resume: true } : fresh), run: folder, threads };
  return trainCommand.run({ options: trainCommand.options.parse(given), positionals: [] }, io);
}

async function measure(
  { problems, threads }: Options,
  folder: string,
  base: string,
  io: Io,
): Promise<Measurements> {
  io.err(`\nasking the three checkpoints ${problems} puzzles that none has seen\n`);
  const of = (name: string, model: string) =>
    measured({ name, model, folder: join(folder, 'answers'), problems, threads }, io);
  return {
    base: await of('base', base),
    stage1: await of('stage-1', join(folder, 'stage-1', 'best')),
    stage2: await of('stage-2', join(folder, 'stage-2', 'best')),
  };
}

interface Told {
  readonly given: Options;
  readonly folder: string;
  readonly found: Measurements;
  readonly summary: Summary;
  readonly io: Io;
}

function tell({ given, folder, found, summary, io }: Told): void {
  using first = readRun(join(folder, 'stage-1'));
  using second = readRun(join(folder, 'stage-2'));
  const reading = worthReading(found, join(folder, 'pictures'));
  const lines = [
    '',
    ...courseLines('stage 1, iteration by iteration', first),
    ...courseLines('stage 2, iteration by iteration', second),
    '',
    ...summaryLines(summary),
    '',
    ...reading.lines,
    `both runs lie in ${given.run}; to try next:`,
    ...nextCommands(given.run, reading.shown, io.cwd).map((line) => `  ${line}`),
  ];
  io.out(`${lines.join('\n')}\n`);
}
