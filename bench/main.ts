/**
 * `npm run bench [name…] [--json] [--strict]`: runs the benchmarks beside this file and prints medians
 * with quartiles, ours and Python's, and their ratio.
 */
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { didYouMean } from '../src/cli/nearest.ts';
import { pad } from '../src/cli/text.ts';
import type { Bench, Figure } from './bench.ts';
import { Context } from './context.ts';
import { figureRows } from './figure-line.ts';

const usage = `usage: npm run bench [-- name… --json --strict]

  name       which to run; all unless told
  --list     names and what they measure
  --json     one JSON document on stdout
  --strict   status 1 when a figure misses its bar

The baseline runs in the Python that VL_PYTHON names, else python3; without torch there,
own figures are printed alone.
`;

/** The modules beside this file that export `bench`; the others are the harness. */
async function discover(): Promise<readonly Bench[]> {
  const names = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .sort();
  const found: Bench[] = [];
  for (const name of names) {
    const file = new URL(name, import.meta.url);
    if (!/^export const bench\b/m.test(readFileSync(file, 'utf8'))) continue;
    found.push(((await import(file.href)) as { readonly bench: Bench }).bench);
  }
  return found;
}

function machine() {
  const [first] = os.cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    node: process.versions.node,
    loadBefore: os.loadavg()[0] ?? 0,
  };
}

class CommandError extends Error {}

/** The first Ctrl-C ends the benchmark after its round, the second at once. */
const stop = new AbortController();
let status = 1;
for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(name, () => {
    status = code;
    stop.abort();
  });

function choose(all: readonly Bench[], names: readonly string[]): readonly Bench[] {
  const known = all.map(({ name }) => name);
  for (const name of names)
    if (!known.includes(name))
      throw new CommandError(`no benchmark ${JSON.stringify(name)}${didYouMean(name, known)}`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

const widths = [30, 36, 36];

function print(cells: readonly string[]): void {
  const line = cells.map((cell, index) => pad(cell, widths[index] ?? 0)).join('  ');
  process.stdout.write(`${line.trimEnd()}\n`);
}

async function runAll(chosen: readonly Bench[], json: boolean): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const bench of chosen) {
    if (!json) {
      process.stdout.write(`\n${bench.name}: ${bench.summary}\n`);
      print(['', 'ours, median (quartiles)', 'Python', 'ours ÷ Python']);
    }
    const reporter = {
      figure(figure: Figure) {
        figures.push(figure);
        if (!json) for (const row of figureRows(figure)) print(row);
      },
      note: (text: string) => void process.stderr.write(`  ${text}\n`),
    };
    using context = new Context(bench.name, reporter, stop.signal);
    await bench.run(context);
  }
  return figures;
}

const options = {
  json: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function parse() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const unknown = /^Unknown option '(-+)([^' ]+)/.exec(text);
    if (unknown === null) throw new CommandError(text);
    const [, dashes = '', name = ''] = unknown;
    const hint = didYouMean(name, Object.keys(options), '--');
    throw new CommandError(`unknown option ${dashes}${name}${hint}`);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parse();
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const all = await discover();
  if (values.list) {
    for (const { name, summary } of all) print([name, summary]);
    return 0;
  }
  const chosen = choose(all, positionals);
  const about = machine();
  const figures = await runAll(chosen, values.json);
  if (values.json)
    process.stdout.write(`${JSON.stringify({ machine: about, figures }, null, 2)}\n`);
  else process.stdout.write(`\n${about.cpu}, ${about.cores} cores, Node ${about.node}\n`);
  return values.strict && figures.some(({ holds }) => holds === false) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (stop.signal.aborted) {
    process.stderr.write('bench: stopped\n');
    process.exit(status);
  }
  const misuse = error instanceof CommandError;
  const text = error instanceof Error ? (misuse ? error.message : error.stack) : String(error);
  process.stderr.write(`bench: ${text ?? ''}\n${misuse ? usage : ''}`);
  process.exitCode = misuse ? 2 : 1;
}
