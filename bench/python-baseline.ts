import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PythonBaseline, Seconds } from './bench.ts';

/** Longest wait for a program to import what it needs, and for one answer. */
const patience = { startMs: 120_000, answerMs: 600_000 };

interface Answer {
  readonly id?: number;
  readonly ready?: boolean;
  readonly versions?: Readonly<Record<string, string>>;
  readonly value?: unknown;
  readonly error?: string;
}

/** `VL_PYTHON`, else `python3`, if it has these modules; otherwise a sentence that says what it lacks. */
export async function findPython(
  modules: readonly string[],
): Promise<{ readonly python: string } | { readonly lacking: string }> {
  const named = process.env['VL_PYTHON'] ?? '';
  const python = named === '' ? 'python3' : named;
  const code =
    'import importlib.util as u, sys; print(" ".join(m for m in sys.argv[1:] if u.find_spec(m) is None))';
  const asked = await output(python, ['-c', code, ...modules]);
  if (asked === undefined)
    return {
      lacking: `${python} ${named === '' ? 'is not on the PATH' : '(VL_PYTHON) does not start'}`,
    };
  const missing = asked.trim();
  return missing === ''
    ? { python }
    : { lacking: `${python} lacks ${missing.replaceAll(' ', ', ')}` };
}

function output(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? text : undefined));
  });
}

/** One line out, one line in: the pipe of `bench/python/protocol.py`. */
export class PythonProcess implements PythonBaseline, Disposable {
  versions: Readonly<Record<string, string>> = {};
  readonly #child: ReturnType<typeof spawn>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #ended: string | undefined;
  #complaint = '';
  #next = 1;

  private constructor(python: string, file: string) {
    this.#child = spawn(python, ['-u', file], { stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdout, stderr, stdin } = this.#child;
    if (stdout === null || stderr === null || stdin === null) throw new Error('internal: no pipes');
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-4000);
    });
    stdin.on('error', () => {}); // told below, when the process ends
    createInterface({ input: stdout }).on('line', (line) => this.#receive(line));
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', (code, signal) =>
      this.#end(`ended with ${signal ?? `status ${code}`}`),
    );
  }

  static async start(python: string, script: string): Promise<PythonProcess> {
    const file = fileURLToPath(new URL(`./python/${script}`, import.meta.url));
    if (!existsSync(file)) throw new Error(`bench/python/${script} is not there`);
    const started = new PythonProcess(python, file);
    const hello = await started.#answer(0, patience.startMs);
    started.versions = hello.versions ?? {};
    return started;
  }

  async call(name: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = this.#next++;
    this.#child.stdin?.write(`${JSON.stringify({ id, case: name, args })}\n`);
    const answer = await this.#answer(id, patience.answerMs);
    if (answer.error === undefined) return answer.value;
    throw new Error(`the Python case ${name} raised ${answer.error}\n${this.#complaint.trim()}`);
  }

  timer(name: string, args?: Readonly<Record<string, unknown>>): () => Promise<Seconds> {
    return async () => {
      const value = await this.call(name, args);
      if (isSeconds(value)) return value;
      throw new Error(
        `the Python case ${name} answered ${JSON.stringify(value)}; expected seconds`,
      );
    };
  }

  [Symbol.dispose](): void {
    this.#child.stdin?.end();
    this.#child.kill();
  }

  #receive(line: string): void {
    const answer = JSON.parse(line) as Answer;
    const id = answer.ready === true ? 0 : (answer.id ?? -1);
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }

  #end(how: string): void {
    this.#ended ??= `Python ${how}\n${this.#complaint.trim()}`;
    for (const tell of this.#waiting.values()) tell({ error: this.#ended });
    this.#waiting.clear();
  }

  #answer(id: number, withinMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(new Error(this.#ended));
      const timer = setTimeout(() => {
        reject(new Error(`Python did not answer within ${withinMs / 1000} s`));
      }, withinMs);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        if (id === 0 && answer.error !== undefined) reject(new Error(answer.error));
        else resolve(answer);
      });
    });
  }
}

function isSeconds(value: unknown): value is Seconds {
  if (typeof value === 'number') return Number.isFinite(value);
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => typeof each === 'number')
  );
}
