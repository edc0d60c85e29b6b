import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { runReport, writePage } from '#report';
import { closestWord } from '#rl';
import { listRuns, RunError } from '#run';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';

const options = z.strictObject({
  out: z
    .string()
    .optional()
    .describe('file to write; report.html in the run, or in this folder for several runs'),
  json: z.boolean().default(false).describe('where the report lies, as one JSON document'),
});

/** `vl-rethinker report RUN…` */
export const reportCommand: Command<typeof options> = {
  name: 'report',
  summary: 'write a run as one page: curves, tables, rollouts with pictures; several runs overlaid',
  positionals: '<run>...',
  help: [
    'The page is one file that needs no server and asks for nothing from anywhere. It shows curves, what changed from the base to the end on the same problems, and responses worth reading with their pictures. It can be written while the run goes on.',
    'vl-rethinker report runs/reasoner-tiny\nvl-rethinker report runs/reasoner-tiny runs/rethinker-tiny --out both.html',
  ].join('\n\n'),
  options,
  async run({ options: { out, json }, positionals }, io): Promise<ExitCode> {
    if (positionals.length === 0) throw new UsageError('expected one run folder or several');
    const folders = positionals.map((name) => runFolder(name, io));
    const [first = ''] = folders;
    const place =
      out === undefined
        ? join(folders.length === 1 ? first : io.cwd, 'report.html')
        : resolve(io.cwd, out);
    const page = await runReport(folders);
    io.signal.throwIfAborted();
    writePage(place, page);
    const bytes = Buffer.byteLength(page);
    if (json) io.out(`${JSON.stringify({ report: place, runs: folders, bytes })}\n`);
    else io.out(`${place}\n`);
    io.err(
      `report of ${folders.length} ${folders.length === 1 ? 'run' : 'runs'}, ${(bytes / 1e6).toFixed(1)} MB; open it in a browser\n`,
    );
    return 0;
  },
};

/** @throws RunError: not a run, with the nearest one. */
function runFolder(name: string, { cwd }: Io): string {
  const folder = resolve(cwd, name);
  if (existsSync(join(folder, 'run.sqlite'))) return folder;
  const near = nearest(folder, cwd);
  const hint = near === undefined ? '`vl-rethinker runs` lists them' : `did you mean ${near}?`;
  const found = existsSync(folder) ? 'none in it' : 'no such folder';
  throw new RunError(`${folder}: expected a run (run.sqlite), found ${found}; ${hint}`);
}

function nearest(folder: string, cwd: string): string | undefined {
  const inside = listRuns(folder);
  if (inside.length === 1) return named(inside[0]?.folder ?? '', cwd);
  const around = [join(folder, '..'), join(cwd, 'runs')].flatMap((root) => listRuns(root));
  const names = around.map((run) => named(run.folder, cwd));
  return closestWord(named(folder, cwd), names);
}

function named(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near.startsWith('..') ? path : near;
}

/** Writes the report of a run that has just ended; a report that fails does not make the run fail. */
export async function reportAtEnd(folder: string, { err }: Pick<Io, 'err'>): Promise<void> {
  const path = join(folder, 'report.html');
  try {
    writePage(path, await runReport([folder]));
    err(`report: ${path}\n`);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    err(`no report was written: ${text}; \`vl-rethinker report\` writes it again\n`);
  }
}
