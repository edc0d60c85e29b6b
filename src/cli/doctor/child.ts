import { spawn } from 'node:child_process';
import type { Check } from './check.ts';

/** How a child process ended. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it was ended because it took too long. */
  readonly late: boolean;
}

/** Runs this Node on a file with a deadline; a crash of the child is a finding, not ours. */
export function runNode(
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [...process.execArgv, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      signal: options.signal,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const late = signal === 'SIGKILL' && performance.now() - started >= options.timeoutMs;
      resolve({ code, signal, stdout, stderr, late });
    });
  });
}

/** The finding of a child that did not end well. A late one says nothing about what it was to find. */
export function broken(
  name: string,
  { code, signal, stderr, late }: Outcome,
  advice: string,
): Check {
  const values = { code, signal };
  if (late) {
    const again = 'ask again when the machine is less busy';
    return { name, status: 'warn', measured: 'no answer in time', advice: again, values };
  }
  const how = signal === null ? `status ${code}` : signal;
  return { name, status: 'fail', measured: `${how}: ${complaint(stderr)}`, advice, values };
}

/** The last line that says something, for a table cell. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** What a failed program said: the line that names its error, else its last one. */
function complaint(text: string): string {
  return (/^\w*Error\b.*$/m.exec(text)?.[0] ?? lastLine(text)) || 'no output';
}
