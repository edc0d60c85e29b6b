import type { RunReader, RunSummary } from '#run';
import { table } from './table.ts';
import { paint } from './text.ts';

const courseColumns = [
  ['reward', 'reward/mean'],
  ['final', 'reward/final_mean'],
  ['effective', 'group/effective_fraction'],
  ['all right', 'group/all_correct_fraction'],
  ['length', 'response/length_mean'],
  ['kept', 'rethink/kept'],
  ['fixed', 'rethink/wrong_to_right/all'],
  ['broken', 'rethink/right_to_wrong/all'],
  ['waits', 'native_wait/fraction'],
  ['seconds', 'time/total'],
] as const;

/** What a run is, where it stands, and how it went, iteration by iteration. */
export function summaryLines(
  run: RunReader,
  { head, iteration, step, finished, alarms, best, last, lastEventAt }: RunSummary,
  color: boolean,
): readonly string[] {
  const preset = (head.config as { readonly preset?: string } | null)?.preset;
  const state = finished ? 'finished' : `iteration ${iteration}, step ${step}`;
  return [
    paint(color, 'bold', [head.name, ...(preset === undefined ? [] : [preset])].join('  ')),
    `begun ${head.startedAt}, last event ${lastEventAt ?? 'none'}: ${state}`,
    ...Object.entries(head.versions).map(([name, value]) => `${name} ${value}`),
    ...head.stamps.map((stamp) => paint(color, 'yellow', `! ${stamp}`)),
    `best checkpoint ${best === undefined ? 'none' : `${best.name} (${best.score?.toFixed(4)})`}, last ${last?.name ?? 'none'}`,
    ...gateLines(run),
    ...alarmLines(alarms).map((line) => paint(color, 'red', line)),
    '',
    ...course(run),
  ];
}

/** Each alarm once, in its last words, and how often it was raised. */
function alarmLines(alarms: RunSummary['alarms']): readonly string[] {
  return [...Map.groupBy(alarms, ({ name }) => name)].map(([name, raised]) => {
    const times = raised.length === 1 ? '' : ` (${raised.length} times)`;
    return `alarm ${name}${times}: ${raised.at(-1)?.message ?? ''}`;
  });
}

function gateLines(run: RunReader): readonly string[] {
  const started = run.eventsOf('started')[0]?.data as
    | { readonly gate?: readonly { readonly name: string; readonly found: string }[] }
    | undefined;
  return (started?.gate ?? []).map(({ name, found }) => `gate ${name}: ${found}`);
}

function course(run: RunReader): readonly string[] {
  const series = courseColumns.map(([, name]) => byIteration(run, name));
  const replay = meanByIteration(run, 'replay/share');
  const validation = byIteration(run, 'eval/reward_mean');
  const iterations = [...new Set([...(series[0]?.keys() ?? []), ...validation.keys()])].sort(
    (a, b) => a - b,
  );
  const rows = iterations.map((iteration) => [
    `${iteration}`,
    shown(validation.get(iteration)),
    ...series.map((values) => shown(values.get(iteration))),
    shown(replay.get(iteration)),
  ]);
  const titles = ['iteration', 'validation', ...courseColumns.map(([title]) => title), 'replay'];
  return table(
    titles.map((title) => ({ title, align: 'right' as const })),
    rows,
  );
}

function byIteration(run: RunReader, name: string): ReadonlyMap<number, number | null> {
  return new Map(run.series(name).map(({ iteration, value }) => [iteration, value]));
}

function meanByIteration(run: RunReader, name: string): ReadonlyMap<number, number | null> {
  const groups = Map.groupBy(run.series(name), ({ iteration }) => iteration);
  return new Map(
    [...groups].map(([iteration, values]) => [
      iteration,
      values.reduce((sum, { value }) => sum + (value ?? 0), 0) / values.length,
    ]),
  );
}

function shown(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return Number.isInteger(value) ? `${value}` : value.toFixed(3);
}
