import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Figure } from '../bench/bench.ts';
import { Context } from '../bench/context.ts';
import { figureRows, time } from '../bench/figure-line.ts';
import { findPython } from '../bench/python-baseline.ts';
import { quantile, spread } from '../bench/statistics.ts';

function harness() {
  const figures: Figure[] = [];
  const notes: string[] = [];
  const reporter = {
    figure: (figure: Figure) => void figures.push(figure),
    note: (text: string) => void notes.push(text),
  };
  const controller = new AbortController();
  return { figures, notes, controller, context: new Context('test', reporter, controller.signal) };
}

describe('statistics', () => {
  test('quantiles lie between neighbours', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([7], 0.25)).toBe(7);
    expect(spread([5, 1, 3, 2, 4])).toEqual({ median: 3, lower: 2, upper: 4, count: 5 });
  });
});

describe('a comparison', () => {
  test('lets both sides take turns, throws the warm-up away and gives the ratio of medians', async () => {
    const { context } = harness();
    const order: string[] = [];
    const values = { ours: [9, 1, 2, 3], theirs: [9, 2, 2, 6] };
    const next = (side: 'ours' | 'theirs') => {
      order.push(side);
      return values[side].shift() ?? 0;
    };
    const [figure] = await context.compare({
      label: 'x',
      ours: () => next('ours'),
      theirs: async () => next('theirs'),
      rounds: 3,
      warmup: 1,
      bar: 1.05,
      work: { amount: 10, unit: 'tok' },
    });
    expect(order).toEqual(['theirs', 'ours', 'ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs']);
    expect(figure).toMatchObject({
      ours: { median: 2, count: 3 },
      theirs: { median: 2 },
      ratio: 1,
      pairedRatio: 0.5,
      holds: true,
      rate: { ours: 5, theirs: 5, unit: 'tok/s' },
    });
  });

  test('has its parts behind the whole, and the whole is their sum', async () => {
    const { context } = harness();
    const figures = await context.compare({
      label: 'step',
      ours: () => ({ forward: 2, backward: 4 }),
      theirs: async () => ({ forward: 1, backward: 2 }),
      rounds: 1,
      warmup: 0,
      bar: 1.05,
    });
    const told = figures.map((figure) =>
      figure.kind === 'comparison'
        ? [figure.part, figure.ours.median, figure.ratio, figure.holds]
        : [],
    );
    expect(told).toEqual([
      [null, 6, 2, false],
      ['forward', 2, 2, null],
      ['backward', 4, 2, null],
    ]);
  });

  test('without a baseline has no ratio and breaks no bar', async () => {
    const { context } = harness();
    const [figure] = await context.compare({ label: 'x', ours: () => 4, repeats: 2, bar: 1 });
    expect(figure).toMatchObject({ ours: { median: 2, count: 9 }, ratio: null, holds: null });
  });

  test('takes the wall time where the work measures nothing itself', async () => {
    const { context } = harness();
    const ours = () => new Promise<void>((resolve) => void setTimeout(resolve, 20));
    const [figure] = await context.compare({ label: 'x', ours, rounds: 2, warmup: 0 });
    expect(figure).toHaveProperty('ours.lower', expect.closeTo(0.02, 1));
  });

  test('ends between rounds when it is stopped', async () => {
    const { context, controller } = harness();
    const ours = () => controller.abort();
    await expect(context.compare({ label: 'x', ours })).rejects.toThrow(/abort/i);
  });
});

test('a folder of a benchmark is its own, and gone when it ends', () => {
  const { context } = harness();
  const [first, second] = [context.folder(), context.folder()];
  expect(first).not.toBe(second);
  writeFileSync(join(first, 'file'), '');
  context[Symbol.dispose]();
  expect([existsSync(first), existsSync(second)]).toEqual([false, false]);
});

test.for([
  [['stpe'], /no benchmark "stpe"; did you mean step\?/],
  [['--jsn'], /unknown option --jsn; did you mean --json\?/],
] as const)('%j is used wrongly, with the nearest word', ([args, sentence]) => {
  const main = join(import.meta.dirname, '../bench/main.ts');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=source', main, ...args],
    { encoding: 'utf8' },
  );
  expect(stderr).toMatch(sentence);
  expect([status, stdout]).toEqual([2, '']);
});

test('a value is held against its bounds', () => {
  const { context } = harness();
  const holds = (bounds: { most?: number; least?: number }) =>
    context.value({ label: 'x', value: 5, unit: 'ms', ...bounds }).holds;
  expect([holds({}), holds({ most: 5 }), holds({ most: 4 }), holds({ least: 6 })]).toEqual([
    null,
    true,
    false,
    false,
  ]);
});

test('figures are printed with three digits and a unit that suits', () => {
  expect([0.71e-6, 0.106, 2.4, 3.2e-10].map(time)).toEqual([
    '710 ns',
    '106 ms',
    '2.40 s',
    '0.320 ns',
  ]);
  const { context } = harness();
  const figure = context.value({ label: 'p99', value: 12, unit: 'ms', most: 10 });
  expect(figureRows(figure)).toEqual([['p99', '12.0 ms', '', 'MISSES ≤ 10']]);
});

describe('the Python side', () => {
  let folder = '';
  const before = process.env['VL_PYTHON'];
  /** Speaks the protocol without being Python; answers find_spec with what it lacks. */
  const fake = (lacks: string, body: string) => {
    const file = join(folder, 'python');
    writeFileSync(
      file,
      `#!${process.execPath}
if (process.argv[2] === '-c') { console.log(${JSON.stringify(lacks)}); process.exit(0); }
const say = (x) => process.stdout.write(JSON.stringify(x) + '\\n');
${body}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, case: name, args } = JSON.parse(line);
  if (name === 'step') say({ id, value: { forward: args.n, backward: 2 } });
  else if (name === 'die') { process.stderr.write('out of memory'); process.exit(3); }
  else if (name === 'text') say({ id, value: 'fast' });
  else say({ id, error: 'KeyError: ' + name });
});`,
    );
    chmodSync(file, 0o755);
    process.env['VL_PYTHON'] = file;
  };
  const hello = `say({ ready: true, versions: { torch: '2.13.0' } });`;

  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'vl-bench-'))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
    if (before === undefined) delete process.env['VL_PYTHON'];
    else process.env['VL_PYTHON'] = before;
  });

  test('stays alive between rounds and says its versions', async () => {
    fake('', hello);
    const { context, notes } = harness();
    using _context = context;
    const python = await context.python('protocol.py');
    const step = python?.timer('step', { n: 3 });
    expect(await step?.()).toEqual({ forward: 3, backward: 2 });
    expect(await step?.()).toEqual({ forward: 3, backward: 2 });
    expect(notes).toEqual(['baseline: torch 2.13.0']);
  });

  test('that lacks a module is not started, and that is said once', async () => {
    fake('torch', '');
    const { context, notes } = harness();
    expect(await context.python('protocol.py')).toBeUndefined();
    expect(await context.python('protocol.py')).toBeUndefined();
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/lacks torch; set VL_PYTHON/);
  });

  test('that does not exist is said', async () => {
    process.env['VL_PYTHON'] = join(folder, 'none');
    expect(await findPython([])).toEqual({ lacking: expect.stringContaining('does not start') });
  });

  test('that raises, dies or answers something else is an error with its words', async () => {
    fake('', hello);
    const { context } = harness();
    using _context = context;
    const python = await context.python('protocol.py');
    await expect(python?.call('nothing')).rejects.toThrow(/case nothing raised KeyError: nothing/);
    await expect(python?.timer('text')()).rejects.toThrow(/answered "fast"; expected seconds/);
    await expect(python?.call('die')).rejects.toThrow(/status 3.*out of memory/s);
    await expect(python?.call('step')).rejects.toThrow(/status 3/);
  });

  test('that ends before it is ready is an error', async () => {
    fake('', 'process.stderr.write("ImportError: x"); process.exit(1);');
    const { context } = harness();
    await expect(context.python('protocol.py')).rejects.toThrow(/status 1.*ImportError: x/s);
  });
});
