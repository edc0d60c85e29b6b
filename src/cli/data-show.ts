import { z } from 'zod';

import { readProblems } from '#data';
import type { Problem, ReadRow } from '#data';
import { createProcessor, problemParts } from '#model/processor';
import { checkpointFolder } from './checkpoint-folder.ts';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { readingOptions, sourceOf, sourceOptions } from './data-source.ts';
import { didYouMean } from './nearest.ts';
import { Progress } from './progress.ts';

const options = z.strictObject({
  ...sourceOptions,
  model: z
    .string()
    .optional()
    .describe('checkpoint whose template, tokens and picture sizes to show'),
  template: z.string().default('default').describe('prompt template behind the question'),
  json: z.boolean().default(false).describe('one JSON document'),
});

type Options = z.output<typeof options>;

/** `vl-rethinker data show DATASET ID` */
export const dataShow: Command<typeof options> = {
  name: 'data show',
  summary: 'show one problem as the model will see it',
  positionals: '<dataset> <id>',
  help: 'The id, or # and the number of the row from 1: data show puzzles "#3". With --model the prompt is the one the checkpoint reads, with the grid and the tokens of each picture.',
  options,
  async run({ options: given, positionals: [name, id, ...more] }, io): Promise<ExitCode> {
    if (id === undefined || more.length > 0) throw new UsageError('expected a dataset and an id');
    const row = await find(name, id, given, io);
    const { problem } = row;
    if (problem === undefined) {
      const { asRead, findings } = row;
      if (given.json)
        io.out(`${JSON.stringify({ dropped: asRead ?? null, findings }, undefined, 2)}\n`);
      else if (asRead !== undefined) io.out(`${asRead.question}\nanswer ${asRead.answer}\n`);
      for (const { code, message } of findings) io.err(`${code}: ${message}\n`);
      return 1;
    }
    const shown = await view(problem, given, io);
    if (given.json)
      io.out(`${JSON.stringify({ ...shown, findings: row.findings }, undefined, 2)}\n`);
    else io.out(`${lines(shown, row).join('\n')}\n`);
    return 0;
  },
};

async function find(
  name: string | undefined,
  id: string,
  given: Options,
  io: Io,
): Promise<ReadRow> {
  const files = await sourceOf(name, given, io);
  const number = /^#(\d+)$/.exec(id)?.[1];
  const ids: string[] = [];
  using progress = new Progress(io, { label: 'looking', unit: 'rows' });
  let count = 0;
  for await (const rows of readProblems(files, readingOptions(given, io, progress))) {
    for (const row of rows) {
      count++;
      const own = row.problem?.id ?? row.findings.find((finding) => finding.id !== undefined)?.id;
      if (number === undefined ? own === id : count === Number(number)) return row;
      if (own !== undefined) ids.push(own);
    }
  }
  throw new UsageError(
    number === undefined
      ? `expected an id of ${count} problems, found ${id}${didYouMean(id, ids.slice(0, 20_000))}`
      : `expected a row of ${count}, found ${id}`,
  );
}

async function view(problem: Problem, { model, template }: Options, io: Io) {
  const { id, category, source, answer, options: choices, passRates } = problem;
  const about = { id, category, source, answer, options: choices, passRates };
  const pictures = problem.images.map((image) => ({
    place: typeof image.source === 'string' ? image.source : `${image.source.length} bytes`,
    hash: image.hash,
    width: image.width,
    height: image.height,
  }));
  if (model === undefined) {
    const { parts } = problemParts(problem, template);
    const prompt = parts.map((part) => (part.kind === 'text' ? part.text : '<image>')).join('');
    return { ...about, pictures, prompt };
  }
  const processor = await createProcessor(await checkpointFolder(model, io));
  await using _closing = processor;
  const { prompt } = processor.problemPrompt(problem, template);
  const sizes = prompt.chunks.flatMap((chunk) => (chunk.kind === 'image' ? [chunk] : []));
  const text = prompt.chunks.map((chunk) =>
    chunk.kind === 'tokens' ? processor.decode(chunk.ids, true) : `<${chunk.length} places>`,
  );
  const { patchSize } = processor.layout;
  return {
    ...about,
    pictures: pictures.map((picture, index) => {
      const grid = sizes[index]?.grid ?? { h: 0, w: 0 };
      const resized = { width: grid.w * patchSize, height: grid.h * patchSize };
      return { ...picture, resized, tokens: sizes[index]?.length ?? 0 };
    }),
    prompt: text.join(''),
    tokens: prompt.length,
  };
}

function lines(
  shown: Awaited<ReturnType<typeof view>>,
  { file, row, findings }: ReadRow,
): string[] {
  const { id, category, source, answer, options: choices, passRates, pictures, prompt } = shown;
  const rates = Object.entries(passRates ?? {}).map(([name, rate]) => `${name} ${rate}`);
  return [
    `${id}  ${file}:${row}`,
    `category   ${category === '' ? '(none)' : category}${source === undefined ? '' : `, ${source}`}`,
    `answer     ${answer}`,
    ...(choices === undefined ? [] : [`options    ${choices.join(' | ')}`]),
    ...(rates.length > 0 ? [`pass rate  ${rates.join(', ')}`] : []),
    ...pictures.map((picture) => {
      const resized =
        'resized' in picture
          ? `, seen as ${picture.resized.width} × ${picture.resized.height}, ${picture.tokens} tokens`
          : '';
      return `picture    ${picture.place}  ${picture.width} × ${picture.height}${resized}`;
    }),
    ...findings.map(({ code, message }) => `finding    ${code}: ${message}`),
    ...('tokens' in shown ? [`prompt     ${shown.tokens} tokens`] : ['prompt']),
    '',
    prompt,
  ];
}
