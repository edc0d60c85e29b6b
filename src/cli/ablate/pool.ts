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

/** A row of `passrates.jsonl`. */
interface Tally {
  readonly id: string;
  readonly n: number;
  readonly correct: number;
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
  const folder = join(bench.out, 'pool');
  const path = join(folder, 'problems.jsonl');
  demandSameBase(folder, { weights: bench.weights, ...plan });
  if (!existsSync(path)) {
    let rows = await drawCandidates(folder, plan, bench);
    const tallies: Tallies = new Map();
    for (const [index, round] of plan.rounds.entries()) {
      rows = choosePool(rows, tallies, round.problems);
      await measure({ folder, rows, round: index, responses: round.responses, tallies }, bench);
    }
    writeRows(path, choosePool(rows, tallies, plan.problems));
  }
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { path, hash };
}

/** By problem: the responses that were drawn so far, and how many of them were right. */
type Tallies = Map<string, Omit<Tally, 'id'>>;

async function drawCandidates(
  folder: string,
  plan: PoolPlan,
  { child, signal }: Omit<Bench, 'pool'>,
): Promise<readonly Row[]> {
  const candidates = join(folder, 'candidates');
  const file = join(candidates, 'problems.jsonl');
  if (!existsSync(file)) {
    const n = String(plan.rounds[0]?.problems);
    const args = ['data', 'puzzles', '--out', candidates, '--n', n, '--seed', '77', '--force'];
    await child({ args, log: join(folder, 'log.txt'), signal });
  }
  return (linesOf(file) as readonly Row[]).map((row) => located(row, candidates));
}

interface Round {
  readonly folder: string;
  readonly rows: readonly Row[];
  /** Counted from 0; also the seed, so that no round repeats the draws of another. */
  readonly round: number;
  readonly responses: number;
  /** Counts of the rounds before, to which this one's are added. */
  readonly tallies: Tallies;
}

/** @throws AblationError: no problem is solved now and then. */
async function measure(
  { folder, rows, round, responses, tallies }: Round,
  { model, child, signal }: Omit<Bench, 'pool'>,
): Promise<void> {
  const rates = join(folder, `passrates-${round + 1}`);
  const data = join(folder, `round-${round + 1}.jsonl`);
  writeRows(data, rows);
  const args = [
    'passrate',
    '--model',
    model,
    '--data',
    data,
    '--n',
    String(responses),
    '--seed',
    String(round),
    '--max-tokens',
    '192',
    '--min-pixels',
    String(settings['vision.minPixels']),
    '--max-pixels',
    String(settings['vision.maxPixels']),
    '--out',
    rates,
  ];
  await child({ args, log: join(folder, 'log.txt'), signal });
  for (const { id, n, correct } of linesOf(join(rates, 'passrates.jsonl')) as readonly Tally[]) {
    const before = tallies.get(id) ?? { n: 0, correct: 0 };
    tallies.set(id, { n: before.n + n, correct: before.correct + correct });
  }
  if (![...tallies.values()].some(({ n, correct }) => correct > 0 && correct < n)) {
    throw new AblationError(
      `${rates}: none of ${tallies.size} puzzles is solved now and then, so nothing would teach; is the base one for these puzzles?`,
    );
  }
}

/** @throws AblationError: the pool that is there was chosen by another base, or to another plan. */
function demandSameBase(folder: string, made: PoolPlan & { readonly weights: string }): void {
  const path = join(folder, 'made-for.json');
  const key = JSON.stringify(made);
  if (!existsSync(path)) writePage(path, `${key}\n`);
  else if (readFileSync(path, 'utf8').trim() !== key) {
    throw new AblationError(
      `${folder} was chosen by another model or to another plan; choose another --out, or move it away`,
    );
  }
}

/** Rollouts of a group, which teaches unless all of them are right or all are wrong. */
const group = 8;

/** The problems whose groups are least likely to teach; chance decides between equal ones. */
export function choosePool<Problem extends { readonly id: string }>(
  rows: readonly Problem[],
  tallies: ReadonlyMap<string, Omit<Tally, 'id'>>,
  problems: number,
): readonly Problem[] {
  if (tallies.size === 0) return rows.slice(0, problems);
  const random = createSeed(77).at('pool').stream();
  const measured = [...random.permutation(rows.length)].flatMap((index) => {
    const row = rows[index];
    const tally = row === undefined ? undefined : tallies.get(row.id);
    if (row === undefined || tally === undefined) return [];
    const rate = tally.correct / tally.n;
    return [{ row, teaches: 1 - rate ** group - (1 - rate) ** group }];
  });
  return measured
    .sort((a, b) => a.teaches - b.teaches)
    .slice(0, problems)
    .map(({ row }) => row);
}

function linesOf(path: string): readonly unknown[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line): unknown => JSON.parse(line));
}

function writeRows(path: string, rows: readonly Row[]): void {
  writePage(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
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
