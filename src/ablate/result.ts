import type { RunReader } from '#run';
import { readRun } from '#run';

/** What an evaluation of a checkpoint says; as `vl-rethinker assess --json` writes it. */
export interface Assessed {
  readonly problems: number;
  readonly greedy: Counted;
  readonly forced: Counted & Changed;
  readonly waits: Counted & Changed;
  readonly sampledWaits: (Counted & Changed) | null;
  readonly passAt1: { readonly share: number } | null;
}

interface Counted {
  readonly count: number;
  readonly n: number;
  readonly share: number;
}

interface Changed {
  readonly fixed: number;
  readonly broken: number;
}

/** A curve over optimizer steps. */
export type Curve = readonly (readonly [step: number, value: number])[];

/** What a cell at a seed came to: kept in `result.json`, so that it is never run again. */
export interface CellResult {
  readonly format: 1;
  readonly cell: string;
  readonly seed: number;
  /** Hash of everything that decides the result. */
  readonly fingerprint: string;
  readonly assessed: Assessed;
  /** First answers, steps, sampled tokens, seconds of the training run. */
  readonly rollouts: number;
  readonly steps: number;
  readonly sampledTokens: number;
  readonly seconds: number;
  readonly curves: Readonly<Record<CurveName, Curve>>;
  /** Counts of advantages in the batches of the last iteration, bins of 1/8 from −1. */
  readonly trained: readonly number[];
  readonly trainedZero: number;
}

const curveMetrics = {
  effective: 'group/effective_fraction',
  allRight: 'group/all_correct_fraction',
  allWrong: 'group/all_wrong_fraction',
  validation: 'eval/validation/accuracy',
  reward: 'reward/mean',
  batch: 'batch/size',
  replay: 'replay/share',
  waits: 'native_wait/fraction',
} as const;
export type CurveName = keyof typeof curveMetrics;

/** Everything that is compared between training runs, read from the store of one. */
export function trainingOf(
  folder: string,
): Omit<CellResult, 'format' | 'cell' | 'seed' | 'fingerprint' | 'assessed'> {
  using run = readRun(folder);
  const collected = run.eventsOf('collected');
  const rollouts = collected.reduce((sum, { iteration }) => sum + countRollouts(run, iteration), 0);
  const names = Object.keys(curveMetrics) as CurveName[];
  const curves = Object.fromEntries(names.map((name) => [name, curveOf(run, curveMetrics[name])]));
  return {
    rollouts,
    steps: run.eventsOf('stepped').length,
    sampledTokens: total(run, 'tokens/sampled'),
    seconds: total(run, 'time/total'),
    curves: curves as Readonly<Record<CurveName, Curve>>,
    ...trainedAdvantages(run, collected.at(-1)?.iteration ?? 0),
  };
}

/** First answers of an iteration; the store keeps one row for each. */
function countRollouts(run: RunReader, iteration: number): number {
  const most = 1024;
  for (let offset = 0; ; offset += most) {
    const found = run.rollouts({ iteration, limit: most, offset }).length;
    if (found < most) return offset + found;
  }
}

function curveOf(run: RunReader, metric: string): Curve {
  return run
    .series(metric)
    .flatMap(({ step, value }) => (value === null ? [] : [[step, value] as const]));
}

function total(run: RunReader, metric: string): number {
  return run.series(metric).reduce((sum, { value }) => sum + (value ?? 0), 0);
}

const bins = 16;

/** What the steps of an iteration were made of: a sample counts as often as it was trained on. */
function trainedAdvantages(
  run: RunReader,
  iteration: number,
): Pick<CellResult, 'trained' | 'trainedZero'> {
  const trained = Array.from({ length: bins }, () => 0);
  let zero = 0;
  const steps = run.eventsOf('stepped').filter((event) => event.iteration === iteration);
  const first = Math.min(...steps.map(({ step }) => step));
  const last = Math.max(...steps.map(({ step }) => step));
  for (const { id, advantage } of run.rollouts({ iteration, limit: 8192 })) {
    if (advantage === null) continue;
    const uses = run.uses(id).filter(({ step }) => step >= first && step <= last).length;
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(((advantage + 1) * bins) / 2)));
    trained[bin] = (trained[bin] ?? 0) + uses;
    if (advantage === 0) zero += uses;
  }
  return { trained, trainedZero: zero };
}
