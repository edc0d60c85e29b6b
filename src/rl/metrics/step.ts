import type { StepMetric } from '#policy';
import type { Metrics } from '#run';
import type { Batch } from '../batch.ts';
import type { LossConfig } from '../config.ts';
import type { StepWork } from '../microbatch.ts';
import { largest, mean, ratio, share } from './average.ts';

/** What replay did in one step (algorithm.md 5.2); ratio and clip fraction come from the policy. */
export function replayMetrics(
  { current, replay, rawSize, wanted }: Batch,
  at: {
    readonly iteration: number;
    readonly work: StepWork;
  },
): Metrics {
  const { draws, size, ess, evicted } = replay;
  const ages = draws.map(({ age }) => age);
  const ids = draws.map(({ sample }) => sample.id);
  const fresh = new Set(current.map(({ id }) => id));
  const { actions, replayedActions } = at.work.totals;
  return {
    'replay/share': ratio(draws.length, current.length + draws.length),
    'replay/token_share': ratio(replayedActions, actions),
    'replay/size': size,
    'replay/age': mean(ages),
    'replay/age_max': largest(ages),
    'replay/policy_lag': mean(draws.map(({ iteration }) => at.iteration - iteration)),
    'replay/ess': ess,
    'replay/duplicate_fraction': ratio(ids.length - new Set(ids).size, ids.length),
    'replay/overlap_fraction': share(ids, (id) => fresh.has(id)),
    'replay/abs_advantage_mean': mean(draws.map(({ sample }) => Math.abs(sample.advantage))),
    'replay/correct_fraction': share(draws, ({ sample }) => sample.rollout.verdict.correct),
    'replay/evicted': evicted,
    'replay/drawn': draws.length,
    'replay/wanted': wanted,
    'batch/raw': rawSize,
    'batch/size': current.length + draws.length,
    'batch/zero_fraction': share(
      [...current, ...draws.map(({ sample }) => sample)],
      ({ advantage }) => advantage === 0,
    ),
  };
}

/** Sums what the microbatches of a step returned; extremes stay extremes. */
export function sumStepMetrics(parts: readonly Metrics[]): Metrics {
  const sums: Record<string, number | null> = {};
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) {
      sums[name] = joined(name, sums[name] ?? null, value);
    }
  }
  return sums;
}

function joined(name: string, one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  if (name.endsWith('_max')) return Math.max(one, other);
  if (name.endsWith('_min')) return Math.min(one, other);
  return one + other;
}

const fromPolicy: readonly StepMetric[] = [
  'policy/loss',
  'policy/clip_fraction',
  'policy/clip_high_fraction',
  'policy/clip_low_fraction',
  'policy/ratio_mean',
  'policy/ratio_max',
  'policy/ratio_min',
  'policy/entropy',
  'policy/approx_kl',
  'replay/ratio_mean',
  'replay/clip_fraction',
  'nll/loss',
  'kl/ref',
];

/**
 * Losses and statistics of one step (algorithm.md 5.3 and 5.4). `nll/loss` is 0 where nothing is
 * imitated, the other values are null where there was nothing to measure.
 */
export function lossMetrics(
  sums: Metrics,
  { totals, imitated, effectiveTokens }: StepWork,
  loss: LossConfig,
): Metrics {
  const found = Object.fromEntries(fromPolicy.map((name) => [name, sums[name] ?? null]));
  const nll = totals.imitate === 0 ? 0 : (found['nll/loss'] ?? 0);
  const kl = found['kl/ref'] ?? 0;
  const policy = found['policy/loss'] ?? 0;
  return {
    ...found,
    'nll/loss': nll,
    'nll/tokens': totals.imitate,
    'nll/samples': imitated,
    'policy/total_loss': policy + loss.nllCoef * nll + loss.klCoef * kl,
    'tokens/trained': totals.actions,
    'tokens/effective': effectiveTokens,
  };
}
