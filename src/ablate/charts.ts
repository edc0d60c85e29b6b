import type { Chart, Point, Series } from '#report';
import type { CellResult, Curve, CurveName } from './result.ts';
import { figure2, figure5, figure7 } from './paper-figures.ts';
import type { PaperFigure } from './paper-figures.ts';
import { estimate } from './statistics.ts';

type Bare = Omit<Chart, 'help' | 'series' | 'title' | 'id'>;
const overSteps: Bare = {
  kind: 'lines',
  x: { label: 'optimizer step' },
  y: { label: 'share of groups', format: 'share', from: 0, to: 1 },
  colors: 'names',
};

/** Outcomes of groups in their colours. */
const outcomes = [
  { curve: 'effective', name: 'effective', color: 0 },
  { curve: 'allRight', name: 'all right', color: 2 },
  { curve: 'allWrong', name: 'all wrong', color: 1 },
] as const;

/** Fig. 2: ours for every cell, the paper's beside it. */
export function groupCharts(results: readonly CellResult[]): readonly Chart[] {
  const cells = [...Map.groupBy(results, ({ cell }) => cell)];
  const ours = cells.map(([cell, own]): Chart => {
    const series = outcomes.map(({ curve, name, color }) => ({
      name,
      color,
      points: meanCurve(own.map(({ curves }) => curves[curve])),
    }));
    const help = `Mean over ${seeds(own)}; the band is the 95 % interval.`;
    return { ...overSteps, id: `groups-${cell}`, title: `Groups: ${cell}`, help, series };
  });
  const colors = outcomes.map(({ color }) => color);
  return [...ours, paperCurve(figure2, overSteps, colors)];
}

/** Fig. 5: validation accuracy of the ways to make a batch. */
export function validationCharts(
  results: readonly CellResult[],
  cells: readonly string[],
): readonly Chart[] {
  const y = { label: 'validation accuracy', format: 'share' } as const;
  const ours: Chart = {
    ...overSteps,
    y,
    id: 'validation',
    title: 'Validation accuracy, measured here',
    help: 'Greedy, mean over seeds; the band is the 95 % interval over seeds.',
    series: cells.flatMap((cell, color) => seriesOf(results, { cell, color, curve: 'validation' })),
  };
  // A series of the paper has the colour of ours, and one of its own where we have none.
  const colors = figure5.series.map(({ name }, index) =>
    cells.includes(name) ? cells.indexOf(name) : cells.length + index,
  );
  return [
    ours,
    paperCurve(figure5, { ...overSteps, y: { ...y, label: 'validation reward' } }, colors),
  ];
}

/** What shows whether batches stay full and how much of them is replayed. */
export function batchCharts(
  results: readonly CellResult[],
  cells: readonly string[],
): readonly Chart[] {
  const plans = [
    { curve: 'batch', title: 'Batch size', y: { label: 'samples', format: 'count', from: 0 } },
    {
      curve: 'replay',
      title: 'Replayed share',
      y: { ...overSteps.y, label: 'share of the batch' },
    },
    {
      curve: 'waits',
      title: 'Rethinking by itself',
      y: { label: 'share of responses', format: 'share', from: 0 },
    },
    { curve: 'reward', title: 'Reward in training', y: { ...overSteps.y, label: 'reward' } },
  ] as const;
  return plans.flatMap(({ curve, title, y }): readonly Chart[] => {
    const series = cells.flatMap((cell, color) => seriesOf(results, { cell, color, curve }));
    if (series.length === 0) return [];
    const help = 'Mean over seeds; the band is the 95 % interval.';
    return [{ ...overSteps, y, id: `curve-${curve}`, title, help, series }];
  });
}

/** Fig. 6: what the last steps were made of; one scale for all, so that heights can be compared. */
export function advantageCharts(
  results: readonly CellResult[],
  cells: readonly string[],
): readonly Chart[] {
  const charts = cells.flatMap((cell, color): readonly Chart[] => {
    const own = results.filter((result) => result.cell === cell);
    const counts = own.flatMap(({ trained }) => trained);
    const all = counts.reduce((a, b) => a + b, 0);
    if (all === 0) return [];
    const size = own[0]?.trained.length ?? 1;
    const points = Array.from({ length: size }, (_, bin): Point => {
      const count = own.reduce((sum, { trained }) => sum + (trained[bin] ?? 0), 0);
      return [rounded(-1 + (2 * bin) / size), rounded(count / all)];
    });
    const zero = own.reduce((sum, { trainedZero }) => sum + trainedZero, 0) / all;
    return [
      {
        kind: 'stack',
        id: `advantages-${cell}`,
        title: `Trained advantages: ${cell}`,
        help: `Batches of the last iteration, ${seeds(own)}; ${(100 * zero).toFixed(1)} % exactly at 0, in the bar that begins there.`,
        x: { label: 'advantage' },
        y: { label: 'share of samples', format: 'share', from: 0 },
        colors: 'names',
        series: [{ name: cell, color, points }],
        cell: { width: 2 / size, height: 0 },
      },
    ];
  });
  const shares = charts.flatMap(({ series }) =>
    series.flatMap(({ points }) => points.map(([, share]) => share ?? 0)),
  );
  const to = Math.ceil(20 * Math.max(...shares, 0)) / 20;
  return charts.map((chart) => ({ ...chart, y: { ...chart.y, to } }));
}

/** Fig. 7: thinking again, forced, trained, and with the answer known. */
export function rethinkingCharts(
  results: readonly CellResult[],
  { reasoner, rethinker }: { readonly reasoner: string; readonly rethinker: string },
): readonly Chart[] {
  const of = (cell: string) => results.filter((result) => result.cell === cell);
  const values = [
    {
      name: 'reasoner',
      color: 0,
      shares: of(reasoner).map(({ assessed }) => assessed.greedy.share),
    },
    {
      name: 'forced at test time',
      color: 4,
      shares: of(reasoner).map(({ assessed }) => assessed.forced.share),
    },
    {
      name: 'rethinker',
      color: 2,
      shares: of(rethinker).map(({ assessed }) => assessed.greedy.share),
    },
    {
      name: 'bound (oracle)',
      color: 7,
      shares: of(reasoner).map(
        ({ assessed }) => (assessed.greedy.count + assessed.forced.fixed) / assessed.greedy.n,
      ),
    },
  ];
  const series = values.flatMap(({ name, color, shares }): readonly Series[] => {
    const found = estimate(shares);
    return found === undefined ? [] : [{ name, color, points: [pointOf(0, shares)] }];
  });
  if (series.length < values.length) return [];
  const y = { label: 'accuracy', format: 'share', from: 0 } as const;
  const own = of(rethinker).map(({ assessed }) => assessed.waits.share);
  const waits = (100 * (estimate(own)?.mean ?? 0)).toFixed(1);
  return [
    {
      ...bars,
      y,
      id: 'rethinking',
      title: `Thinking again, measured here (${reasoner}, ${rethinker})`,
      help: `Greedy accuracy with 95 % intervals over seeds; ${rethinker} thinks again by itself in ${waits} % of the responses. The bound uses the reference answer: it is no accuracy.`,
      series,
    },
    ...paperRethinking(y, values),
  ];
}

const bars = { kind: 'bars', x: { label: '' }, colors: 'names' } as const;

/** The paper's own Fig. 7, a chart for each benchmark, in the colours of ours. */
function paperRethinking(
  y: Chart['y'],
  colors: readonly { readonly color: number }[],
): readonly Chart[] {
  const { figure, source, version, model, series, benchmarks, rethinkingRatios } = figure7;
  return benchmarks.map((benchmark, at) => ({
    ...bars,
    y,
    id: `paper-7-${at}`,
    title: `${figure} of the paper: ${benchmark}`,
    help: `${source} ${version}, ${model}; the rethinker thinks again in about ${rethinkingRatios[at] ?? 0} % of the responses.`,
    series: series.map(({ name, values }, index) => ({
      name,
      color: colors[index]?.color ?? index,
      points: [[0, rounded((values[at] ?? 0) / 100)]],
    })),
  }));
}

function seriesOf(
  results: readonly CellResult[],
  {
    cell,
    color,
    curve,
  }: { readonly cell: string; readonly color: number; readonly curve: CurveName },
): readonly Series[] {
  const own = results.filter((result) => result.cell === cell);
  const points = meanCurve(own.map(({ curves }) => curves[curve]));
  return points.length === 0 ? [] : [{ name: cell, color: color % 10, points }];
}

function paperCurve(figure: PaperFigure, bare: Bare, colors: readonly number[]): Chart {
  return {
    ...bare,
    id: `paper-${figure.figure.replaceAll(/\W/gu, '')}`,
    title: `${figure.figure} of the paper (${figure.model})`,
    help: `${figure.source} ${figure.version}; ${figure.shape}.`,
    x: { label: figure.unit },
    series: figure.series.map(({ name, values }, index) => ({
      name,
      color: colors[index] ?? index,
      points: values.map((value, at): Point => [at, value]),
    })),
  };
}

const mostPoints = 200;

/** The mean at every step that all seeds have, with its interval. */
function meanCurve(curves: readonly Curve[]): readonly Point[] {
  const present = curves.filter((curve) => curve.length > 0);
  const byStep = Map.groupBy(present.flat(), ([step]) => step);
  const common = [...byStep].filter(([, own]) => own.length === present.length);
  const every = Math.max(1, Math.ceil(common.length / mostPoints));
  return common
    .sort(([a], [b]) => a - b)
    .filter((_, index) => index % every === 0)
    .map(([step, own]) =>
      pointOf(
        step,
        own.map(([, value]) => value),
      ),
    );
}

/** A band of what cannot be negative, or of shares, does not leave what is possible. */
function pointOf(x: number, values: readonly number[]): Point {
  const found = estimate(values);
  if (found === undefined) return [x, null];
  const { mean, low, high } = found;
  if (low === null || high === null) return [x, rounded(mean)];
  const least = Math.min(...values) < 0 ? low : Math.max(0, low);
  const most = Math.max(...values) > 1 ? high : Math.min(1, high);
  return [x, rounded(mean), rounded(least), rounded(most)];
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

function seeds(own: readonly CellResult[]): string {
  return own.length === 1 ? 'one seed' : `${own.length} seeds`;
}
