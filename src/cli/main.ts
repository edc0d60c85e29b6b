import { type CommandEntry, commands } from './commands.ts';
import { runProgram } from './program.ts';

/** Whether escape codes may go to this stream; `NO_COLOR` (no-color.org) and `TERM=dumb` forbid them. */
export function colorful(
  stream: { readonly isTTY?: boolean },
  { NO_COLOR, TERM }: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && (NO_COLOR ?? '') === '' && TERM !== 'dumb';
}

/** Undefined for a pipe; some terminals say that they have no columns at all. */
export function columnsBehind(stream: {
  readonly isTTY?: boolean;
  readonly columns?: number;
}): number | undefined {
  if (stream.isTTY !== true) return undefined;
  return stream.columns === undefined || stream.columns === 0 ? 80 : stream.columns;
}

/** A reader that went away (`| head`) ends the program without a word. */
function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
}

const stops = { SIGINT: 130, SIGTERM: 143 } as const;

/** The first Ctrl-C or SIGTERM asks the command to stop, the second ends the process. */
function stopOnSignal(): { readonly signal: AbortSignal; readonly code: () => number | undefined } {
  const controller = new AbortController();
  let code: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (code !== undefined) {
        process.removeAllListeners(name);
        process.kill(process.pid, name);
        return;
      }
      code = stops[name];
      if (process.stderr.isTTY) process.stderr.write('\nstopping; once more ends it at once\n');
      controller.abort(new DOMException('stopped by the user', 'AbortError'));
    });
  return { signal: controller.signal, code: () => code };
}

/** Runs the command line on this process: its arguments, streams and signals; sets the exit code. */
export async function main(
  args: readonly string[],
  entries: readonly CommandEntry[] = commands,
): Promise<void> {
  endQuietlyOnClosedPipe();
  const { signal, code } = stopOnSignal();
  const io = {
    out: (text: string) => void process.stdout.write(text),
    err: (text: string) => void process.stderr.write(text),
    color: { out: colorful(process.stdout), err: colorful(process.stderr) },
    get columns() {
      return columnsBehind(process.stderr); // asked anew each time: windows are resized
    },
    get outColumns() {
      return columnsBehind(process.stdout);
    },
    signal,
    cwd: process.cwd(),
  };
  const exit = await runProgram(args, io, entries);
  process.exitCode = code() ?? exit;
}

if (import.meta.main) await main(process.argv.slice(2));
