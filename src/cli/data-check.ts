import { resolve } from 'node:path';

import { z } from 'zod';

import { Benchmarks, DatasetWriter, Summary, readProblems } from '#data';
import type { DatasetFiles, Finding, FindingCode, Problem, ReadRow } from '#data';
import type { Processor } from '#model/processor';
import { checkpointFolder } from './checkpoint-folder.ts';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { answerFault, readingOptions, sourceOf, sourceOptions } from './data-source.ts';
import { summaryLines } from './data-summary.ts';
import { Examples, examplesPage } from './data-examples.ts';
import { Progress } from './progress.ts';

const options = z.strictObject({
  ...sourceOptions,
  json: z.boolean().default(false).describe('one JSON document: summary and findings'),
  fix: z
    .string()
    .optional()
    .describe('folder for a cleaned copy, and the list of what left and why'),
  report: z
    .string()
    .optional()
    .describe('folder for summary.json, findings.jsonl and examples.html'),
  force: z.boolean().default(false).describe('replace what is in these folders'),
  model: z.string().optional().describe('checkpoint whose processor counts the tokens of prompts'),
  template: z.string().default('default').describe('prompt template behind the question'),
  maxPromptTokens: z.number().int().min(1).default(6144).describe('longer prompts are dropped'),
  against: z
    .array(z.string())
    .default([])
    .describe('evaluation set to compare with; may be repeated'),
  drop: z
    .array(z.enum(['benchmark_overlap', 'duplicate_content', 'choice_missing']))
    .default([])
    .describe('drop what is only listed otherwise; may be repeated'),
  decode: z
    .boolean()
    .default(true)
    .describe('decode every picture; without it only headers are read'),
  show: z.number().int().min(0).default(3).describe('findings shown for each code'),
});

type Options = z.output<typeof options>;

/** `vl-rethinker data check DIR_OR_ID` */
export const dataCheck: Command<typeof options> = {
  name: 'data check',
  summary: 'examine a dataset: faults by row, counts, duplicates, overlap; clean it',
  positionals: '<file, folder or hub id>',
  help: [
    'Reads every row and picture and says what is wrong with them, each finding with its code, its row and what is done about it. Exit code 1 when rows have to leave.',
    'vl-rethinker data check ViRL39K --against mathvision --fix clean\nvl-rethinker data check mine.jsonl --model checkpoint --report report',
  ].join('\n\n'),
  options,
  async run({ options: given, positionals: [name, ...more] }, io): Promise<ExitCode> {
    if (more.length > 0) throw new UsageError(`expected one dataset, found ${more[0]} as well`);
    const files = await sourceOf(name, given, io);
    await using processor = await processorOf(given.model, io);
    const benchmarks = await benchmarksOf(given, io);
    await using fixed = given.fix === undefined ? undefined : await folder(given.fix, given, io);
    await using report =
      given.report === undefined ? undefined : await folder(given.report, given, io);
    const check: Check = { given, io, files, processor, benchmarks, fixed, report };
    const { summary, findings, examples } = await examine(check);
    const whole = { dataset: name, ...summary };
    if (fixed !== undefined) {
      await fixed.addText('summary.json', `${JSON.stringify(whole, undefined, 2)}\n`);
      await fixed.finish();
    }
    if (report !== undefined) {
      await report.addText('summary.json', `${JSON.stringify(whole, undefined, 2)}\n`);
      await report.addText('examples.html', examplesPage(name ?? '', examples));
      await report.finish();
    }
    if (given.json) io.out(`${JSON.stringify({ summary: whole, findings }, undefined, 2)}\n`);
    else io.out(summaryLines(summary, findings, given.show).join('\n') + '\n');
    return summary.dropped > 0 ? 1 : 0;
  },
};

const folder = (path: string, { force }: Options, { cwd }: Io): Promise<DatasetWriter> =>
  DatasetWriter.create(resolve(cwd, path), force);

interface Check {
  readonly given: Options;
  readonly io: Io;
  readonly files: DatasetFiles;
  readonly processor: Processor | undefined;
  readonly benchmarks: Benchmarks | undefined;
  readonly fixed: DatasetWriter | undefined;
  readonly report: DatasetWriter | undefined;
}

async function examine(check: Check) {
  const { given, io, files, processor } = check;
  const summary = new Summary();
  const findings: Finding[] = [];
  const examples = new Examples();
  using progress = new Progress(io, { label: 'checking', unit: 'rows' });
  const counted =
    processor === undefined
      ? {}
      : {
          promptTokens: (problem: Problem) =>
            processor.problemPrompt(problem, given.template).prompt.length,
        };
  const reading = {
    ...readingOptions(given, io, progress),
    decode: given.decode,
    checkAnswer: answerFault,
    maxPromptTokens: given.maxPromptTokens,
    ...counted,
  };
  for await (const rows of readProblems(files, reading)) {
    for (const read of rows) {
      const row = withListed(read, check);
      summary.add(row);
      findings.push(...row.findings);
      await examples.add(row);
      await keep(row, check);
    }
  }
  return { summary: summary.result(), findings, examples };
}

/** The row with its overlap, and without its problem where a listed finding is to be dropped. */
function withListed(row: ReadRow, { given, benchmarks }: Check): ReadRow {
  const shared = row.problem && benchmarks?.overlap(row.problem);
  const { file, row: number, problem } = row;
  const place = { file, row: number, id: problem?.id };
  const overlap: Finding | undefined =
    shared === undefined
      ? undefined
      : { code: 'benchmark_overlap', action: 'list', ...place, message: `it shares ${shared}` };
  const dropping = new Set<FindingCode>(given.drop);
  const findings = [...row.findings, ...(overlap === undefined ? [] : [overlap])].map((finding) =>
    dropping.has(finding.code) ? { ...finding, action: 'drop' as const } : finding,
  );
  const dropped = findings.some(({ action }) => action === 'drop');
  return { ...row, findings, problem: dropped ? undefined : problem };
}

async function keep({ problem, findings }: ReadRow, { fixed, report }: Check): Promise<void> {
  for (const finding of findings) {
    await report?.addLine('findings.jsonl', finding);
    await fixed?.addLine(finding.action === 'drop' ? 'dropped.jsonl' : 'findings.jsonl', finding);
  }
  if (problem !== undefined) await fixed?.add('problems.jsonl', problem);
}

async function processorOf(model: string | undefined, io: Io): Promise<Processor | undefined> {
  if (model === undefined) return undefined;
  const { createProcessor } = await import('#model/processor');
  const wanted = /\.(json|jinja|txt)$/i;
  const include = (path: string) => wanted.test(path);
  return createProcessor(await checkpointFolder(model, io, { include }));
}

async function benchmarksOf(given: Options, io: Io): Promise<Benchmarks | undefined> {
  if (given.against.length === 0) return undefined;
  const benchmarks = new Benchmarks();
  for (const name of given.against) {
    const files = await sourceOf(name, { offline: given.offline }, io);
    for await (const rows of readProblems(files, { signal: io.signal })) {
      for (const { problem } of rows) if (problem !== undefined) benchmarks.add(problem, name);
    }
  }
  return benchmarks;
}
