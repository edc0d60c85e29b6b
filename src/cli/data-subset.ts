import { resolve } from 'node:path';

import { z } from 'zod';

import { DatasetWriter, chooseSubset, openDataset } from '#data';
import type { Dataset, Problem, Subset } from '#data';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { answerFault, readingOptions, sourceOf, sourceOptions } from './data-source.ts';
import { readPassRates } from './pass-rates.ts';
import { Progress } from './progress.ts';
import { table } from './table.ts';

const options = z.strictObject({
  ...sourceOptions,
  out: z
    .string()
    .describe('folder to write: train.jsonl, validation.jsonl, images/, manifest.json'),
  force: z.boolean().default(false).describe('replace what is in the folder'),
  rule: z
    .array(z.string())
    .default([])
    .describe('such as "passrate:7B > 0"; all must hold; what was not measured does not'),
  passrates: z
    .array(z.string())
    .default([])
    .describe('NAME=FILE: JSON lines of id and passRate, measured elsewhere; may be repeated'),
  category: z.array(z.string()).default([]).describe('only this category; may be repeated'),
  excludeCategory: z.array(z.string()).default([]).describe('not this category; may be repeated'),
  withPictures: z.boolean().default(false).describe('leave out problems without a picture'),
  n: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('at most so many, in proportion to the categories'),
  fill: z
    .enum(['none', 'unmeasured'])
    .default('none')
    .describe('what fills up to n when too few pass the rules'),
  validation: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('problems held out first, in proportion; they share no picture with the rest'),
  seed: z.number().int().min(0).default(0).describe('of the cut and the validation'),
  json: z.boolean().default(false).describe('the manifest as JSON'),
});

type Options = z.output<typeof options>;

/** `vl-rethinker data subset DATASET --out DIR` */
export const dataSubset: Command<typeof options> = {
  name: 'data subset',
  summary: 'choose problems by pass rate, category and number; hold out a validation split',
  positionals: '<file, folder or hub id>',
  help: [
    'Rules first, then the validation, then the cut. The manifest lists ids, seed, rules, counts before and after each, and hashes; the same data and options give the same subset. A shortfall is reported, never filled unless asked.',
    'vl-rethinker data subset ViRL39K --out 7b-16k --rule "passrate:7B > 0" --n 16000 --validation 512\nvl-rethinker data subset ViRL39K --out mine-16k --passrates mine=rates.jsonl --rule "passrate:mine > 0" --n 16000',
  ].join('\n\n'),
  options,
  async run({ options: given, positionals: [name, ...more] }, io): Promise<ExitCode> {
    if (more.length > 0) throw new UsageError(`expected one dataset, found ${more[0]} as well`);
    const dataset = await open(name, given, io);
    const problems = await withRates([...dataset], given, io);
    const subset = chooseSubset(problems, {
      seed: given.seed,
      rules: given.rule,
      categories: given.category,
      excludedCategories: given.excludeCategory,
      withPictures: given.withPictures,
      ...(given.n === undefined ? {} : { count: given.n }),
      fillUnmeasured: given.fill === 'unmeasured',
      validation: given.validation,
    });
    await write(subset, given, io);
    const { manifest } = subset;
    if (given.json) io.out(`${JSON.stringify(manifest, undefined, 2)}\n`);
    else io.out(`${lines(subset).join('\n')}\n`);
    return 0;
  },
};

async function open(name: string | undefined, given: Options, io: Io): Promise<Dataset> {
  const files = await sourceOf(name, given, io);
  using progress = new Progress(io, { label: 'reading', unit: 'rows' });
  const reading = { ...readingOptions(given, io, progress), checkAnswer: answerFault };
  const dataset = await openDataset(files, reading);
  const dropped = dataset.findings.filter(({ action }) => action === 'drop').length;
  if (dropped > 0) progress.note(`${dropped} faults dropped rows; data check tells which`);
  return dataset;
}

async function withRates(
  problems: readonly Problem[],
  { passrates }: Options,
  io: Io,
): Promise<readonly Problem[]> {
  let rated = problems;
  for (const given of passrates) {
    const [name = '', file] = given.split(/=(.*)/s);
    if (file === undefined || file === '' || name === '') {
      throw new UsageError(`--passrates: expected NAME=FILE, found ${given}`);
    }
    const rates = await readPassRates(resolve(io.cwd, file));
    rated = rated.map((problem) => {
      const rate = rates.get(problem.id);
      if (rate === undefined) return problem;
      return { ...problem, passRates: { ...problem.passRates, [name]: rate } };
    });
  }
  return rated;
}

async function write(
  { train, validation, manifest }: Subset,
  given: Options,
  io: Io,
): Promise<void> {
  await using writer = await DatasetWriter.create(resolve(io.cwd, given.out), given.force);
  for (const problem of train) await writer.add('train.jsonl', problem);
  for (const problem of validation) await writer.add('validation.jsonl', problem);
  const { passrates, rule, category, excludeCategory, withPictures, n, fill } = given;
  const asked = { rule, passrates, category, excludeCategory, withPictures, n: n ?? null, fill };
  const whole = { ...manifest, options: { ...asked, validation: given.validation } };
  await writer.addText('manifest.json', `${JSON.stringify(whole, undefined, 2)}\n`);
  await writer.finish();
}

function lines({ train, validation, manifest }: Subset): readonly string[] {
  const rows = manifest.steps.map(({ rule, before, after }) => [
    rule,
    String(before),
    String(after),
  ]);
  const number = { align: 'right' as const };
  const steps = table(
    [{ title: 'step' }, { title: 'before', ...number }, { title: 'after', ...number }],
    rows,
  );
  const { shortfall } = manifest;
  return [
    ...(rows.length > 0 ? steps : []),
    `train ${train.length}  ${manifest.train.hash}`,
    ...(validation.length > 0
      ? [`validation ${validation.length}  ${manifest.validation.hash}`]
      : []),
    ...(shortfall > 0 ? [`${shortfall} fewer than asked for`] : []),
  ];
}
