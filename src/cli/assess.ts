import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { openDataset } from '#data';
import { templateText } from '#model/processor';
import type { AskedProblem } from './assess/answers.ts';
import { assess } from './assess/assessment.ts';
import { assessmentText } from './assess/assessment-text.ts';
import { runAssessment, testPuzzles } from './assess/run-assessment.ts';
import { checkpointFolder } from './checkpoint-folder.ts';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { readingOptions, sourceOf, sourceOptions } from './data-source.ts';
import { Progress } from './progress.ts';

const options = z.strictObject({
  model: z.string().describe('checkpoint folder or hub id'),
  data: z
    .string()
    .default('puzzles')
    .describe('file, folder or hub id of problems; "puzzles" draws unseen ones'),
  ...sourceOptions,
  problems: z.number().int().min(1).default(1000).describe('how many'),
  n: z.number().int().min(0).max(1024).default(1).describe('sampled responses per problem'),
  temperature: z.number().gt(0).max(10).default(1).describe('of the samples'),
  template: z.string().default('default').describe('prompt template behind the question'),
  maxTokens: z.number().int().min(1).default(192).describe('of a response, of a continuation'),
  seed: z.number().int().min(0).default(0).describe('of puzzles, samples and triggers'),
  minPixels: z.number().int().min(1).optional().describe('area of a picture, at least'),
  maxPixels: z.number().int().min(1).optional().describe('area of a picture, at most'),
  threads: z.number().int().min(0).default(0).describe('compute threads; 0 = one per core'),
  device: z.string().default('cpu').describe('cpu, cuda:0, …'),
  items: z.string().optional().describe('file for one JSON line per problem'),
  json: z.boolean().default(false).describe('one JSON document on stdout'),
});
type Options = z.output<typeof options>;

/** `vl-rethinker assess --model DIR` */
export const assessCommand: Command<typeof options> = {
  name: 'assess',
  summary: 'how often a model is right, and what thinking again does: forced and by itself',
  positionals: '',
  help: [
    'Answers every problem greedily, appends a trigger to every answer that ended and lets it go on (forced rethinking), and draws --n samples. Tells accuracy with 95 % intervals, pass@1 and pass@n, how often the model waits by itself, and how many answers each kind of rethinking fixed and broke; by category and level.',
    'vl-rethinker assess --model assets/tiny-base --n 8\nvl-rethinker assess --model runs/rethinker-tiny/best --template rethink --json\nvl-rethinker assess --model DIR --data problems.jsonl --max-tokens 2048',
  ].join('\n\n'),
  options,
  async run({ options: given, positionals }, io): Promise<ExitCode> {
    if (positionals.length > 0) throw new UsageError('assess: expected options only');
    templateText(given.template);
    const problems = await problemsOf(given, io);
    const model = await folderOf(given.model, io);
    const { minPixels, maxPixels, n: samples, ...rest } = given;
    const answers = await runAssessment(
      {
        ...rest,
        ...(minPixels === undefined ? {} : { minPixels }),
        ...(maxPixels === undefined ? {} : { maxPixels }),
        samples,
        model,
        problems,
        folder: tmpdir(),
        label: 'asking',
      },
      io,
    );
    const assessment = assess(answers);
    if (given.items !== undefined) {
      const lines = answers.map((each) => `${JSON.stringify(each)}\n`).join('');
      writeFileSync(resolve(io.cwd, given.items), lines);
    }
    if (given.json) {
      const { template, data, seed, temperature, maxTokens } = given;
      const about = { model: given.model, data, template, seed, temperature, maxTokens };
      io.out(`${JSON.stringify({ ...about, ...assessment })}\n`);
    } else io.out(`${assessmentText(assessment).join('\n')}\n`);
    return 0;
  },
};

async function problemsOf(given: Options, io: Io): Promise<readonly AskedProblem[]> {
  if (given.data === 'puzzles') return testPuzzles(given.problems, given.seed);
  const files = await sourceOf(given.data, given, io);
  using progress = new Progress(io, { label: 'reading problems', unit: 'rows' });
  const dataset = await openDataset(files, readingOptions(given, io, progress));
  const problems = [...dataset].slice(0, given.problems);
  if (problems.length === 0) throw new UsageError(`${given.data}: expected problems, found none`);
  return problems.map((problem) => ({ problem, groups: [problem.category] }));
}

async function folderOf(model: string, io: Io): Promise<string> {
  const path = resolve(io.cwd, model);
  if (existsSync(path)) return path;
  if (/^(?:[./~]|runs\/|assets\/)/u.test(model)) {
    throw new UsageError(`--model: expected a checkpoint at ${path}, found nothing`);
  }
  return checkpointFolder(model, io);
}
