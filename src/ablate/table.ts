import type { Block } from './cell.ts';
import { jobId } from './cell-id.ts';
import type { CellResult } from './result.ts';
import type { Ended } from './schedule.ts';
import type { Estimate } from './statistics.ts';
import { estimate, pairedDifference } from './statistics.ts';
import { paperRows } from './paper-table.ts';

/** A row of the result: a cell over its seeds. */
export interface Row {
  readonly cell: string;
  readonly title: string;
  readonly seeds: number;
  readonly failures: readonly string[];
  /** Greedy accuracy, and its difference to the block's baseline, pair by pair of seeds. */
  readonly accuracy: Estimate | undefined;
  readonly difference: Estimate | undefined;
  /** Accuracy when a trigger is put behind every greedy answer. */
  readonly forced: Estimate | undefined;
  readonly fixed: number;
  readonly broken: number;
  /** Sampled responses that wait by themselves. */
  readonly waits: Estimate | undefined;
  readonly effective: readonly [first: Estimate | undefined, last: Estimate | undefined];
  readonly batch: Estimate | undefined;
  readonly rollouts: number | null;
  readonly steps: number | null;
  readonly sampledTokens: Estimate | undefined;
  readonly seconds: Estimate | undefined;
  /** The paper's mean over five benchmarks, percent, where it has this row. */
  readonly paper: number | null;
}

export interface BlockTable {
  readonly title: string;
  readonly baseline: string;
  readonly rows: readonly Row[];
  /** What keeps its cells from being compared as they stand. */
  readonly notes: readonly string[];
}

/** Everything that was measured, block by block. */
export function tableOf(
  blocks: readonly Block[],
  results: readonly CellResult[],
  ended: readonly Ended[],
): readonly BlockTable[] {
  return blocks.map((block): BlockTable => {
    const rows = block.cells.map((cell): Row => {
      const own = results.filter((result) => result.cell === cell.name);
      const base = results.filter((result) => result.cell === block.baseline);
      const failures = ended.flatMap(({ job, failure }) =>
        job.cell.name === cell.name && failure !== undefined
          ? [`${jobId(cell.name, job.seed)}: ${failure}`]
          : [],
      );
      return {
        ...measured(own),
        cell: cell.name,
        title: cell.title,
        seeds: own.length,
        failures,
        difference:
          cell.name === block.baseline ? undefined : pairedDifference(bySeed(own), bySeed(base)),
        paper: cell.paperRow === undefined ? null : (paperRows[cell.paperRow] ?? null),
      };
    });
    return { title: block.title, baseline: block.baseline, rows, notes: notesOf(rows) };
  });
}

function measured(own: readonly CellResult[]) {
  const over = (of: (result: CellResult) => number | undefined) =>
    estimate(own.flatMap((result) => of(result) ?? []));
  return {
    accuracy: over(({ assessed }) => assessed.greedy.share),
    forced: over(({ assessed }) => assessed.forced.share),
    fixed: own.reduce((sum, { assessed }) => sum + assessed.forced.fixed, 0),
    broken: own.reduce((sum, { assessed }) => sum + assessed.forced.broken, 0),
    waits: over(({ assessed }) => (assessed.sampledWaits ?? assessed.waits).share),
    effective: [
      over(({ curves }) => curves.effective[0]?.[1]),
      over(({ curves }) => curves.effective.at(-1)?.[1]),
    ] as const,
    batch: over(({ curves }) => curves.batch.at(-1)?.[1]),
    rollouts: same(own.map(({ rollouts }) => rollouts)),
    steps: same(own.map(({ steps }) => steps)),
    sampledTokens: over(({ sampledTokens }) => sampledTokens),
    seconds: over(({ seconds }) => seconds),
  };
}

function bySeed(results: readonly CellResult[]): ReadonlyMap<number, number> {
  return new Map(results.map(({ seed, assessed }) => [seed, assessed.greedy.share]));
}

/** The one value that all have; null where they differ. */
function same(values: readonly number[]): number | null {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : null;
}

/** Equal rollouts and steps are what makes cells comparable: said aloud where they are not. */
function notesOf(rows: readonly Row[]): readonly string[] {
  const done = rows.filter(({ seeds }) => seeds > 0);
  const differ = (of: (row: Row) => number | null) => new Set(done.map(of)).size > 1;
  return [
    ...(differ(({ rollouts }) => rollouts)
      ? ['The cells did not sample equally many first answers.']
      : []),
    ...(differ(({ steps }) => steps)
      ? [
          'The cells did not take equally many steps: batches with nothing to learn from are skipped.',
        ]
      : []),
    ...(differ(({ seeds }) => seeds) ? ['Not every cell has every seed.'] : []),
    ...(done.some(({ seeds }) => seeds === 1) ? ['A single seed has no interval.'] : []),
  ];
}
