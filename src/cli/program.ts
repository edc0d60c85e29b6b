import { type Command, type ExitCode, type Io, UsageError } from './command.ts';
import { type CommandEntry, commands } from './commands.ts';
import { didYouMean } from './nearest.ts';
import { type HelpIo, familyHelp, programHelp } from './program-help.ts';
import { paint } from './text.ts';

/** What the program needs beyond what a command sees. */
export interface ProgramIo extends Io {
  /** Columns of the terminal behind `out`; undefined when it is a pipe. */
  readonly outColumns: number | undefined;
}

const defaultWidth = 80;
const widest = 100;

/** Beside a terminal, `COLUMNS` says how wide the text may be. */
function helpIo(io: ProgramIo): HelpIo {
  const named = Math.floor(Number(process.env['COLUMNS']));
  const width = io.outColumns ?? (named > 0 ? named : defaultWidth);
  return { color: io.color, width: Math.min(width, widest) };
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
    checkSecondWord(entry, rest[0], entries);
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
  const family = familyAskedFor(args, entries);
  if (family.length > 0) {
    io.out(familyHelp(family, helpIo(io)));
    return 0;
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
  if (first.startsWith('-')) {
    const command = rest.find((word) => entries.some(({ name }) => name.split(' ')[0] === word));
    const hint =
      command === undefined
        ? didYouMean(first.replace(/^-+/, ''), ['help', 'version'], '--')
        : ` before the command; options stand behind it: vl-rethinker ${command} ${first}`;
    throw new UsageError(`unknown option ${first}${hint}`);
  }
  return undefined;
}

/** The commands behind `data --help` and `help data`, where `data` is none itself. */
function familyAskedFor(
  args: readonly string[],
  entries: readonly CommandEntry[],
): readonly CommandEntry[] {
  const [first, second, more] = args;
  const asked = first === 'help' ? second : second === '--help' || second === '-h' ? first : '';
  if (more !== undefined || entries.some(({ name }) => name === asked)) return [];
  return entries.filter(({ name }) => name.startsWith(`${asked} `));
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

  const seconds = secondWords(first, entries);
  if (seconds.length > 0) {
    const found =
      second === '' || second.startsWith('-') ? '' : `, found ${JSON.stringify(second)}`;
    throw new UsageError(
      `${first} needs a second word, one of ${seconds.join(', ')}${found}${didYouMean(second, seconds, `${first} `)}`,
    );
  }
  const names = entries.map(({ name }) => name);
  throw new UsageError(`unknown command ${JSON.stringify(first)}${didYouMean(first, names)}`);
}

function secondWords(first: string, entries: readonly CommandEntry[]): readonly string[] {
  return entries
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => name.slice(first.length + 1));
}

/** `eval scroe`: a command that takes no words, and one of its family is near. */
function checkSecondWord(
  { name }: CommandEntry,
  word: string | undefined,
  entries: readonly CommandEntry[],
): void {
  if (word === undefined || word.startsWith('-')) return;
  const hint = didYouMean(word, secondWords(name, entries), `${name} `);
  if (hint !== '')
    throw new UsageError(`unknown command ${JSON.stringify(`${name} ${word}`)}${hint}`);
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
  if (io.signal.aborted && (known.name === 'AbortError' || known === io.signal.reason)) {
    if (!json) io.err(`${name === '' ? 'vl-rethinker' : name}: stopped\n`);
    return 1;
  }
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
