import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

import { z } from 'zod';

import { type Command, type Io, UsageError } from './command.ts';
import { failure, type ParityChecker, type ParityResult } from './parity-check.ts';

/** Checkers by the fixture's `kind`; loaded when needed, so that help needs no libtorch. */
async function loadCheckers(): Promise<Readonly<Record<string, ParityChecker>>> {
  const { processorCheckers } = await import('./parity-processor.ts');
  const { checkModel } = await import('./parity-model.ts');
  const { checkSampling } = await import('./parity-sampling.ts');
  return { ...processorCheckers, model: checkModel, sampling: checkSampling };
}

const options = z.strictObject({
  json: z.boolean().default(false).describe('one JSON line per case and quantity on stdout'),
});

/** Every folder below `root` that holds a `fixture.json`. */
async function fixturesBelow(root: string): Promise<readonly string[]> {
  const found = await stat(root).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new Error(`${root}: expected a folder of fixtures, found none; check the path`);
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile() && file.name === 'fixture.json')
    .map((file) => file.parentPath)
    .sort();
}

/** Python's json module writes NaN and Infinity, which JSON does not have; they become null. */
function parsePythonJson(text: string): unknown {
  return JSON.parse(text.replaceAll(/(?<=[[:,]\s*)-?(?:NaN|Infinity)(?=\s*[,\]}])/g, 'null'));
}

async function* checkFixture(folder: string): AsyncIterable<ParityResult> {
  const name = basename(folder);
  let manifest: unknown;
  try {
    manifest = parsePythonJson(await readFile(join(folder, 'fixture.json'), 'utf8'));
  } catch (error) {
    yield failure(name, 'fixture.json', (error as Error).message);
    return;
  }
  const kind = z.looseObject({ kind: z.string() }).safeParse(manifest).data?.kind;
  const checkers = await loadCheckers();
  const checker = kind === undefined ? undefined : checkers[kind];
  if (checker === undefined) {
    const known = Object.keys(checkers).join(', ');
    yield failure(name, 'kind', `expected one of ${known}, found ${JSON.stringify(kind)}`);
    return;
  }
  for await (const result of checker(folder, manifest)) {
    yield { ...result, case: `${name}/${result.case}` };
  }
}

function line(result: ParityResult): string {
  const figure = (value: number): string => (Number.isFinite(value) ? value.toExponential(1) : '–');
  const columns = [
    result.pass ? 'PASS' : 'FAIL',
    result.case,
    result.quantity,
    `abs ${figure(result.maxAbs)}`,
    `rel ${figure(result.maxRel)}`,
    `tolerance ${result.tolerance === 0 ? 'equal' : figure(result.tolerance)}`,
  ];
  return `${columns.join('  ')}${result.note === undefined ? '' : `  ${result.note}`}\n`;
}

async function run(folders: readonly string[], json: boolean, io: Io): Promise<0 | 1> {
  let [passed, failed] = [0, 0];
  for (const root of folders) {
    const fixtures = await fixturesBelow(root);
    if (fixtures.length === 0)
      throw new UsageError(`${root}: expected a fixture.json below it, found none`);
    for (const folder of fixtures) {
      for await (const result of checkFixture(folder)) {
        if (result.pass) passed++;
        else failed++;
        const place = relative(dirname(root), folder);
        io.out(json ? `${JSON.stringify({ ...result, fixture: place })}\n` : line(result));
        if (io.signal.aborted) return 1;
      }
    }
  }
  io.err(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

/** `vl-rethinker parity <folder…>` */
export const parity: Command<typeof options> = {
  name: 'parity',
  summary: 'compare model, processor and sampler with fixtures made by transformers',
  positionals: '<folder>...',
  help:
    'Walks each folder, finds every fixture.json, and prints for each case and quantity the largest ' +
    'absolute and relative difference, the tolerance, and PASS or FAIL. A kind of case or a tensor ' +
    'that it does not know fails. Exit code 1 when anything fails.',
  options,
  async run({ options: { json }, positionals }, io) {
    if (positionals.length === 0) throw new UsageError('expected a folder of fixtures');
    return await run(positionals, json, io);
  },
};
