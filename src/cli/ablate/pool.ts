import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PoolPlan } from '#ablate';
import { AblationError } from '#ablate';
import { presets } from '#configs';
import { writePage } from '#report';
import { createSeed } from '#run';
import type { Bench } from './cell-run.ts';

/** Pictures as large as in training: a base that sees other sizes solves nothing. */
const { settings = {} } = presets.find(({ name }) => name === 'reasoner-tiny') ?? {};

/** A row of a problem file, as far as a pool cares. */
interface Row {
  readonly id: string;
  readonly image?: readonly string[] | string;
  readonly images?: readonly string[] | string;
}

/**
 * Problems of which few teach at the start: puzzles are drawn, their pass rate is measured with responses
 * of the base, and those that are nearly always or nearly never solved are kept. Finished parts are not
 * made again.
 */
export async function makePool(
  plan: PoolPlan,
  bench: Omit<Bench, 'pool'>,
): Promise<NonNullable<Bench['pool']>> {
  const { out, model, child, signal } = bench;
  const folder = join(out, 'pool');
  const path = join(folder, 'problems.jsonl');
  demandSameBase(folder, { weights: bench.weights, ...plan });
  if (!existsSync(path)) {
    const log = join(folder, 'log.txt');
    const candidates = join(folder, 'candidates');
    const rates = join(folder, 'passrates');
    const file = join(candidates, 'problems.jsonl');
    if (!existsSync(file)) {
      const draw = [
        'data',
        'puzzles',
        '--out',
        candidates,
        '--n',
        String(plan.candidates),
        '--seed',
        '77',
        '--force',
      ];
      await child({ args: draw, log, signal });
    }
    const ask = [
      'passrate',
      '--model',
      model,
      '--data',
      candidates,
      '--n',
      String(plan.responses),
      '--max-tokens',
      '192',
      '--min-pixels',
      String(settings['vision.minPixels']),
      '--max-pixels',
      String(settings['vision.maxPixels']),
      '--out',
      rates,
    ];
    await child({ args: ask, log, signal });
    const found = ratesIn(join(rates, 'passrates.jsonl'));
    if (![...found.values()].some((rate) => rate > 0 && rate < 1)) {
      throw new AblationError(
        `${rates}: none of ${found.size} puzzles is solved now and then, so nothing would teach; is the base one for these puzzles?`,
      );
    }
    const chosen = choosePool(rowsIn(file), found, plan);
    writePage(path, chosen.map((row) => `${JSON.stringify(located(row, candidates))}\n`).join(''));
  }
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { path, hash };
}

/** @throws AblationError: the pool that is there was chosen by another base, or to another plan. */
function demandSameBase(folder: string, made: PoolPlan & { readonly weights: string }): void {
  const path = join(folder, 'made-for.json');
  const key = JSON.stringify(made);
  if (!existsSync(path)) writePage(path, `${key}\n`);
  else if (readFileSync(path, 'utf8').trim() !== key) {
    throw new AblationError(
      `${folder} was chosen by another model; choose another --out, or move it away`,
    );
  }
}

/** Rollouts of a group, which teaches unless all of them are right or all are wrong. */
const group = 8;

/** The problems whose groups are least likely to teach; chance decides between equal ones. */
export function choosePool<Problem extends { readonly id: string }>(
  rows: readonly Problem[],
  rates: ReadonlyMap<string, number>,
  { problems }: Pick<PoolPlan, 'problems'>,
): readonly Problem[] {
  const random = createSeed(77).at('pool').stream();
  const measured = [...random.permutation(rows.length)].flatMap((index) => {
    const row = rows[index];
    const rate = row === undefined ? undefined : rates.get(row.id);
    if (row === undefined || rate === undefined) return [];
    return [{ row, teaches: 1 - rate ** group - (1 - rate) ** group }];
  });
  return measured
    .sort((a, b) => a.teaches - b.teaches)
    .slice(0, problems)
    .map(({ row }) => row);
}

function rowsIn(path: string): readonly Row[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Row);
}

function ratesIn(path: string): ReadonlyMap<string, number> {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const rates = lines.map((line) => JSON.parse(line) as { id: string; passRate: number });
  return new Map(rates.map(({ id, passRate }) => [id, passRate]));
}

/** Pictures stay where they are; their paths become whole. */
function located(row: Row, folder: string): Row {
  const whole = (paths: readonly string[] | string) =>
    typeof paths === 'string' ? join(folder, paths) : paths.map((one) => join(folder, one));
  return {
    ...row,
    ...(row.image === undefined ? {} : { image: whole(row.image) }),
    ...(row.images === undefined ? {} : { images: whole(row.images) }),
  };
}
