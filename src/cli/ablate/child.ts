import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Another run of this program: what it is told, where its words go. */
export interface Child {
  readonly args: readonly string[];
  /** File that its stderr is appended to. */
  readonly log: string;
  readonly signal: AbortSignal;
}

/** Runs this program in a process of its own and gives back its stdout; tests pass fakes. */
export type RunChild = (child: Child) => Promise<string>;

/**
 * A crash, a memory kill or a full disk ends the child alone. An abort asks it to stop, which makes a
 * training run save a checkpoint.
 *
 * @throws Error with the last line that the child wrote, when it fails.
 */
export const runChild: RunChild = async ({ args, log, signal }) => {
  signal.throwIfAborted();
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, 'a');
  try {
    // A group of its own: Ctrl-C in the terminal reaches it once, through the signal below.
    const child = spawn(process.execPath, [...conditions(), program(), ...args], {
      stdio: ['ignore', 'pipe', file],
      detached: true,
    });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    process.once('exit', stop);
    try {
      let out = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => void (out += text));
      const code = await ended(child);
      signal.throwIfAborted();
      if (code === 0) return out;
      const how = typeof code === 'number' ? `exit code ${code}` : `killed by ${code}`;
      throw new Error(`${args[0] ?? ''} failed (${how}): ${lastLine(log)}; its log is ${log}`);
    } finally {
      signal.removeEventListener('abort', stop);
      process.removeListener('exit', stop);
    }
  } finally {
    closeSync(file);
  }
};

function ended(child: ReturnType<typeof spawn>): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'a signal'));
  });
}

/** The same program, from source or built. */
function program(): string {
  return fileURLToPath(new URL(`../main${extname(import.meta.filename)}`, import.meta.url));
}

function conditions(): readonly string[] {
  return process.execArgv.filter((arg) => arg.startsWith('--conditions'));
}

function lastLine(log: string): string {
  const lines = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const told = lines.findLast((line) => line.startsWith('vl-rethinker'));
  return (told ?? lines.at(-1) ?? 'it said nothing').slice(0, 500);
}
