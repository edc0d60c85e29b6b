import { runProgram } from '../program.ts';
import type { ProgramIo } from '../program.ts';

/** How a command line ended, and what it wrote. */
export interface EndedHere {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Here {
  readonly cwd: string;
  readonly signal?: AbortSignal;
  /** Characters of a line; unlimited unless told. */
  readonly columns?: number;
  /** The program's own unless told. */
  readonly commands?: Parameters<typeof runProgram>[2];
}

/** Runs `vl-rethinker` inside the process of the tests. */
export async function runHere(
  args: readonly string[],
  { cwd, columns, commands, signal = new AbortController().signal }: Here,
): Promise<EndedHere> {
  const said = { out: '', err: '' };
  const io: ProgramIo = {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    color: { out: false, err: false },
    columns,
    outColumns: columns,
    signal,
    cwd,
  };
  const code = await runProgram(args, io, commands);
  return { code, ...said };
}
