import type { RunReader } from '#run';
import type { Answers } from '../assess/answers.ts';
import { assess, gain } from '../assess/assessment.ts';
import type { Assessment, Gain } from '../assess/assessment.ts';
import { table } from '../table.ts';

/** What the three checkpoints answered, in the order of training. */
export interface Measurements {
  readonly base: readonly Answers[];
  readonly stage1: readonly Answers[];
  readonly stage2: readonly Answers[];
}

/** Everything the quickstart found out, as data. */
export interface Summary {
  readonly base: Assessment;
  readonly stage1: Assessment;
  readonly stage2: Assessment;
  /** Greedy, without a trigger, on the same problems. */
  readonly gains: {
    readonly stage1: Gain;
    readonly forced: Gain;
    readonly stage2: Gain;
  };
}

export function summaryOf({ base, stage1, stage2 }: Measurements): Summary {
  const right = (all: readonly Answers[]) => all.map(({ greedy }) => greedy.correct);
  const behindTrigger = stage1.map(({ greedy, forced }) => (forced ?? greedy).correct);
  return {
    base: assess(base),
    stage1: assess(stage1),
    stage2: assess(stage2),
    gains: {
      stage1: gain(right(base), right(stage1)),
      forced: gain(right(stage1), behindTrigger),
      stage2: gain(right(stage1), right(stage2)),
    },
  };
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const points = (value: number): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}`;

/** The table of the three checkpoints, and what changed between them. */
export function summaryLines({ base, stage1, stage2, gains }: Summary): readonly string[] {
  const all = [base, stage1, stage2];
  const row = (title: string, of: (one: Assessment) => string) => [title, ...all.map(of)];
  const right = (title: string) => ({ title, align: 'right' as const });
  const rows = [
    row('right, greedy', ({ greedy }) => percent(greedy.share)),
    row('  95 % interval', ({ greedy: { low, high } }) => interval(low, high)),
    row('right behind a trigger', ({ forced }) => percent(forced.share)),
    row('  it fixed / broke', ({ forced }) => `${forced.fixed} / ${forced.broken}`),
    row('waits by itself, greedy', ({ waits }) => percent(waits.share)),
    row('  they fixed / broke', ({ waits }) => `${waits.fixed} / ${waits.broken}`),
    row('waits by itself, sampled', ({ sampledWaits }) => percent(sampledWaits?.share ?? 0)),
    row('tokens per answer', ({ tokens }) => tokens.toFixed(0)),
  ];
  const columns = [{ title: '' }, ...['base', 'stage 1', 'stage 2'].map(right)];
  return [
    `${base.problems} unseen puzzles`,
    ...table(columns, rows),
    '',
    `base → stage 1               ${gainText(gains.stage1)}`,
    `stage 1 → with a trigger     ${gainText(gains.forced)}`,
    `stage 1 → stage 2            ${gainText(gains.stage2)}`,
  ];
}

const interval = (low: number, high: number): string =>
  `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}`;

function gainText({ gain: middle, low, high, fixed, broken }: Gain): string {
  const sure = low > 0 || high < 0 ? '' : ', not told apart from chance';
  return `${points(middle)} points (95 %: ${points(low)} to ${points(high)}${sure}); ${fixed} became right, ${broken} wrong`;
}

const bars = '▁▂▃▄▅▆▇█';

/** A course in the shape of a line of blocks, from 0 to 1. */
function blocks(values: readonly number[]): string {
  const top = bars.length - 1;
  return values.map((value) => bars[Math.round(Math.min(1, Math.max(0, value)) * top)]).join('');
}

/** How groups vanish and how replay fills their places, over the run of a stage. */
export function courseLines(title: string, run: RunReader): readonly string[] {
  const known = (name: string) => run.series(name).flatMap(({ value }) => value ?? []);
  const vanishing = known('group/effective_fraction').map((share) => 1 - share);
  const replay = perIteration(run);
  const reward = known('reward/correct_mean');
  const rows: [string, readonly number[]][] = [
    ['right in training', reward],
    ['groups without a signal', vanishing],
    ['batch from replay', replay],
  ];
  return [
    title,
    ...rows
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => {
        const ends = `${percent(values[0] ?? 0)} → ${percent(values.at(-1) ?? 0)}`;
        return `  ${name.padEnd(24)} ${blocks(values)}  ${ends}`;
      }),
  ];
}

/** Mean share of replayed samples in the steps of each iteration. */
function perIteration(run: RunReader): readonly number[] {
  const steps = Map.groupBy(run.series('replay/share'), ({ iteration }) => iteration);
  return [...steps.values()].map((own) => {
    const values = own.flatMap(({ value }) => value ?? []);
    return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  });
}
