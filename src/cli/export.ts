import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { exportLines, readRun } from '#run';
import type { Command, ExitCode } from './command.ts';
import { UsageError } from './command.ts';

const options = z.strictObject({
  out: z.string().optional().describe('folder to write; <run>/export unless told'),
  force: z.boolean().default(false).describe('replace files that are there'),
  json: z.boolean().default(false).describe('the files and their lines, as one JSON document'),
});

/** `vl-rethinker export RUN` */
export const exportCommand: Command<typeof options> = {
  name: 'export',
  summary: 'write a run as JSON lines: events, metrics, problems, rollouts, attempts, uses',
  positionals: '<run>',
  options,
  async run(
    { options: { out, force, json }, positionals: [name, ...more] },
    io,
  ): Promise<ExitCode> {
    if (name === undefined || more.length > 0) throw new UsageError('expected one run folder');
    const folder = resolve(io.cwd, name);
    using run = readRun(folder);
    const target = resolve(io.cwd, out ?? join(folder, 'export'));
    if (existsSync(target) && !statSync(target).isDirectory()) {
      throw new UsageError(`${target}: expected a folder to write to, found a file`);
    }
    if (existsSync(target) && readdirSync(target).length > 0 && !force) {
      throw new UsageError(`${target} holds files; add --force to replace them`);
    }
    mkdirSync(target, { recursive: true });
    const files = new Map<string, { readonly handle: number; lines: number }>();
    try {
      for (const { file, line } of exportLines(run)) {
        io.signal.throwIfAborted();
        const open = files.get(file) ?? { handle: openSync(join(target, file), 'w'), lines: 0 };
        files.set(file, open);
        writeSync(open.handle, line);
        open.lines += 1;
      }
    } finally {
      for (const { handle } of files.values()) closeSync(handle);
    }
    if (json) {
      const written = Array.from(files, ([file, { lines }]) => ({ file, lines }));
      io.out(`${JSON.stringify({ folder: target, files: written })}\n`);
    } else
      for (const [file, { lines }] of files) io.err(`${lines} lines in ${join(target, file)}\n`);
    return 0;
  },
};
