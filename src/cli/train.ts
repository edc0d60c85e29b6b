import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { explain } from '#rl';
import type { RunHead } from '#run';
import { readRun, RunError } from '#run';
import { UsageError } from './command.ts';
import type { Command, ExitCode, Io } from './command.ts';
import { puzzleCount } from './compose-data.ts';
import { planOf, presetOf, resumedPlan } from './train-config.ts';
import { trainRun } from './train-run.ts';

const options = z.strictObject({
  preset: z.string().optional().describe('named configuration; train --presets lists them'),
  set: z.array(z.string()).default([]).describe('key=value, any setting; may be repeated'),
  data: z
    .string()
    .optional()
    .describe('file, folder or hub id of the problems; "puzzles" draws them'),
  start: z.string().optional().describe('checkpoint folder or hub id to start from'),
  seed: z.number().int().min(0).optional().describe('root of every random draw'),
  run: z.string().optional().describe('folder of the run; runs/<preset> unless told'),
  resume: z.boolean().default(false).describe('go on with the run in that folder'),
  stopAfter: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('leave after so many iterations in all, with a checkpoint'),
  skipGate: z.boolean().default(false).describe('begin without the checks before the first step'),
  explain: z.boolean().default(false).describe('print the effective algorithm and every setting'),
  presets: z.boolean().default(false).describe('list the presets'),
  threads: z
    .number()
    .int()
    .min(0)
    .max(1024)
    .default(0)
    .describe('compute threads; 0 = as the run began, or one per core'),
  device: z.string().optional().describe('cpu, cuda:0, …; as the run began, or cpu'),
  tensorboard: z.boolean().default(true).describe('write TensorBoard files beside the run'),
  wandb: z
    .string()
    .optional()
    .describe('also log to this Weights & Biases project (needs the Python package wandb)'),
  json: z.boolean().default(false).describe('every event as one JSON document a line on stdout'),
});

export type TrainOptions = z.output<typeof options>;

/** `vl-rethinker train --preset NAME` */
export const trainCommand: Command<typeof options> = {
  name: 'train',
  summary: 'train by GRPO with Selective Sample Replay and Forced Rethinking; resume exactly',
  positionals: '',
  help: [
    'Before the first step everything is checked that can be known: settings, model, problems, and the gate (sampler and trainer agree, a rate of 0 changes nothing, microbatches and shared prompts do not matter, pictures are looked at, masks do what they say).',
    'Ctrl-C and SIGTERM save a checkpoint and leave; --resume goes on as if nothing had happened, also after kill -9. The folder keeps run.sqlite (inspect, export, diff), checkpoints/, best and last (links), validation/ and tensorboard/.',
    'vl-rethinker train --preset reasoner-tiny\nvl-rethinker train --preset rethinker-tiny --set rethink.q=0.5 --run runs/half\nvl-rethinker train --run runs/half --resume\nvl-rethinker train --preset rethinker --explain',
  ].join('\n\n'),
  options,
  async run({ options: given }, io): Promise<ExitCode> {
    if (given.presets) return listPresets(io);
    if (given.explain) return explained(given, io);
    const folder = folderOf(given, io);
    const exists = existsSync(join(folder, 'run.sqlite'));
    if (given.resume && !exists) {
      throw new RunError(`${folder}: expected a run to go on with, found none`);
    }
    if (!given.resume && exists) {
      throw new RunError(
        `${folder}: a run is there already; go on with --resume or choose another folder with --run`,
      );
    }
    demandWritable(folder);
    return trainRun(given, folder, io);
  },
};

/** Asked before anything is loaded; the folder itself is made when everything else is known to fit. */
function demandWritable(folder: string): void {
  let place = folder;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  const refuse = (what: string) => {
    throw new RunError(
      `cannot write a run to ${folder}: ${place} ${what}; choose another folder with --run`,
    );
  };
  if (!statSync(place).isDirectory()) refuse('is no folder');
  try {
    accessSync(place, constants.W_OK);
  } catch {
    refuse('cannot be written');
  }
}

function folderOf(given: TrainOptions, { cwd }: Io): string {
  return resolve(cwd, given.run ?? join('runs', runName(given)));
}

function runName({ preset }: TrainOptions): string {
  if (preset === undefined) throw new UsageError('expected --preset or, with --resume, --run');
  return presetOf(preset).name;
}

async function listPresets(io: Io): Promise<ExitCode> {
  const { presets } = await import('#configs');
  const { table } = await import('./table.ts');
  const rows = presets.map(({ name, summary, row }) => [name, summary, row ?? '']);
  const columns = [{ title: 'preset' }, { title: 'what it is' }, { title: 'row of the paper' }];
  io.out(`${table(columns, rows).join('\n')}\n`);
  return 0;
}

function explained(given: TrainOptions, io: Io): ExitCode {
  const {
    preset,
    config,
    given: keys,
  } = given.resume ? resumedPlan(headIn(folderOf(given, io)), given) : planOf(given);
  const problems = config.data.dataset === 'puzzles' ? puzzleCount(config) : undefined;
  const explaining = { preset, given: keys, ...(problems === undefined ? {} : { problems }) };
  if (given.json) io.out(`${JSON.stringify({ preset: preset.name, config })}\n`);
  else io.out(explain(config, explaining));
  return 0;
}

function headIn(folder: string): RunHead {
  using run = readRun(folder);
  return run.head();
}
