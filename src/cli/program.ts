import { type Command, type ExitCode, type Io, UsageError } from './command.ts';
import { type CommandEntry, commands } from './commands.ts';

import { didYouMean } from './nearest.ts';
import { type HelpIo, programHelp } from './program-help.ts';
import { paint } from './text.ts';

/** What the program needs beyond what a command sees. */
export interface ProgramIo extends Io {
  /** Columns of the terminal behind `out`; undefined when it is a pipe. */
  readonly outColumns: number | undefined;
}

const defaultWidth = 80;
const widest = 100;

function helpIo(io: ProgramIo): HelpIo {
  return { color: io.color, width: Math.min(io.outColumns ?? defaultWidth, widest) };
}

/**
 * Runs `vl-rethinker` with these words.
 * @returns 0 fine, 1 what was asked failed, 2 used wrongly
 */
export async function runProgram(
  args: readonly string[],
  io: ProgramIo,
  entries: readonly CommandEntry[] = commands,
): Promise<ExitCode> {
  let name = '';
  try {
    const own = await ownOption(args, io, entries);
    if (own !== undefined) return own;
    const { entry, rest } = findCommand(args, entries);
    name = entry.name;
    return await runCommand(await entry.load(), rest, io);
  } catch (error) {
    return fail(error, { name, json: asksForJson(args) }, io);
  }
}

/** `--help`, `--version`, `help <command>`, and nothing at all. */
async function ownOption(
  args: readonly string[],
  io: ProgramIo,
  entries: readonly CommandEntry[],
): Promise<ExitCode | undefined> {
  const [first, ...rest] = args;
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    io.out(programHelp(entries, helpIo(io)));
    return 0;
  }
  if (first === undefined) {
    io.err(programHelp(entries, { ...helpIo(io), color: { ...io.color, out: io.color.err } }));
    return 2;
  }
  if (first === 'help') {
    const { entry } = findCommand(rest, entries);
    const { commandHelp } = await import('./help.ts');
    io.out(commandHelp(await entry.load(), helpIo(io)));
    return 0;
  }
  if (first === '--version' || first === '-V') {
    const { versionOf } = await import('./version.ts');
    const found = versionOf();
    const commit = found.commit === null ? '' : `commit ${found.commit}, `;
    const text = `vl-rethinker ${found.version} (${commit}Node ${found.node})`;
    io.out(`${rest.includes('--json') ? JSON.stringify(found) : text}\n`);
    return 0;
  }
  if (first.startsWith('-'))
    throw new UsageError(
      `unknown option ${first}${didYouMean(first.replace(/^-+/, ''), ['help', 'version'], '--')}`,
    );
  return undefined;
}

/** The command that the first one or two words name. */
function findCommand(
  args: readonly string[],
  entries: readonly CommandEntry[],
): { readonly entry: CommandEntry; readonly rest: readonly string[] } {
  const [first = '', second = ''] = args;
  const long = entries.find(({ name }) => name === `${first} ${second}`);
  if (long !== undefined) return { entry: long, rest: args.slice(2) };
  const short = entries.find(({ name }) => name === first);
  if (short !== undefined) return { entry: short, rest: args.slice(1) };

  const family = entries.filter(({ name }) => name.startsWith(`${first} `));
  if (family.length > 0)
    throw new UsageError(
      `${first} needs a second word: ${family.map(({ name }) => name.slice(first.length + 1)).join(', ')}`,
    );
  const names = entries.map(({ name }) => name);
  throw new UsageError(`unknown command ${JSON.stringify(first)}${didYouMean(first, names)}`);
}

async function runCommand(
  command: Command,
  args: readonly string[],
  io: ProgramIo,
): Promise<ExitCode> {
  const { parseInput } = await import('./parse-options.ts');
  const { help, ...input } = parseInput(command, args);
  if (!help) return command.run(input, io);
  const { commandHelp } = await import('./help.ts');
  io.out(commandHelp(command, helpIo(io)));
  return 0;
}

function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).includes('--json');
}

/** Errors that show a mistake of ours rather than of the world. */
function isDefect(error: Error): boolean {
  const programming = [TypeError, RangeError, ReferenceError, SyntaxError];
  return (
    error.message.startsWith('internal:') || programming.some((kind) => error.constructor === kind)
  );
}

function fail(
  error: unknown,
  { name, json }: { readonly name: string; readonly json: boolean },
  io: ProgramIo,
): ExitCode {
  const known = error instanceof Error ? error : new Error(String(error));
  if (io.signal.aborted && (known.name === 'AbortError' || known === io.signal.reason)) return 1;
  const usage = known instanceof UsageError;
  if (json) {
    const kind = usage ? 'usage' : 'failure';
    io.err(`${JSON.stringify({ error: { kind, name: known.name, message: known.message } })}\n`);
    return usage ? 2 : 1;
  }
  const program = `vl-rethinker${name === '' ? '' : ` ${name}`}`;
  io.err(`${paint(io.color.err, 'red', `${program}:`)} ${known.message}\n`);
  if (usage) io.err(`Run ${program} --help to see how it is used.\n`);
  else if (isDefect(known) || process.env['VL_RETHINKER_DEBUG'] === '1')
    io.err(`${known.stack ?? ''}\n`);
  return usage ? 2 : 1;
}
