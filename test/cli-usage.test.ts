import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands.ts';
import { type OptionSpec, optionSpecs } from '../src/cli/option-spec.ts';
import { parseInput } from '../src/cli/parse-options.ts';
import { runProgram } from '../src/cli/program.ts';

const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin', 'vl-rethinker');
let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'vl-usage-'))));
afterAll(() => rmSync(folder, { recursive: true }));

async function load(name: string): Promise<Command> {
  const entry = commands.find((each) => each.name === name);
  if (entry === undefined) throw new Error(`no command ${name}`);
  return entry.load();
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The real program, in an empty folder. */
function vlRethinker(line: string): Promise<Ended> {
  const words = line.split(' ').filter((word) => word !== '');
  return new Promise((resolve) => {
    execFile(program, words, { cwd: folder }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

describe('the exit status is', () => {
  test.for([
    'runs',
    'runs --json',
    'train --presets',
    'train --preset reasoner-tiny --explain --start x',
    'verify --gold 1 \\boxed{1}',
    'verify --gold 1 \\boxed{1} --json',
    'data puzzles --out drawn --n 2',
    'help eval score',
  ])('0 when all went well: %s', async (line) => {
    const { code, err } = await vlRethinker(line);
    expect(err).not.toMatch(/^vl-rethinker/m);
    expect(code).toBe(0);
  });

  test.for([
    'train --run none --resume',
    'train --preset reasoner-tiny --start none --run r',
    'inspect none',
    'report none',
    'diff none other',
    'export none',
    'verify none.jsonl',
    'ask --model none question',
    'bench sample --model none',
    'parity none',
    'data check none.jsonl',
    'data subset none.jsonl --out s',
    'data show none.jsonl 1',
    'pretrain --out p --model none --data none.jsonl',
    'eval --benchmark mathvision --model none --data none',
    'eval score --benchmark mathvision --responses none',
    'eval diff none other',
    'eval report none',
    'assess --model none',
    'passrate --model none --data none.jsonl',
  ])('1 when what was named is not there: %s', async (line) => {
    const { code, out, err } = await vlRethinker(line);
    expect(err).toMatch(/^vl-rethinker .*none.*(expected|found|neither)/);
    expect(err).not.toMatch(/ENOENT|\n\s+at /);
    expect([code, out]).toEqual([1, '']);
  });

  test.for(commands.map(({ name }) => name))('2 when used wrongly: %s', async (name) => {
    const { code, out, err } = await vlRethinker(`${name} --bogus`);
    expect(err).toBe(
      `vl-rethinker ${name}: unknown option --bogus\nRun vl-rethinker ${name} --help to see how it is used.\n`,
    );
    expect([code, out]).toEqual([2, '']);
  });

  const alone = ['doctor', 'quickstart', 'runs']; // do something without a word
  test.for(commands.map(({ name }) => name).filter((name) => !alone.includes(name)))(
    '2 without a word, and with too many: %s',
    async (name) => {
      const { positionals } = await load(name);
      const many = positionals.includes('...') ? [] : ['a b c d e f'];
      for (const words of ['', ...many]) {
        const [out, err]: [string[], string[]] = [[], []];
        const io = {
          out: (text: string) => void out.push(text),
          err: (text: string) => void err.push(text),
          color: { out: false, err: false },
          columns: undefined,
          outColumns: undefined,
          signal: new AbortController().signal,
          cwd: folder,
        };
        const code = await runProgram(`${name} ${words}`.trim().split(' '), io);
        expect(err.join('')).toMatch(/(must be given|missing|expected|unexpected).*\nRun vl-/);
        expect([code, out]).toEqual([2, []]);
      }
    },
  );
});

/** Two neighbours in the middle of a word change places. */
function misspelt(word: string): string {
  const at = Math.max(0, Math.floor(word.length / 2) - 1);
  const [a = '', b = ''] = word.slice(at, at + 2);
  return a === b ? `${word}x` : `${word.slice(0, at)}${b}${a}${word.slice(at + 2)}`;
}

/** What the program says of these arguments. */
function complaint(command: Command, args: readonly string[]): string {
  try {
    parseInput(command, args);
    return 'understood';
  } catch (error) {
    return (error as Error).message;
  }
}

describe.for(commands.map(({ name }) => name))('%s', (name) => {
  const long = ({ flag }: OptionSpec) => flag.length > 3;

  test('names the nearest option for a misspelt one', async () => {
    const command = await load(name);
    for (const spec of optionSpecs(command.options).filter(long))
      expect(complaint(command, [`--${misspelt(spec.flag)}=1`])).toMatch(
        /^unknown option --\S+; did you mean --(no-)?[a-z-]+\?$/,
      );
  });

  test('names the nearest value for a misspelt one, where the values are few', async () => {
    const command = await load(name);
    for (const { flag, choices, kind } of optionSpecs(command.options))
      for (const choice of kind === 'boolean' ? [] : choices)
        expect(complaint(command, [`--${flag}=${misspelt(choice)}`])).toMatch(
          /; did you mean \S+\?$/,
        );
  });
});
