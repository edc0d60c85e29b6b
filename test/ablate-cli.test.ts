import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeRun } from '../src/report/__fixtures__/made-run.ts';
import { runHere } from '../src/cli/__fixtures__/run-here.ts';
import { ablateWith } from '../src/cli/ablate.ts';
import type { RunChild } from '../src/cli/ablate/child.ts';
import { choosePool, makePool } from '../src/cli/ablate/pool.ts';
import { resultLines } from '../src/cli/ablate/result-lines.ts';
import type { BlockTable } from '#ablate';

let root = '';
let calls: string[] = [];
beforeEach(() => {
  calls = [];
  root = mkdtempSync(join(tmpdir(), 'ablate-'));
  mkdirSync(join(root, 'base'));
  writeFileSync(join(root, 'base', 'config.json'), '{}');
  writeFileSync(join(root, 'base', 'model.safetensors'), 'weights');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function valueOf(args: readonly string[], name: string): string {
  return args[args.indexOf(name) + 1] ?? '';
}

/** Children that make a run and a figure at once. */
const fake: RunChild = async ({ args, signal }) => {
  signal.throwIfAborted();
  const [command = ''] = args;
  if (command === 'assess') {
    const model = valueOf(args, '--model');
    calls.push(`assess ${model.slice(root.length)}`);
    const share = { count: 70, n: 100, share: model.includes('grpo') ? 0.6 : 0.7 };
    const changed = { ...share, fixed: 10, broken: 4 };
    return `${JSON.stringify({ problems: 100, greedy: share, forced: changed, waits: changed, sampledWaits: changed, passAt1: share })}\n`;
  }
  const folder = valueOf(args, '--run');
  const mode = args.includes('--resume') ? 'resume' : valueOf(args, '--preset');
  calls.push(`train ${mode} ${folder.slice(root.length)}`);
  if (!args.includes('--resume')) {
    makeRun({ folder, iterations: 2, problemsPerIteration: 1, stepsPerIteration: 2, saved: true });
  }
  return '';
};

function ablate(child: RunChild, args: readonly string[], signal?: AbortSignal) {
  const command = ablateWith(child);
  const entry = { name: command.name, summary: command.summary, load: async () => command };
  const here = { cwd: root, columns: 200, commands: [entry] };
  return runHere(['ablate', ...args], signal === undefined ? here : { ...here, signal });
}

const small = [
  '--set',
  'modes-tiny',
  '--model',
  'base',
  '--seeds',
  '2',
  '--cells',
  'grpo,ssr',
  '--out',
  'out',
];

test('every cell is trained and evaluated once; a second call runs nothing again', async () => {
  const first = await ablate(fake, small);
  expect(first.code).toBe(0);
  expect(calls.filter((call) => call.startsWith('train'))).toHaveLength(4);
  expect(calls.filter((call) => call.startsWith('assess'))).toHaveLength(5);
  for (const name of ['ablation.html', 'ablation.md', 'ablation.json']) {
    expect(existsSync(join(root, 'out', name))).toBe(true);
  }
  expect(first.out).toMatch(/grpo +2 +60\.0 ± 0\.0 +−10\.0 ± 0\.0/u);
  calls = [];
  const again = await ablate(fake, small);
  expect([again.code, calls]).toEqual([0, []]);
  expect(again.out).toBe(first.out);
  const more = await ablate(
    fake,
    small.map((word) => (word === '2' ? '3' : word)),
  );
  expect(more.code).toBe(0);
  expect(calls.filter((call) => call.startsWith('train'))).toEqual([
    'train reasoner-grpo-tiny /out/cells/grpo/seed-2/run',
    'train reasoner-tiny /out/cells/ssr/seed-2/run',
  ]);
});

test('a cell that fails is reported, does not stop the others, and is tried again', async () => {
  const failing: RunChild = async (child) => {
    if (child.args[0] === 'train' && valueOf(child.args, '--run').includes('grpo/seed-0')) {
      throw new Error('train failed (exit code 1): cannot write checkpoint: the disk is full');
    }
    return fake(child);
  };
  const first = await ablate(failing, [...small, '--json']);
  expect(first.code).toBe(1);
  expect(first.err).toContain(
    'FAILED grpo/seed-0: train failed (exit code 1): cannot write checkpoint: the disk is full',
  );
  const { failures } = JSON.parse(first.out) as { failures: { job: string }[] };
  expect(failures.map(({ job }) => job)).toEqual(['grpo/seed-0']);
  expect(readFileSync(join(root, 'out', 'ablation.html'), 'utf8')).toContain('the disk is full');
  calls = [];
  expect((await ablate(fake, small)).code).toBe(0);
  expect(calls).toEqual([
    'train reasoner-grpo-tiny /out/cells/grpo/seed-0/run',
    'assess /out/cells/grpo/seed-0/run/last',
  ]);
});

test('a page that cannot be written costs no cell: the table is told, the next call writes the page', async () => {
  mkdirSync(join(root, 'out', 'ablation.html'), { recursive: true });
  const first = await ablate(fake, small);
  expect(first.code).toBe(1);
  expect(first.out).toMatch(/grpo +2 +60\.0/u);
  expect(first.err).toContain('what is measured is kept, the same command writes the page');
  expect(first.err).not.toContain('FAILED');
  rmSync(join(root, 'out', 'ablation.html'), { recursive: true });
  calls = [];
  expect([(await ablate(fake, small)).code, calls]).toEqual([0, []]);
  expect(readFileSync(join(root, 'out', 'ablation.html'), 'utf8')).toContain('60.0');
});

test('stopped while one cell is tried again, the page keeps what the others found', async () => {
  await ablate(fake, small);
  rmSync(join(root, 'out', 'cells', 'grpo', 'seed-0', 'result.json'));
  const controller = new AbortController();
  const stopping: RunChild = async (child) => {
    const out = await fake(child);
    controller.abort(new DOMException('stopped', 'AbortError'));
    return out;
  };
  await ablate(stopping, small, controller.signal);
  const path = join(root, 'out', 'ablation.json');
  const { tables } = JSON.parse(readFileSync(path, 'utf8')) as {
    tables: { rows: { seeds: number }[] }[];
  };
  expect(tables[0]?.rows.map(({ seeds }) => seeds)).toEqual([2, 2]);
});

test('a finished run that was not evaluated is evaluated; one that was cut short goes on', async () => {
  const run = join(root, 'out', 'cells', 'grpo', 'seed-0', 'run');
  makeRun({ folder: run, iterations: 1, problemsPerIteration: 1, saved: true });
  const unsaved = join(root, 'out', 'cells', 'filter', 'seed-0', 'run');
  makeRun({ folder: unsaved, iterations: 1, problemsPerIteration: 1 });
  const half = join(root, 'out', 'cells', 'ssr', 'seed-0', 'run');
  makeRun({ folder: half, iterations: 1, problemsPerIteration: 1, unfinished: true });
  const words = small.map((word) =>
    word === '2' ? '1' : word === 'grpo,ssr' ? 'grpo,filter,ssr' : word,
  );
  expect((await ablate(fake, words)).code).toBe(0);
  expect(calls).toEqual([
    'assess /base',
    'assess /out/cells/grpo/seed-0/run/last',
    // Its last weights were published, and it was killed before they were saved.
    'train resume /out/cells/filter/seed-0/run',
    'assess /out/cells/filter/seed-0/run/last',
    'train resume /out/cells/ssr/seed-0/run',
    'assess /out/cells/ssr/seed-0/run/last',
  ]);
});

test('results of other settings or another base are not mixed in: told before anything is run', async () => {
  await ablate(fake, small);
  calls = [];
  const changed = await ablate(fake, [...small, '--with', 'optim.learningRate=1e-5']);
  expect([changed.code, calls]).toEqual([1, []]);
  expect(changed.err).toContain(
    '4 of 4 cells (grpo/seed-0, ssr/seed-0, grpo/seed-1, …) were begun with other settings or another model',
  );
  writeFileSync(join(root, 'base', 'model.safetensors'), 'other weights');
  expect([(await ablate(fake, small)).code, calls]).toEqual([1, []]);
});

test('a cell that was cut short does not go on with other settings', async () => {
  const cut: RunChild = async (child) => {
    if (child.args[0] === 'train') throw new Error('train failed (killed by SIGKILL)');
    return fake(child);
  };
  expect((await ablate(cut, small)).code).toBe(1);
  const changed = await ablate(fake, [...small, '--with', 'train.maxIterations=8']);
  expect(changed.code).toBe(1);
  expect(changed.err).toContain('were begun with other settings or another model');
  expect((await ablate(fake, small)).code).toBe(0);
});

test('one set is not written over another', async () => {
  await ablate(fake, small);
  const page = readFileSync(join(root, 'out', 'ablation.html'), 'utf8');
  calls = [];
  const other = await ablate(
    fake,
    small.map((word) => (word === 'modes-tiny' ? 'paper-tiny' : word)),
  );
  expect([other.code, calls]).toEqual([1, []]);
  expect(other.err).toContain('holds the ablation modes-tiny; choose another --out for paper-tiny');
  expect(readFileSync(join(root, 'out', 'ablation.html'), 'utf8')).toBe(page);
});

test('a narrow terminal sees the columns that matter, a pipe sees all', async () => {
  await ablate(fake, small);
  const path = join(root, 'out', 'ablation.json');
  const { tables } = JSON.parse(readFileSync(path, 'utf8')) as { tables: BlockTable[] };
  const rows = tables[0]?.rows ?? [];
  const narrow = resultLines(rows, 100);
  expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(narrow[0]).toMatch(/cell +seeds +accuracy % +difference +forced %/u);
  expect(narrow[0]).not.toContain('seconds');
  expect(resultLines(rows, undefined)[0]).toMatch(/seconds +paper %$/u);
});

test('a second stage starts from the first of its seed', async () => {
  const starts: string[] = [];
  const seeing: RunChild = async (child) => {
    if (child.args.includes('--start'))
      starts.push(valueOf(child.args, '--start').slice(root.length));
    return fake(child);
  };
  const words = [
    '--set',
    'paper-tiny',
    '--model',
    'base',
    '--seeds',
    '1',
    '--cells',
    'ssr-rethink',
    '--out',
    'out',
  ];
  expect((await ablate(seeing, words)).code).toBe(0);
  expect(starts).toEqual(['/base', '/out/cells/ssr/seed-0/run/last']);
});

test('stopping asks the child to stop and begins nothing more', async () => {
  const controller = new AbortController();
  const stopping: RunChild = async (child) => {
    if (child.args[0] === 'train') controller.abort(new DOMException('stopped', 'AbortError'));
    return fake(child);
  };
  const stopped = await ablate(stopping, small, controller.signal);
  expect(stopped.code).toBe(1);
  expect(stopped.err).toContain('stopped; the same command goes on from here');
  expect(calls).toEqual(['assess /base']);
});

test('without --model the base of this project is taken, wherever it is called', async () => {
  const { code, err } = await ablate(fake, [
    '--set',
    'modes-tiny',
    '--cells',
    'grpo',
    '--seeds',
    '1',
    '--out',
    'out',
  ]);
  expect([code, err]).toEqual([0, expect.stringContaining('[1/1] grpo/seed-0')]);
});

test('an unknown set, cell or model is told with what there is', async () => {
  expect((await ablate(fake, ['--set', 'paper-tyni', '--model', 'base'])).err).toContain(
    'did you mean paper-tiny?',
  );
  expect((await ablate(fake, ['--model', 'base'])).err).toContain(
    '--set must be given, one of paper-tiny',
  );
  expect((await ablate(fake, ['--set', 'modes-tiny', '--model', 'nowhere'])).err).toContain(
    'expected a checkpoint folder (config.json)',
  );
  expect(
    (await ablate(fake, ['--set', 'modes-tiny', '--model', 'base', '--cells', 'x'])).err,
  ).toContain('has no cell x');
});

/** Of 20 problems: half solved; always in the first round and never in the second; never; now and then. */
function rateOf(problem: number, requests: number): number {
  if (problem < 4) return 1 / 2;
  if (problem === 6) return requests === 2 ? 1 : 0;
  if (problem < 10) return 1 / 4;
  return problem < 18 ? 0 : 1 / 8;
}

test('a pool is measured in rounds, with pictures as large as in training', async () => {
  const asked: (readonly string[])[] = [];
  let solved = false;
  const measuring: RunChild = async ({ args }) => {
    const folder = valueOf(args, '--out');
    mkdirSync(folder, { recursive: true });
    const write = (name: string, rows: readonly object[]) => {
      writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    };
    if (args[0] === 'passrate') {
      asked.push(args);
      const n = Number(valueOf(args, '--n'));
      const rows = readFileSync(valueOf(args, '--data'), 'utf8').trim().split('\n');
      write(
        'passrates.jsonl',
        rows.map((row) => {
          const { id } = JSON.parse(row) as { id: string };
          return { id, n, correct: solved ? n * rateOf(Number(id.slice(1)), asked.length) : 0 };
        }),
      );
    } else {
      const n = Number(valueOf(args, '--n'));
      write(
        'problems.jsonl',
        Array.from({ length: n }, (_, index) => ({
          id: `p${index}`,
          image: `images/${index}.png`,
        })),
      );
    }
    return '';
  };
  const { signal } = new AbortController();
  const out = join(root, 'out');
  const bench = { out, model: join(root, 'base'), weights: 'w', given: [], problems: 1 };
  const more = { samples: 1, threads: 1, child: measuring, signal };
  const plan = {
    rounds: [
      { problems: 20, responses: 8 },
      { problems: 16, responses: 40 },
    ],
    problems: 10,
  };
  await expect(makePool(plan, { ...bench, ...more })).rejects.toThrow(
    'none of 20 puzzles is solved now and then',
  );
  solved = true;
  const made = await makePool(plan, { ...bench, ...more });
  const [, first = [], second = []] = asked;
  expect([valueOf(first, '--min-pixels'), valueOf(first, '--max-pixels')]).toEqual([
    '3136',
    '12544',
  ]);
  expect([first, second].map((args) => [valueOf(args, '--n'), valueOf(args, '--seed')])).toEqual([
    ['8', '0'],
    ['40', '1'],
  ]);
  const kept = readFileSync(made.path, 'utf8').trim().split('\n');
  const rows = kept.map((row) => JSON.parse(row) as { id: string; image: string });
  expect(rows).toHaveLength(10);
  const numbers = (ids: readonly string[]) =>
    ids.map((id) => Number(id.slice(1))).sort((x, y) => x - y);
  const measuredAgain = readFileSync(valueOf(second, '--data'), 'utf8').match(/p\d+(?=")/gu) ?? [];
  expect(numbers(measuredAgain)).toEqual(Array.from({ length: 16 }, (_, index) => index + 4));
  // By the second round alone problem 6 would be one that teaches nothing.
  expect(numbers(rows.map(({ id }) => id))).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  expect(rows[0]?.image).toBe(
    join(out, 'pool', 'candidates', 'images', `${rows[0]?.id.slice(1)}.png`),
  );
  await makePool(plan, { ...bench, ...more });
  expect(asked).toHaveLength(3);
  await expect(makePool(plan, { ...bench, ...more, weights: 'other' })).rejects.toThrow(
    'was chosen by another model',
  );
});

test('a pool is made of the problems whose groups are least likely to teach', () => {
  const rows = Array.from({ length: 100 }, (_, index) => ({ id: `p${index}` }));
  const tallies = new Map(rows.map(({ id }, index) => [id, { n: 100, correct: index }]));
  tallies.delete('p1');
  const numbers = choosePool(rows, tallies, 6).map(({ id }) => Number(id.slice(1)));
  expect(numbers[0]).toBe(0);
  expect(new Set(numbers)).toEqual(new Set([0, 99, 98, 2, 97, 3]));
});
