import type { z } from 'zod';

/** Exit codes: fine, the thing asked for failed, used wrongly. */
export type ExitCode = 0 | 1 | 2;

/** What a command sees of the world; tests pass fakes. */
export interface Io {
  /** Data only. One string per call, newline included. */
  readonly out: (text: string) => void;
  /** Everything for people: progress, notes, errors. */
  readonly err: (text: string) => void;
  /** Whether escape codes may be written to `out` and to `err` (terminal, and `NO_COLOR` unset). */
  readonly color: { readonly out: boolean; readonly err: boolean };
  /** Columns of the terminal behind `err`; undefined when it is a pipe. */
  readonly columns: number | undefined;
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process. */
  readonly signal: AbortSignal;
  readonly cwd: string;
}

/** One member of the family: `vl-rethinker <name> [positionals] [--option value]`. */
export interface Command<Options extends z.ZodObject = z.ZodObject> {
  /** One word or two: `verify`, `data check`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Words after the name, e.g. `[cases.jsonl]`; empty when there are none. */
  readonly positionals: string;
  /** Paragraphs of `--help` after the usage line: what it reads, what it prints, examples. */
  readonly help?: string;
  /**
   * Strict object; keys are camelCase and appear as `--kebab-case`. `.describe()` is the help line,
   * `.default()` is shown, booleans are flags, arrays may be repeated.
   */
  readonly options: Options;
  run(
    input: { readonly options: z.output<Options>; readonly positionals: readonly string[] },
    io: Io,
  ): Promise<ExitCode>;
}

/** Used wrongly: printed without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
