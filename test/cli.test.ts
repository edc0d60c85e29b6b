import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Command } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands.ts';
import { colorful, columnsBehind } from '../src/cli/main.ts';
import { editDistance, nearest } from '../src/cli/nearest.ts';
import { optionSpecs } from '../src/cli/option-spec.ts';
import { runProgram } from '../src/cli/program.ts';
import { samples } from './cli/sample.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'bin', 'vl-rethinker');
const sampleProgram = join(root, 'test/cli/sample-program.ts');

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

function ended(child: ChildProcess): Promise<Ended> {
  const start = performance.now();
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal, out, err, ms: performance.now() - start });
    });
  });
}

const vlRethinker = (...args: readonly string[]) => ended(spawn(program, args));
/** The fastest of several runs: a busy machine says nothing about ours. */
async function fastest(tries: number, ...args: readonly string[]): Promise<Ended> {
  let best = await vlRethinker(...args);
  for (let left = tries - 1; left > 0; left--) {
    const next = await vlRethinker(...args);
    if (next.ms < best.ms) best = next;
  }
  return best;
}
const startSample = (...args: readonly string[]) =>
  spawn(process.execPath, ['--conditions=source', sampleProgram, ...args]);

/** The program in this process, with the sample commands. */
async function run(args: readonly string[], options: { columns?: number; color?: boolean } = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const color = { out: options.color ?? false, err: options.color ?? false };
  const io = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    color,
    columns: options.columns,
    outColumns: options.columns,
    signal: new AbortController().signal,
    cwd: root,
  };
  const code = await runProgram(args, io, samples);
  return { code, out: out.join(''), err: err.join('') };
}

const given = async (...args: readonly string[]) => {
  const { out, err } = await run(['sample', 'x', ...args]);
  expect(err).toBe('');
  return JSON.parse(out) as { options: Record<string, unknown>; positionals: string[] };
};

describe('bin/vl-rethinker', () => {
  test('prints help in under a quarter of a second, without loading a command', async () => {
    const { code, out, err, ms } = await fastest(5, '--help');
    expect(code).toBe(0);
    expect(err).toBe('');
    for (const { name, summary } of commands) {
      expect(out).toContain(`  ${name}`);
      expect(out).toContain(summary.split(' ', 3).join(' '));
    }
    expect(ms).toBeLessThan(250);
  });

  test('works through links, from another folder, with nothing on the PATH', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vl-link-'));
    symlinkSync(program, join(folder, 'absolute'));
    symlinkSync('absolute', join(folder, 'relative'));
    const link = join(folder, 'relative');
    const { code, out } = await ended(spawn(link, ['--version'], { cwd: tmpdir() }));
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
    const bare = await ended(spawn(program, ['--help'], { env: { PATH: '' } }));
    expect([bare.code, bare.err]).toEqual([0, '']);
    expect(out).toMatch(/^vl-rethinker \d+\.\d+\.\d+ \(.*Node 24\.\d+\.\d+\)\n$/);
  });

  test('says what to run where set-up is missing, and which Node an installed package needs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vl-bare-'));
    const copy = join(folder, 'bin', 'vl-rethinker');
    cpSync(program, copy);
    mkdirSync(join(folder, 'src/cli'), { recursive: true });
    writeFileSync(join(folder, 'src/cli/main.ts'), '');
    const unset = await ended(spawn(copy));
    rmSync(join(folder, 'src'), { recursive: true });
    writeFileSync(
      join(folder, 'node'),
      '#!/bin/sh\ncase $1 in -e) exit 1;; *) echo v22.1.0;; esac\n',
    );
    chmodSync(join(folder, 'node'), 0o755);
    const old = await ended(spawn(copy, [], { env: { PATH: folder } }));
    const none = await ended(spawn(copy, [], { env: { PATH: '' } }));
    rmSync(folder, { recursive: true });
    expect(unset).toMatchObject({
      code: 1,
      err: expect.stringMatching(/not set up yet.*npm run setup/),
    });
    expect(old).toMatchObject({
      code: 1,
      err: expect.stringMatching(/24\.12 or newer.*v22\.1\.0/),
    });
    expect(none).toMatchObject({ code: 1, err: expect.stringMatching(/no node on the PATH/) });
  });

  test('--version --json is one document', async () => {
    const { out } = await vlRethinker('--version', '--json');
    expect(JSON.parse(out)).toEqual({
      version: expect.stringMatching(/^\d/),
      commit: expect.toSatisfy((commit) => commit === null || /^[0-9a-f]{7,}\+?$/.test(commit)),
      node: process.versions.node,
    });
  });

  test('is used wrongly without words, and by an unknown one', async () => {
    const [silent, unknown] = [await vlRethinker(), await vlRethinker('doktor')];
    expect([silent.code, silent.out]).toEqual([2, '']);
    expect(silent.err).toMatch(/^usage: vl-rethinker/);
    expect([unknown.code, unknown.out]).toEqual([2, '']);
    expect(unknown.err).toMatch(/unknown command "doktor"; did you mean doctor\?/);
  });

  test('writes no escape codes into a pipe', async () => {
    const { out, err } = await vlRethinker('doctor', '--help');
    expect(out + err).not.toContain('\u001b');
  });
});

describe('every command', () => {
  test.for(commands.map((entry) => [entry.name, entry] as const))('%s', async ([name, entry]) => {
    const command: Command = await entry.load();
    expect(command.name).toBe(name);
    expect(command.summary).toBe(entry.summary);
    const options = optionSpecs(command.options);
    expect(options.filter(({ description }) => description === '')).toEqual([]);
    expect(command.options.safeParse({ 'an unknown key': 1 }).success).toBe(false);
    const { code, out } = await vlRethinker(...name.split(' '), '--help');
    expect(code).toBe(0);
    for (const { flag } of options) expect(out).toContain(flag);
  });
});

describe('options', () => {
  test('have their defaults', async () => {
    expect((await given()).options).toEqual({
      json: false,
      shuffle: true,
      maxTokens: 512,
      temperature: 1,
      dtype: 'bf16',
      tag: [],
    });
  });

  test.for([
    [['--max-tokens', '8'], { maxTokens: 8 }],
    [['--max-tokens=8'], { maxTokens: 8 }],
    [['--temperature', '.5'], { temperature: 0.5 }],
    [['--temperature', '1e-3'], { temperature: 0.001 }],
    [['--json'], { json: true }],
    [['--no-shuffle'], { shuffle: false }],
    [['--shuffle=false'], { shuffle: false }],
    [['--dtype', 'f32'], { dtype: 'f32' }],
    [['--tag', 'a', '--tag=b'], { tag: ['a', 'b'] }],
    [['--stop-at', '-1', '--stop-at', '2.5'], { stopAt: [-1, 2.5] }],
    [['--out=-x'], { out: '-x' }],
    [['--out', '-'], { out: '-' }],
    [['--out='], { out: '' }],
    [['--json', '--json'], { json: true }],
  ] as const)('%j is understood', async ([args, expected]) => {
    expect((await given(...args)).options).toMatchObject(expected);
  });

  test('end at two dashes', async () => {
    expect((await given('--', '--json', '-y')).positionals).toEqual(['x', '--json', '-y']);
  });

  test.for([
    [['--max-tokens', '0'], /--max-tokens \(whole, 1 to 4096\): .*found 0/],
    [['--max-tokens', '2.5'], /--max-tokens .*found 2\.5/],
    [['--max-tokens', 'many'], /--max-tokens: expected a number, found "many"/],
    [['--max-tokens', '0x10'], /expected a number/],
    [['--max-tokens', ''], /expected a number/],
    [['--max-tokens'], /--max-tokens needs a value, a number \(whole, 1 to 4096\)/],
    [
      ['--out', '--json'],
      /--out needs a value; to give one that starts with a dash, write --out=--json/,
    ],
    [['--dtype', 'f23'], /expected one of f32, bf16, found "f23"; did you mean f32\?/],
    [['--dtype', 'f32', '--dtype', 'bf16'], /--dtype is given twice, as "f32" and as "bf16"/],
    [['--json=yes'], /--json is a switch/],
    [['--no-json=1'], /--no-json takes no value/],
    [['--shuffel'], /unknown option --shuffel; did you mean --shuffle\?/],
    [['--no-shufle'], /unknown option --no-shufle; did you mean --no-shuffle\?/],
    [['--maxTokens', '3'], /did you mean --max-tokens\?/],
    [['--max_tokens', '3'], /did you mean --max-tokens\?/],
    [['--no-dtype'], /unknown option --no-dtype/],
    [['-q'], /unknown option -q/],
    [['--zzzzzzzz'], /unknown option --zzzzzzzz\n/],
  ] as const)('%j is used wrongly', async ([args, sentence]) => {
    const { code, out, err } = await run(['sample', 'x', ...args]);
    expect(err).toMatch(sentence);
    expect([code, out]).toEqual([2, '']);
  });

  test('that must be given are asked for', async () => {
    const { code, err } = await run(['data', 'check']);
    expect(err).toMatch(/--name must be given/);
    expect(code).toBe(2);
  });
});

describe('words', () => {
  test('are counted against what the command takes', async () => {
    expect((await run(['sample'])).err).toMatch(
      /<what> is missing; sample takes <what> \[more\]\.\.\./,
    );
    expect((await run(['sample', 'a', 'b', 'c'])).code).toBe(0);
    expect((await run(['data', 'check', 'b'])).err).toMatch(/unexpected "b".*options only/);
  });

  test('of a family ask for the second one', async () => {
    expect((await run(['data'])).err).toMatch(/data needs a second word, one of check, fetch\n/);
    expect((await run(['data', 'chekc'])).err).toMatch(/found "chekc"; did you mean data check\?/);
    expect((await run(['score', 'comapre'])).err).toMatch(
      /unknown command "score comapre"; did you mean score compare\?/,
    );
    expect((await run(['score', 'zzz'])).err).toMatch(
      /unexpected "zzz"; sample takes options only/,
    );
  });

  test('a family alone tells its commands, and options before a command are sent behind it', async () => {
    const [before, behind] = [await run(['help', 'data']), await run(['data', '--help'])];
    expect(before).toEqual(behind);
    expect([before.code, before.err]).toEqual([0, '']);
    expect(before.out).toMatch(/data check +a command of two words\n +data fetch +another\n/);
    expect((await run(['--json', 'sample'])).err).toMatch(
      /unknown option --json before the command; options stand behind it: vl-rethinker sample --json/,
    );
  });

  test('help before or behind a command are the same', async () => {
    const [before, behind] = [await run(['help', 'sample']), await run(['sample', '--help'])];
    expect(before).toEqual(behind);
  });
});

describe('help', () => {
  test('is printed from the schema', async () => {
    const { out } = await run(['sample', '-h'], { columns: 90 });
    expect(out).toMatch(/^usage: vl-rethinker sample \[options\] <what> \[more\]\.\.\.\n/);
    expect(out).toContain(
      'Prints its options and words.\n\n  vl-rethinker sample this   # an example\n  vl-rethinker sample that\n\noptions:',
    );
    expect(out).toMatch(
      /--max-tokens <number> +longest response \(whole, 1 to 4096; default 512\)/,
    );
    expect(out).toMatch(/--\[no-\]shuffle +draw in another order \(default on\)/);
    expect(out).toMatch(/--dtype <f32\|bf16> +compute type \(default bf16\)/);
    expect(out).toMatch(/--tag <text> +marks the run \(may be repeated\)/);
    expect(out).toMatch(/--out <path>/);
  });

  test.for([20, 40, 60, 80])('fits %d columns', async (columns) => {
    for (const args of [['--help'], ['sample', '--help']]) {
      const { out } = await run(args, { columns });
      const lines = out.split('\n').filter((line) => !/^ {2}vl-|usage:/.test(line));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(
        Math.max(columns, 26),
      );
    }
  });

  test('is coloured where colour may be shown, and has the same text', async () => {
    const [plain, bright] = [await run(['--help']), await run(['--help'], { color: true })];
    expect(bright.out).toContain('\u001b[1m');
    // eslint-disable-next-line no-control-regex
    expect(bright.out.replace(/\u001b\[\d+m/g, '')).toBe(plain.out);
  });

  test('NO_COLOR, a dumb terminal and a pipe forbid colour', () => {
    expect(colorful({ isTTY: true }, {})).toBe(true);
    expect(colorful({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
    expect(colorful({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(colorful({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(colorful({}, {})).toBe(false);
  });
});

test('a terminal that tells no width counts as 80 columns wide, a pipe has none', () => {
  expect(columnsBehind({ isTTY: true, columns: 0 })).toBe(80);
  expect(columnsBehind({ isTTY: true })).toBe(80);
  expect(columnsBehind({ isTTY: true, columns: 43 })).toBe(43);
  expect(columnsBehind({ columns: 43 })).toBeUndefined();
});

describe('how a command ends is how the program ends', () => {
  test.for([
    ['x', 0, /^$/],
    ['one', 1, /^$/],
    ['fail', 1, /^vl-rethinker sample: the file is gone; restore it\n$/],
    [
      'misuse',
      2,
      /^vl-rethinker sample: expected something better\nRun vl-rethinker sample --help/,
    ],
    ['defect', 1, /TypeError: x is undefined\n\s+at .*sample\.ts/],
  ] as const)('%s ends with %d', async ([what, status, said]) => {
    const { code, err } = await run(['sample', what]);
    expect(err).toMatch(said);
    expect(code).toBe(status);
  });

  test('with --json an error is one JSON line on stderr', async () => {
    const failed = await run(['sample', 'fail', '--json']);
    expect(failed).toEqual({
      code: 1,
      out: '',
      err: '{"error":{"kind":"failure","name":"Error","message":"the file is gone; restore it"}}\n',
    });
    const misused = await run(['sample', 'x', '--json', '--bogus']);
    expect(JSON.parse(misused.err)).toMatchObject({ error: { kind: 'usage', name: 'UsageError' } });
    expect((await run(['sample', 'fail', '--', '--json'])).err).toMatch(/^vl-rethinker/);
  });
});

describe('on a terminal’s signals and a reader’s leave', () => {
  const waiting = (child: ChildProcess) =>
    new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: Buffer) => text.includes('waiting') && resolve());
    });

  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s asks the command to end and gives %d', async ([signal, status]) => {
    const child = startSample('sample', 'wait');
    const end = ended(child);
    await waiting(child);
    child.kill(signal);
    const { code, err } = await end;
    expect(err).toContain('left nothing');
    expect(code).toBe(status);
  });

  test('a command that is aborted is told as stopped', async () => {
    const child = startSample('sample', 'abort');
    const end = ended(child);
    await waiting(child);
    child.kill('SIGINT');
    const { code, err } = await end;
    expect(err).toBe('waiting\nsample: stopped\n');
    expect(code).toBe(130);
  });

  test('a second Ctrl-C ends a command that does not listen', async () => {
    const child = startSample('sample', 'deaf');
    const end = ended(child);
    await waiting(child);
    child.kill('SIGINT');
    await new Promise((resolve) => void setTimeout(resolve, 100));
    child.kill('SIGINT');
    const { signal, ms } = await end;
    expect(signal).toBe('SIGINT');
    expect(ms).toBeLessThan(5000);
  });

  test('a reader that goes away ends it without a word', async () => {
    const child = startSample('sample', 'flood');
    const end = ended(child);
    child.stdout.once('data', () => child.stdout.destroy());
    const { err, ms } = await end;
    expect(err).toBe('');
    expect(ms).toBeLessThan(5000);
  });
});

describe('the nearest word', () => {
  test.for([
    ['kitten', 'sitting', 3],
    ['doctor', 'dotcor', 1],
    ['', 'abc', 3],
    ['same', 'same', 0],
    ['ca', 'abc', 3],
  ] as const)('%s → %s takes %d edits', ([a, b, edits]) => {
    expect(editDistance(a, b)).toBe(edits);
    expect(editDistance(b, a)).toBe(edits);
  });

  test('lies within a third of the length, or begins alike', () => {
    expect(nearest('verfy', ['verify', 'train'])).toBe('verify');
    expect(nearest('quick', ['quickstart', 'train'])).toBe('quickstart');
    expect(nearest('TRAIN', ['train'])).toBe('train');
    expect(nearest('zebra', ['verify', 'train'])).toBeUndefined();
    expect(nearest('x', ['y', 'train'])).toBe('y');
  });
});

describe('doctor', () => {
  test('--json is one document of named checks, in under five seconds', async () => {
    const { code, out, ms } = await fastest(2, 'doctor', '--json');
    const report = JSON.parse(out) as {
      passed: boolean;
      checks: { name: string; status: string }[];
    };
    expect(code).toBe(report.passed ? 0 : 1);
    for (const name of ['node', 'platform', 'memory', 'disk', 'threads', 'libtorch', 'engine'])
      expect(report.checks.map((check) => check.name)).toContain(name);
    for (const check of report.checks)
      expect(check).toEqual({
        name: expect.any(String),
        status: expect.stringMatching(/^(ok|warn|fail)$/),
        measured: expect.stringMatching(/./),
        advice: expect.stringMatching(check.status === 'ok' ? /^$/ : /./),
        values: expect.any(Object),
      });
    expect(ms).toBeLessThan(5000);
  });
});
