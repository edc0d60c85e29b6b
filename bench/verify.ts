/** The verifier: its scoreboard on the example collection, time per pair, worst cases, pool, import. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createVerifyPool, verify } from '../src/verify/index.ts';
import type { VerifyTask } from '../src/verify/index.ts';
import {
  randomAnswer,
  randomBytes,
  randomOf,
  randomSoup,
} from '../src/verify/__fixtures__/random-answers.ts';
import type { ExampleRow } from '../src/verify/cases.ts';
import { caseOfExample } from '../src/verify/cases.ts';
import { scoreboard } from '../src/verify/scoreboard.ts';
import { bundleVerify } from '../scripts/bundle-verify.ts';
import type { Bench, BenchContext } from './bench.ts';

const collection = new URL('../../shared/data/verify_examples.json', import.meta.url);
const table = new URL('../src/verify/__fixtures__/pairs.jsonl', import.meta.url);

/** Least correct and most false positives asked of each group. */
const asked: ReadonlyMap<string, readonly [least: number, most?: number]> = new Map([
  ['human-written, no tag', [137, 1]],
  ["of these Math-Verify's own suite", [81]],
  ['human-written, tagged', [47]],
  ['gold solutions MATH-500', [175]],
  ['gold solutions GSM8K', [53]],
  ['rotated negatives', [175, 0]],
  ['MATH-V free-form, mode', [125]],
  ['MATH-V free-form, strict', [124]],
  ['MATH-V choice, mode', [140]],
  ['MATH-V choice, strict', [138]],
  ['MMMU-Pro, mode', [149]],
  ['MMMU-Pro, strict', [146]],
  ['MathVista free-form, rules', [53]],
  ['MathVista choice, rules', [54]],
  ['MathVista from the official extraction', [115]],
  ['reference against the measured rule', [1_109]],
  ['reference, letter golds', [301]],
]);

export const bench: Bench = {
  name: 'verify',
  summary: 'the verifier: scoreboard, time per pair, worst cases, pool, import',
  async run(context) {
    const tasks = tasksOf(context);
    perPair(context, tasks);
    worstCases(context);
    fuzz(context);
    await pool(context, tasks);
    await againstMathVerify(context, tasks);
    await imported(context);
  },
};

/** The example collection, its scoreboard printed; without it the table of pairs. */
function tasksOf(context: BenchContext): readonly VerifyTask[] {
  if (!existsSync(collection)) {
    context.note(
      'verify: ../shared/data/verify_examples.json is absent; timing the table of pairs',
    );
    const lines = readFileSync(table, 'utf8').trim().split('\n');
    return lines.map((line) => {
      const { gold, prediction } = JSON.parse(line) as { gold: string; prediction: string };
      return { input: { gold, prediction, source: 'auto' as const } };
    });
  }
  const rows = JSON.parse(readFileSync(collection, 'utf8')) as readonly ExampleRow[];
  for (const group of scoreboard(rows)) {
    const [least, most] = asked.get(group.name) ?? [];
    context.value({
      label: `correct of ${group.cases}: ${group.name}`,
      value: group.correct,
      unit: '',
      ...(least === undefined ? {} : { least }),
    });
    if (most !== undefined)
      context.value({
        label: `false positives: ${group.name}`,
        value: group.falsePositives,
        unit: '',
        most,
      });
  }
  return rows.map((row) => {
    const { input, mode, policy } = caseOfExample(row);
    return { input, options: { mode, policy } };
  });
}

/** Milliseconds of every pair, warm, in this thread: the best of five passes for each. */
function perPair(context: BenchContext, tasks: readonly VerifyTask[]): void {
  const best = tasks.map(() => Infinity);
  for (let pass = 0; pass < 7; pass += 1)
    for (const [index, task] of tasks.entries()) {
      const started = performance.now();
      verify(task.input, task.options);
      const spent = performance.now() - started;
      if (pass > 1) best[index] = Math.min(best[index] ?? Infinity, spent);
    }
  best.sort((a, b) => a - b);
  const at = (share: number): number => best[Math.floor(best.length * share)] ?? 0;
  context.value({ label: 'median per pair', value: at(0.5), unit: 'ms', most: 0.05 });
  context.value({ label: '95th percentile', value: at(0.95), unit: 'ms', most: 0.5 });
  context.value({ label: 'slowest pair', value: best.at(-1) ?? 0, unit: 'ms', most: 50 });
}

const fillers =
  '{|$|\\boxed{|\\boxed|\\frac|\\frac{1}{|1|1,|1 |^|-|(|\\|!|.|x+|=|answer |the answer is |<answer></answer>|\\(|\\sqrt|and |\\text{|\\pm|\\begin{pmatrix}|9!|x |%|1:|\\cup'.split(
    '|',
  );

/** 64 KiB of one token, and 8 KiB of it in a box, against golds of every shape. */
function worstCases(context: BenchContext): void {
  let worst = 0;
  for (const piece of fillers)
    for (const gold of ['5', 'x^2+1', '\\{1,2,3\\}', '(1,2)', 'blue', 'x<5']) {
      const long = piece.repeat(Math.ceil(65_536 / piece.length)).slice(0, 65_536);
      for (const prediction of [
        long,
        `\\boxed{${long.slice(0, 8_000)}}`,
        `\\boxed{${long.slice(0, 600)}}`,
      ])
        for (const source of ['response', 'answer'] as const)
          worst = Math.max(worst, fastest(gold, prediction, source));
    }
  context.value({ label: 'worst of 64 KiB inputs', value: worst, unit: 'ms', most: 50 });
}

function fastest(gold: string, prediction: string, source: 'response' | 'answer'): number {
  let best = Infinity;
  for (let round = 0; round < 3; round += 1) {
    const started = performance.now();
    verify({ gold, prediction, source });
    best = Math.min(best, performance.now() - started);
    if (best < 10) break;
  }
  return best;
}

/** Random answers, token soup and bytes: no throw, every gold equals itself, memory stays. */
function fuzz(context: BenchContext): void {
  const count = Number(process.env['VERIFY_FUZZ'] ?? 100_000);
  const draw = randomOf(42);
  const makers = [randomAnswer, randomSoup, randomBytes];
  let broken = 0;
  let halfway = 0;
  for (let at = 0; at < count; at += 1) {
    const gold = makers[at % 3]?.(draw) ?? '';
    const other = makers[(at + 1) % 3]?.(draw) ?? '';
    try {
      const self = verify({ gold, prediction: gold, source: 'answer' });
      if (!self.correct && gold.trim() !== '') broken += 1;
      verify({ gold, prediction: `${other} so \\boxed{${gold}} ${other}`, source: 'response' });
    } catch {
      broken += 1;
    }
    if (at === count >> 1) halfway = process.memoryUsage().heapUsed;
    if (context.signal.aborted) return;
  }
  const grown = (process.memoryUsage().heapUsed - halfway) / 2 ** 20;
  context.value({ label: `fuzz cases broken of ${count}`, value: broken, unit: '', most: 0 });
  context.value({
    label: 'heap grown over the second half',
    value: Math.max(0, grown),
    unit: 'MiB',
    most: 20,
  });
}

/** Pairs per second through two workers, batches of 256, transfer included: the best of five. */
async function pool(context: BenchContext, tasks: readonly VerifyTask[]): Promise<void> {
  const workers = createVerifyPool({ workers: 2, batchSize: 256 });
  const many = Array.from({ length: 20 }, () => tasks).flat();
  let best = 0;
  for (let round = 0; round < 5; round += 1) {
    const started = performance.now();
    await workers.verifyAll(many);
    best = Math.max(best, (many.length / (performance.now() - started)) * 1000);
  }
  await workers.close();
  context.value({ label: 'pool of two', value: Math.round(best), unit: 'pairs/s', least: 20_000 });
}

/** Both on the same cases, bare comparison: Math-Verify's median over ours. */
async function againstMathVerify(
  context: BenchContext,
  tasks: readonly VerifyTask[],
): Promise<void> {
  const python = await context.python('verify.py', { modules: ['math_verify'] });
  if (python === undefined) return;
  const cases = tasks
    .slice(0, 400)
    .map(({ input }) => [String(input.gold), input.prediction] as const);
  const theirs = Number(await python.call('pairs', { cases }));
  const times = cases
    .map(([gold, prediction]) => fastest(gold, prediction, 'response'))
    .sort((a, b) => a - b);
  const ours = (times[times.length >> 1] ?? Infinity) / 1000;
  context.value({
    label: "Math-Verify's median over ours",
    value: theirs / ours,
    unit: '×',
    least: 20,
  });
}

/**
 * Milliseconds to import the door in a fresh process, the median of 21: the file that `npm run build`
 * bundles, the same with Node's compile cache filled, the source with its types stripped; beside them
 * an empty module, which is what Node itself takes.
 */
async function imported(context: BenchContext): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'verify-built-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'empty.js'), 'export {};');
    await bundleVerify(folder);
    const built = pathToFileURL(join(folder, 'index.js')).href;
    const { wall, user } = importMs(built);
    context.value({ label: 'import, built', value: wall, unit: 'ms', most: 10 });
    context.value({ label: 'import, built, processor time', value: user, unit: 'ms' });
    const empty = importMs(pathToFileURL(join(folder, 'empty.js')).href).wall;
    context.value({ label: 'import of an empty module', value: empty, unit: 'ms' });
    const cached = importMs(built, [], { NODE_COMPILE_CACHE: join(folder, 'cache') }).wall;
    context.value({ label: 'import, built, compile cache', value: cached, unit: 'ms' });
    const source = new URL('../src/verify/index.ts', import.meta.url).href;
    const stripped = importMs(source, ['--conditions=source']).wall;
    context.value({ label: 'import from source, types stripped', value: stripped, unit: 'ms' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface ImportTime {
  readonly wall: number;
  /** Processor time in user mode. */
  readonly user: number;
}

/** Medians of 21 fresh processes. */
function importMs(
  door: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): ImportTime {
  const script = `const t = performance.now(), c = process.cpuUsage(); await import(${JSON.stringify(door)}); const u = process.cpuUsage(c).user / 1000; process.stdout.write(JSON.stringify([performance.now() - t, u]));`;
  const args = [...flags, '--input-type=module', '-e', script];
  const times = Array.from({ length: 21 }, () => {
    const out = execFileSync(process.execPath, args, {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    return JSON.parse(out) as readonly [number, number];
  });
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[10] ?? 0;
  return {
    wall: median(times.map(([wall]) => wall)),
    user: median(times.map(([, user]) => user)),
  };
}
