import type { RunReader, RunSummary } from '#run';
import { summarise } from '#run';
import type { Change } from './change.ts';
import { duration, number, percent, points, probability } from './format.ts';
import { rethinksByForce } from './rethinks.ts';

/** One figure of a run, large, with the words that go with it. */
export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

/** What a run is and how it went, in a few figures. */
export interface RunGlance {
  readonly summary: RunSummary;
  /** `finished`, `running or stopped`. */
  readonly state: string;
  readonly preset: string;
  readonly tiles: readonly Tile[];
}

export function glance(run: RunReader, change: Change | undefined): RunGlance {
  const summary = summarise(run);
  const config = summary.head.config as { readonly preset?: string } | null;
  return {
    summary,
    state: summary.finished ? 'finished' : 'not finished',
    preset: config?.preset ?? '',
    tiles: [
      accuracy(run, change),
      sameProblems(change),
      course(run, 'reward/mean', 'Reward in training', 'right responses, sampled'),
      course(
        run,
        'group/effective_fraction',
        'Groups that teach',
        'neither all right nor all wrong',
      ),
      replayed(run),
      course(
        run,
        'native_wait/fraction',
        'Rethinking by itself',
        'responses with a “Wait” of their own',
      ),
      forced(run),
      wallTime(run),
    ],
  };
}

/** The mean of a metric over its whole run; null without values. */
function valuesOf(run: RunReader, name: string): readonly number[] {
  return run.series(name).flatMap(({ value }) => value ?? []);
}

function accuracy(run: RunReader, change: Change | undefined): Tile {
  const name = 'Accuracy, greedy';
  const values = valuesOf(run, 'eval/validation/accuracy');
  const errors = valuesOf(run, 'eval/validation/stderr');
  const n = valuesOf(run, 'eval/validation/n').at(-1);
  const [first] = values;
  const last = values.at(-1);
  if (first === undefined || last === undefined) {
    return { name, value: '–', note: 'this run was not validated' };
  }
  const error = errors.at(-1);
  const interval = error === undefined ? '' : ` ± ${(196 * error).toFixed(1)}`;
  const from = values.length < 2 ? 'the base alone' : `from ${percent(first)}`;
  const template = change === undefined ? '' : `, template ${change.template}`;
  return {
    name,
    value: percent(last),
    note: `${from}${interval === '' ? '' : `, 95 % interval${interval}`}, n ${n ?? 0}${template}`,
  };
}

function sameProblems(change: Change | undefined): Tile {
  const name = 'Same problems, base → end';
  if (change === undefined || change.shared === 0) {
    return { name, value: '–', note: 'needs two validations of the same problems' };
  }
  const { fixed, broken, shared, pValue, rightAfter, rightBefore } = change;
  return {
    name,
    value: `${points((rightAfter - rightBefore) / shared)} points`,
    note: `${fixed.length} fixed, ${broken.length} broken of ${shared}; exact McNemar p ${probability(pValue)}`,
  };
}

function course(run: RunReader, metric: string, name: string, note: string): Tile {
  const values = valuesOf(run, metric);
  const [first] = values;
  const last = values.at(-1);
  if (first === undefined || last === undefined) return { name, value: '–', note };
  return { name, value: percent(last), note: `from ${percent(first)}; ${note}` };
}

function replayed(run: RunReader): Tile {
  const name = 'Replayed';
  const values = valuesOf(run, 'replay/share');
  if (values.length === 0) return { name, value: '–', note: 'batch.mode is not ssr' };
  const mean = (some: readonly number[]) => some.reduce((a, b) => a + b, 0) / some.length;
  const tenth = Math.max(1, Math.round(values.length / 10));
  return {
    name,
    value: percent(mean(values.slice(-tenth))),
    note: `of the batch, last tenth of the steps; from ${percent(mean(values.slice(0, tenth)))}`,
  };
}

function forced(run: RunReader): Tile {
  const name = 'Rethinking by force';
  const total = (metric: string) => valuesOf(run, metric).reduce((a, b) => a + b, 0);
  if (!rethinksByForce(run) || valuesOf(run, 'rethink/kept').length === 0) {
    return { name, value: '–', note: 'off in this run' };
  }
  const fixed = total('rethink/wrong_to_right/all');
  const broken = total('rethink/right_to_wrong/all');
  return {
    name,
    value: `${number(fixed)} / ${number(broken)}`,
    note: `wrong → right / right → wrong; ${number(total('rethink/kept'))} kept`,
  };
}

function wallTime(run: RunReader): Tile {
  const name = 'Time';
  const total = valuesOf(run, 'time/total').reduce((a, b) => a + b, 0);
  if (total === 0) return { name, value: '–', note: 'no iteration is over yet' };
  const phases = ['rollout', 'rethink', 'logprob', 'update', 'eval'].map((phase) => ({
    phase,
    seconds: valuesOf(run, `time/${phase}`).reduce((a, b) => a + b, 0),
  }));
  const [most] = phases.sort((a, b) => b.seconds - a.seconds);
  const share = most === undefined ? '' : `; ${percent(most.seconds / total)} in ${most.phase}`;
  return {
    name,
    value: duration(total),
    note: `${valuesOf(run, 'time/total').length} iterations${share}`,
  };
}
