import type { RunReader } from '#run';
import type { Chart, MissingChart, Point, Series } from './chart.ts';
import type { ChartPlan, Drawn } from './chart-list.ts';
import { rethinksByForce } from './rethinks.ts';
import type { Value } from './thin.ts';
import { brief, thinned } from './thin.ts';

/** A run to draw: its reader and what it is called on the page. */
export interface DrawnRun {
  readonly name: string;
  readonly run: RunReader;
}

const mostPoints = 240;
const mostColumns = 120;
/** As many as there are colours to tell apart. */
const mostLines = 10;
const x = { label: 'optimizer step' };

/**
 * One plan as charts. A single run is one chart with its metrics as lines; several runs are laid over
 * each other in one chart per metric, so that colours always mean one thing.
 */
export function chartsOf(
  whole: ChartPlan,
  runs: readonly DrawnRun[],
): readonly (Chart | MissingChart)[] {
  const all = runs.map(({ run, name }) => ({
    name,
    lines: whole.ofRethinking === true && !rethinksByForce(run) ? [] : linesOf(whole, run),
  }));
  const { plan, found } = bounded(whole, all);
  if (found.every(({ lines }) => lines.length === 0)) {
    return [{ id: plan.id, title: plan.title, missing: plan.missing }];
  }
  if (runs.length === 1 || plan.kind === 'stack') {
    return found.flatMap(({ name, lines }, index) => {
      const many = runs.length > 1;
      const id = many ? `${plan.id}-${index}` : plan.id;
      const title = many ? `${plan.title}: ${name}` : plan.title;
      return lines.length === 0 ? [] : [chart(plan, { id, title, colors: 'names' }, lines)];
    });
  }
  const names = [...new Set(found.flatMap(({ lines }) => lines.map((line) => line.name)))];
  return names.map((name, index) => {
    const series = found.flatMap((one) => {
      const line = one.lines.find((each) => each.name === name);
      return line === undefined ? [] : [{ name: one.name, points: line.points }];
    });
    const title = name === '' ? plan.title : `${plan.title}: ${name}`;
    return chart(plan, { id: `${plan.id}-${index}`, title, colors: 'runs' }, series);
  });
}

interface Found {
  readonly name: string;
  readonly lines: readonly Series[];
}

/** Of more lines than there are colours, those that changed most. */
function bounded(
  plan: ChartPlan,
  found: readonly Found[],
): { readonly plan: ChartPlan; readonly found: readonly Found[] } {
  const changes = new Map<string, number>();
  for (const { name, points } of found.flatMap(({ lines }) => lines)) {
    changes.set(name, Math.max(changes.get(name) ?? 0, change(points)));
  }
  if (plan.kind === 'stack' || changes.size <= mostLines) return { plan, found };
  const order = [...changes].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const kept = new Set(order.slice(0, mostLines));
  return {
    plan: { ...plan, help: `${plan.help} Of ${changes.size}, the ${mostLines} that changed most.` },
    found: found.map(({ name, lines }) => ({
      name,
      lines: lines.filter((line) => kept.has(line.name)),
    })),
  };
}

/** From the mean of the first half to that of the second. */
function change(points: readonly Point[]): number {
  const values = points.flatMap(([, value]) => value ?? []);
  const half = Math.ceil(values.length / 2);
  const mean = (some: readonly number[]) =>
    some.reduce((sum, value) => sum + value, 0) / Math.max(1, some.length);
  return Math.abs(mean(values.slice(-half)) - mean(values.slice(0, half)));
}

function chart(
  { help, kind, y, levels, ends }: ChartPlan,
  named: Pick<Chart, 'id' | 'title' | 'colors'>,
  series: readonly Series[],
): Chart {
  return {
    ...named,
    help,
    kind,
    x,
    y,
    series,
    ...(kind === 'stack' ? { cell: stackCell(series, ends) } : {}),
    ...(levels === undefined ? {} : { levels }),
  };
}

function linesOf(plan: ChartPlan, run: RunReader): readonly Series[] {
  const lines = plan.metrics.flatMap((drawn) => {
    return expanded(drawn, run).map((one) => ({ one, values: valuesOf(run, one.metric) }));
  });
  const present = lines.filter(({ values }) => values.some(({ value }) => value !== null));
  // Two lines that are one and the same say nothing more than one.
  const [first, second] = present;
  const same =
    present.length === 2 && JSON.stringify(first?.values) === JSON.stringify(second?.values);
  const told =
    plan.kind === 'stack' ? present.filter(hasHeight) : same ? present.slice(0, 1) : present;
  const most = plan.kind === 'stack' ? mostColumns : mostPoints;
  return told.map(({ one, values }) => ({
    name: one.name,
    ...(one.color === undefined ? {} : { color: one.color }),
    points:
      one.stderr === undefined
        ? flat(thinned(values, most), plan.kind)
        : withInterval(values, valuesOf(run, one.stderr)),
  }));
}

function hasHeight({ values }: { readonly values: readonly Value[] }): boolean {
  return values.some(({ value }) => (value ?? 0) > 0);
}

/** Layers of a stack have no bands. */
function flat(points: readonly Point[], kind: ChartPlan['kind']): readonly Point[] {
  return kind === 'stack' ? points.map(([at, value]) => [Math.round(at), value]) : points;
}

/** `category/*` and the like: one line for every metric of that form, by the name in the star's place. */
function expanded(drawn: Drawn, run: RunReader): readonly Drawn[] {
  const [head, tail] = drawn.metric.split('*');
  if (head === undefined || tail === undefined) return [drawn];
  return run
    .metricNames()
    .filter((name) => name.startsWith(head) && name.endsWith(tail) && name.length > head.length)
    .map((metric) => ({
      metric,
      name: metric.slice(head.length, metric.length - tail.length).replaceAll('_', ' '),
    }));
}

export function valuesOf(run: RunReader, metric: string): readonly Value[] {
  return run.series(metric).map(({ step, value }) => ({ step, value }));
}

/** The 95 % interval by the normal approximation, inside [0, 1]. */
function withInterval(values: readonly Value[], errors: readonly Value[]): readonly Point[] {
  return values.map(({ step, value }, index) => {
    const error = errors[index]?.value;
    if (value === null || error === null || error === undefined) return [step, brief(value)];
    const low = brief(Math.max(0, value - 1.96 * error)) ?? 0;
    const high = brief(Math.min(1, value + 1.96 * error)) ?? 1;
    return [step, brief(value), low, high];
  });
}

/** Greedy accuracy on the validation problems, a line for every template. */
export function validationPlan(runs: readonly DrawnRun[]): ChartPlan {
  const found = runs.flatMap(({ run }) =>
    run.metricNames().filter((name) => /^eval\/validation[^/]*\/accuracy$/u.test(name)),
  );
  // `validation/` itself is the first template, and stands first.
  const names = [...new Set(found)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const config = runs[0]?.run.head().config as ConfigOfEval | null;
  const firstTemplate = config?.eval?.templates?.[0] ?? 'first';
  return {
    id: 'validation',
    title: 'Validation accuracy',
    help: 'Greedy answers to problems that are never trained on, without any trigger; the band is the 95 % interval.',
    kind: 'lines',
    y: { label: 'accuracy', format: 'share' },
    metrics: names.map((metric) => ({
      metric,
      name: templateOf(metric, firstTemplate),
      stderr: metric.replace(/accuracy$/u, 'stderr'),
    })),
    missing: 'This run was not validated: validation.problems is 0, or nothing is published yet.',
  };
}

interface ConfigOfEval {
  readonly eval?: { readonly templates?: readonly string[] };
}

function templateOf(metric: string, first: string): string {
  const [, name = ''] = metric.split('/');
  const template = name.replace(/^validation-?/u, '');
  return `template ${template === '' ? first : template}`;
}

/** Advantages over time: how many samples of an iteration have which advantage. */
export function advantageCharts(runs: readonly DrawnRun[]): readonly (Chart | MissingChart)[] {
  const title = 'Advantages over time';
  const charts = runs.flatMap(({ run, name }, index): readonly Chart[] => {
    const bins = histogramOf(run);
    if (bins.length === 0) return [];
    return [
      advantageChart(bins, `advantages-${index}`, runs.length > 1 ? `${title}: ${name}` : title),
    ];
  });
  if (charts.length > 0) return charts;
  return [{ id: 'advantages', title, missing: 'No iteration has collected rollouts yet.' }];
}

function stackCell(series: readonly Series[], ends: true | undefined): NonNullable<Chart['cell']> {
  const cell = { width: spacing(series[0]?.points ?? []), height: 0 };
  return ends === undefined ? cell : { ...cell, ends };
}

/** The distance of neighbours on the x axis. */
function spacing(points: readonly Point[]): number {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return 1;
  return (last[0] - first[0]) / (points.length - 1);
}

interface Bin {
  readonly k: number;
  readonly values: readonly Value[];
}

function histogramOf(run: RunReader): readonly Bin[] {
  return run
    .metricNames()
    .flatMap((name) => {
      const [, k] = /^advantage\/hist\/(-?\d+)$/u.exec(name) ?? [];
      return k === undefined ? [] : [{ k: Number(k), values: valuesOf(run, name) }];
    })
    .sort((a, b) => a.k - b.k);
}

function advantageChart(bins: readonly Bin[], id: string, title: string): Chart {
  const size = Math.max(1, ...bins.map(({ k }) => k));
  const first = bins[0]?.values ?? [];
  const totals = first.map((_, at) =>
    bins.reduce((sum, { values }) => sum + (values[at]?.value ?? 0), 0),
  );
  const series = bins.map(({ k, values }): Series => {
    const shares = values.map(({ step, value }, at) => ({
      step,
      value: (totals[at] ?? 0) === 0 ? null : (value ?? 0) / (totals[at] ?? 1),
    }));
    const points = thinned(shares, mostColumns).map(([at, share]): Point => [at, share]);
    return { name: String(brief(k / size)), points };
  });
  return {
    id,
    title,
    help: `Share of an iteration’s samples in each bin of the advantage, ${size} bins to a unit; the stronger the colour, the more. What lies at 0 teaches nothing.`,
    kind: 'heat',
    x,
    y: { label: 'advantage', format: 'number', from: -1, to: 1 },
    colors: 'names',
    series,
    cell: { width: spacing(series[0]?.points ?? []), height: 1 / size },
  };
}
