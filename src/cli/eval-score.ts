import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { locateDataset } from '#data';
import {
  EvalError,
  readResponses,
  scoreDocument,
  scoreItemLine,
  scoreMarkdown,
  scoreResponses,
} from '#eval';
import type { ScoreReport } from '#eval';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { itemsOf } from './eval-items.ts';
import { benchmarkNamed, tellFaults } from './eval-source.ts';

const options = z.strictObject({
  benchmark: z
    .string()
    .describe('whose rules score: mathvision, mmmu-pro, mmmu, mathvista, emma, …'),
  data: z
    .string()
    .optional()
    .describe(
      "file, folder or hub id with the benchmark's items; not needed where responses repeat them",
    ),
  responses: z.string().describe('file or folder of responses'),
  json: z.boolean().default(false).describe('one JSON document'),
  items: z.string().optional().describe('file for one JSON line per item'),
  offline: z.boolean().default(false).describe('uses the cache of the hub only'),
});

type Options = z.output<typeof options>;

/** `vl-rethinker eval score`: responses from anywhere, scored by the official rules. */
export const evalScore: Command<typeof options> = {
  name: 'eval score',
  summary: "score responses from anywhere by a benchmark's official rules",
  positionals: '',
  help: [
    'Responses are JSON lines with id and response, or outputs as MATH-V, MMMU-Pro, MMMU, MathVista and EMMA publish them: lines, arrays or objects by id, a folder of such files included. Text that an official extractor found (model_answer, extraction) is used by the official scorer where it is there.',
    'Three scorers: official is the rule of the benchmark, verifier is strict, reference is the rule of the paper’s code. Requests that failed and items without a response are counted apart and never as wrong.',
  ].join('\n\n'),
  options,
  async run({ options: given, positionals }, io): Promise<ExitCode> {
    if (positionals.length > 0) throw new UsageError('expected options only');
    const benchmark = benchmarkNamed(given.benchmark);
    const report = await scored(given, io);
    if (given.items !== undefined) {
      const lines = report.scored
        .map((each) => `${JSON.stringify(scoreItemLine(each))}\n`)
        .join('');
      await writeFile(resolve(io.cwd, given.items), lines);
    }
    tellFaults('rows that could not be used', report.faults, io);
    if (given.json) io.out(`${JSON.stringify(scoreDocument(benchmark, report))}\n`);
    else io.out(scoreMarkdown(benchmark, report));
    return report.faults.length > 0 ? 1 : 0;
  },
};

async function scored(given: Options, io: Io): Promise<ScoreReport> {
  const benchmark = benchmarkNamed(given.benchmark);
  try {
    const { files, root } = await locateDataset(resolve(io.cwd, given.responses));
    const responses = await readResponses(files, root, benchmark);
    const contained =
      given.data === undefined && responses.responses.some(({ value }) => 'answer' in value);
    if (contained) return scoreResponses(benchmark, responses, undefined);
    const { items, faults } = await itemsOf(benchmark, { ...given, pictures: false }, io);
    tellFaults('rows of the data that could not be used', faults, io);
    return scoreResponses(benchmark, responses, items);
  } catch (error) {
    if (error instanceof EvalError) throw new UsageError(error.message);
    throw error;
  }
}
