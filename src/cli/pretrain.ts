import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { z } from 'zod';

import type { ModelConfig, QwenVL } from '#model';
import type { Processor } from '#model/processor';
import type { PretrainProgress, Recipe, Resumption } from '#pretrain';

import { type Command, type ExitCode, type Io, UsageError } from './command.ts';
import { sourceOptions } from './data-source.ts';
import { Progress } from './progress.ts';

const options = z.strictObject({
  out: z.string().describe('folder of the new checkpoint'),
  preset: z
    .enum(['tiny-base'])
    .optional()
    .describe('make a base model from nothing by this recipe'),
  scale: z
    .number()
    .positive()
    .default(1)
    .describe('with --preset: multiplies the steps of every part; 0.01 for a trial'),
  model: z.string().optional().describe('with --data: checkpoint folder or hub id to start from'),
  data: z.string().optional().describe('file, folder or hub id of problems with responses'),
  ...sourceOptions,
  template: z.string().default('default').describe('prompt template behind the question'),
  epochs: z.number().positive().default(1).describe('passes through the problems'),
  batch: z.number().int().min(1).default(32).describe('problems of an optimizer step'),
  rate: z.number().positive().default(1e-5).describe('highest learning rate'),
  warmup: z.number().min(0).max(1).default(0.03).describe('share of the steps that warm up'),
  weightDecay: z.number().min(0).default(0).describe('of AdamW'),
  microbatchTokens: z
    .number()
    .int()
    .min(1)
    .default(8192)
    .describe('tokens that forward and backward hold at once'),
  trainVision: z.boolean().default(true).describe('the vision tower learns'),
  gradientCheckpointing: z.boolean().default(false).describe('recompute activations: less memory'),
  minPixels: z.number().int().min(1).optional().describe('area of a picture, at least'),
  maxPixels: z.number().int().min(1).optional().describe('area of a picture, at most'),
  dtype: z.enum(['f32', 'bf16']).default('f32').describe('arithmetic; weights stay f32'),
  threads: z.number().int().min(0).default(0).describe('compute threads; 0 = one per core'),
  device: z.string().default('cpu').describe('cpu, cuda:0, …'),
  seed: z.number().int().min(0).default(1).describe('root of all chance'),
  force: z.boolean().default(false).describe('replace a folder that exists'),
  json: z.boolean().default(false).describe('one JSON line per report on stdout'),
});
export type PretrainOptions = z.output<typeof options>;
type Options = PretrainOptions;

interface Report {
  readonly part: string;
  readonly step: number;
  readonly [name: string]: number | string;
}

/** Draws steps as a bar and passes every fiftieth on as data. */
async function follow<Step extends { readonly step: number }>(
  steps: Iterable<Step>,
  about: {
    readonly part: string;
    readonly total: number;
    readonly describe: (step: Step) => Report;
  },
  { io, json }: { readonly io: Io; readonly json: boolean },
): Promise<void> {
  using progress = new Progress(io, { label: about.part, total: about.total, unit: 'steps' });
  for (const step of steps) {
    const report = about.describe(step);
    const { part: _part, step: _step, ...figures } = report;
    const detail = Object.entries(figures).map(
      ([name, value]) => `${name} ${typeof value === 'number' ? value.toFixed(3) : value}`,
    );
    progress.update(step.step + 1, detail.join(' '));
    if (json && (step.step % 50 === 49 || step.step === 0)) io.out(`${JSON.stringify(report)}\n`);
    await new Promise((done) => setImmediate(done)); // lets Ctrl-C in
    if (io.signal.aborted) {
      progress.end('stopped');
      io.signal.throwIfAborted();
    }
  }
  progress.end();
}

function scaled<S extends { readonly steps: number; readonly warmup: number }>(
  schedule: S,
  scale: number,
): S {
  const steps = Math.max(2, Math.round(schedule.steps * scale));
  return { ...schedule, steps, warmup: Math.min(schedule.warmup, Math.ceil(steps / 10)) };
}

/** The files of the checkpoint but its weights, in `folder`. */
async function writeFiles(folder: string, recipe: Recipe, seed: number): Promise<void> {
  const { tokenizerTexts, trainBytePairs, wordPattern, writeCheckpointFiles } =
    await import('#pretrain');
  const { templateText } = await import('#model/processor');
  const { paperTriggers, triggers } = await import('#rl');
  const phrases = [
    ...['default', 'rethink'].map((name) => templateText(name)),
    ...paperTriggers.map((id) => triggers[id]),
    'system\nYou are a helpful assistant.\nuser\nassistant\n',
  ];
  const texts = tokenizerTexts(recipe.tokenizerPuzzles, `tokenizer-${seed}`, phrases);
  const pairs = trainBytePairs(texts, new RegExp(wordPattern, 'gu'), recipe.merges);
  writeCheckpointFiles(folder, pairs, recipe.sizes);
}

interface Training {
  readonly model: QwenVL;
  readonly processor: Processor;
  readonly recipe: Recipe;
  readonly options: Options;
  readonly io: Io;
}

/** What identifies the model that is being made. */
function recipeName({ preset, seed, scale }: Options): string {
  return `${preset} seed ${seed} scale ${scale}`;
}

/** Steps between two saves of the progress. */
const saveEvery = 500;

async function openEyes({ model, processor, recipe, options: given, io }: Training): Promise<void> {
  const { balance, trainEyes } = await import('#pretrain');
  const schedule = scaled(recipe.eyes.schedule, given.scale);
  const seed = `eyes-${given.seed}`;
  await follow(
    trainEyes(model, processor.layout, { ...recipe.eyes, schedule, seed }),
    {
      part: 'eyes',
      total: schedule.steps,
      describe: ({ step, loss, right }) => ({ part: 'eyes', step, loss, ...right }),
    },
    { io, json: given.json },
  );
  balance(model, processor.layout, { seed, size: 0.4, words: 0.1 });
}

async function trainAll(training: Training, progress: PretrainProgress): Promise<void> {
  const { model, recipe, options: given } = training;
  const name = recipeName(given);
  const found = progress.find(name);
  if (found === undefined) {
    await openEyes(training);
    progress.save({ recipe: name, part: 0, step: 0 }, model, undefined);
  } else {
    training.io.err(`going on with part ${found.part + 1} at step ${found.step}\n`);
    progress.restore(model);
  }
  const mark = found ?? { part: 0, step: 0 };
  for (let index = mark.part; index < recipe.parts.length; index++) {
    const read = index === mark.part && mark.step > 0 ? progress.moments() : undefined;
    const from = read === undefined ? undefined : { step: mark.step, read };
    await trainPart(training, index, { progress, from });
  }
}

async function trainPart(
  { model, processor, recipe, options: given, io }: Training,
  index: number,
  {
    progress,
    from,
  }: { readonly progress: PretrainProgress; readonly from: Resumption | undefined },
): Promise<void> {
  const { trainSupervised } = await import('#pretrain');
  const { triggers } = await import('#rl');
  const { createSeed } = await import('#run');
  const part = recipe.parts[index];
  if (part === undefined) throw new Error('internal: no such part');
  const maker = { processor, seed: createSeed(given.seed).at('pretrain'), triggers };
  const schedule = scaled(part.schedule, given.scale);
  const label = `part ${index + 1}`;
  const mark = { recipe: recipeName(given), part: index };
  await follow(
    trainSupervised(model, maker, { ...part, schedule }, from),
    {
      part: label,
      total: schedule.steps,
      describe: ({ step, loss, hints, gradNorm, tokens, optimizers }) => {
        if (step % saveEvery === saveEvery - 1)
          progress.save({ ...mark, step: step + 1 }, model, optimizers);
        return { part: label, step, loss, hints, gradNorm, tokens };
      },
    },
    { io, json: given.json },
  );
  progress.save({ ...mark, part: index + 1, step: 0 }, model, undefined);
}

async function makeBase(given: Options, io: Io): Promise<ExitCode> {
  const { initialModel, PretrainProgress, tinyBase } = await import('#pretrain');
  const { parseConfig, saveModel } = await import('#model');
  const { createProcessor } = await import('#model/processor');
  const aside = mkdtempSync(join(tmpdir(), 'pretrain-'));
  const started = performance.now();
  try {
    await writeFiles(aside, tinyBase, given.seed);
    const config: ModelConfig = parseConfig(
      JSON.parse(readFileSync(join(aside, 'config.json'), 'utf8')),
    );
    await using processor = await createProcessor(aside);
    using model = initialModel(config, given.seed);
    const progress = new PretrainProgress(`${given.out}.progress`);
    await trainAll({ model, processor, recipe: tinyBase, options: given, io }, progress);
    saveModel(given.out, model.parameters, { source: aside, dtype: 'f32' });
    const minutes = (performance.now() - started) / 60_000;
    writeFileSync(
      join(given.out, 'training.json'),
      `${JSON.stringify({ preset: given.preset, seed: given.seed, scale: given.scale, minutes })}\n`,
    );
    progress.remove();
    io.err(`wrote ${given.out} after ${minutes.toFixed(1)} minutes\n`);
    return 0;
  } catch (error) {
    const saved = `${given.out}.progress`;
    if (io.signal.aborted)
      io.err(
        existsSync(saved)
          ? `${saved} holds the last save; the same command goes on there\n`
          : 'nothing was saved yet\n',
      );
    throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** `vl-rethinker pretrain` */
export const pretrain: Command<typeof options> = {
  name: 'pretrain',
  summary: 'supervised learning on written responses, or a small base model from nothing',
  positionals: '',
  help: [
    'With --model and --data: teaches a checkpoint to write the responses of a dataset (its column response, see docs/data-format.md) before RL begins.',
    'With --preset: makes a small base model. A tokenizer learnt from the texts of puzzles, a vision tower taught to tell what each place of a picture shows, then supervised training on written solutions.',
    'The result is a checkpoint folder like any other. Interrupted and started again, both go on from their last save, in the folder OUT.progress.',
    'vl-rethinker pretrain --model Qwen/Qwen2.5-VL-3B-Instruct --data written.jsonl --out warm --rate 5e-6\nvl-rethinker pretrain --preset tiny-base --out base',
  ].join('\n\n'),
  options,
  async run({ options: given, positionals }, io) {
    if (positionals.length > 0) throw new UsageError('pretrain: expected options only');
    const { out, preset, model, data } = given;
    if ((preset === undefined) === (data === undefined)) {
      throw new UsageError(
        'expected --preset (a base model from nothing) or --model with --data (written responses), ' +
          `found ${preset === undefined ? 'neither' : 'both'}`,
      );
    }
    const folder = resolve(io.cwd, out);
    if (existsSync(folder) && !given.force) {
      throw new UsageError(`${out} exists; choose another folder or pass --force`);
    }
    if (data === undefined) return await makeBase({ ...given, out: folder }, io);
    if (model === undefined) {
      throw new UsageError('expected --model, the checkpoint to start from, found none');
    }
    const { learnResponses } = await import('./pretrain-responses.ts');
    return await learnResponses({ ...given, out: folder, model, data }, io);
  },
};
