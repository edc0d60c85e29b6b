import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/** How a command line ended, and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly pid: number;
  /** What it has written so far. */
  readonly out: () => string;
  readonly err: () => string;
  readonly kill: (signal: NodeJS.Signals) => boolean;
  readonly ended: Promise<Ended>;
}

interface Place {
  readonly cwd?: string;
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called whenever it has written something, with all it has written to both ends. */
  readonly heard?: (text: string) => void;
}

/** A test that fails or runs out of time leaves no process behind. */
const living = new Set<ChildProcess>();
process.once('exit', () => living.forEach((child) => child.kill('SIGKILL')));

/** Starts `vl-rethinker` in a process of its own, as a user does, on the sources. */
export function startCli(args: readonly string[], { cwd, env = {}, heard }: Place = {}): Running {
  const child = spawn(process.execPath, ['--conditions=source', program, ...args], {
    cwd,
    env: { ...process.env, ...env },
  });
  living.add(child);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    heard?.(out + err);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    heard?.(out + err);
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      living.delete(child);
      resolve({ code, out, err });
    });
  });
  const kill = (signal: NodeJS.Signals) => child.kill(signal);
  return { pid: child.pid ?? 0, out: () => out, err: () => err, kill, ended };
}

interface Ending extends Omit<Place, 'heard'> {
  readonly signal?: NodeJS.Signals;
  /** The signal is sent when this has been written, after so many milliseconds, or when this is done. */
  readonly when?: string | number | Promise<unknown>;
}

/** Runs `vl-rethinker` to its end, or sends it a signal on the way. */
export async function runCli(
  args: readonly string[],
  { signal = 'SIGTERM', when, ...place }: Ending = {},
): Promise<Ended> {
  let sent = false;
  const send = () => {
    if (!sent) sent = running.kill(signal);
  };
  const heard = (text: string) => {
    if (typeof when === 'string' && text.includes(when)) send();
  };
  const running = startCli(args, { ...place, heard });
  if (when instanceof Promise) void when.then(send);
  const timer = typeof when === 'number' ? setTimeout(send, when) : undefined;
  const found = await running.ended;
  clearTimeout(timer);
  return found;
}
