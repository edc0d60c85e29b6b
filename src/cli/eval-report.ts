import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { reportMarkdown, reportPage, reportTable } from '#eval';
import type { Command, ExitCode } from './command.ts';
import { cardIn } from './eval-folder.ts';

const options = z.strictObject({
  scorer: z
    .enum(['official', 'verifier', 'reference'])
    .default('official')
    .describe('whose scores stand in the table'),
  html: z.string().optional().describe('file for the table as a page'),
  json: z.boolean().default(false).describe('the table as JSON'),
});

/** `vl-rethinker eval report RUN…` */
export const evalReport: Command<typeof options> = {
  name: 'eval report',
  summary: "results of evaluations as a table beside the paper's figures",
  positionals: '<folder>...',
  help: 'Folders that eval wrote; those of one model and prompt share a row. Published figures stand below, each with its source and version. Scores of different scorers, prompts or limits are not comparable: the cards say which they are.',
  options,
  async run({ options: given, positionals }, io): Promise<ExitCode> {
    const cards = [];
    for (const folder of positionals) cards.push(await cardIn(folder, io));
    const table = reportTable(cards, given.scorer);
    if (given.html !== undefined)
      await writeFile(resolve(io.cwd, given.html), reportPage(table, given.scorer));
    io.out(given.json ? `${JSON.stringify(table)}\n` : reportMarkdown(table, given.scorer));
    return 0;
  },
};
