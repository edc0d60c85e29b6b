import type { Metrics } from '#run';
import type { TrainConfig } from './config.ts';
import { responseMetrics } from './metrics/response.ts';
import { rethinkMetrics } from './metrics/rethink.ts';
import { rewardMetrics } from './metrics/reward.ts';
import type { Group, Sample } from './records.ts';
import { failuresOf } from './rethink.ts';
import type { Collected, Failure } from './rollout.ts';
import { TrainError } from './setup.ts';

/** All that an iteration has sampled. */
export interface Collection {
  readonly groups: readonly Group[];
  readonly samples: readonly Sample[];
  readonly failures: readonly Failure[];
  readonly metrics: Metrics;
  /** Problems that were asked, answered or not. */
  readonly problems: number;
}

/** Joins what the steps of collecting have given into one record with its metrics. */
export function collection(
  { asked, failures: unanswered, unverifiable }: Collected,
  groups: readonly Group[],
  scored: { readonly samples: readonly Sample[]; readonly metrics: Metrics },
  config: TrainConfig,
): Collection {
  const failures = [...unanswered, ...failuresOf(groups)];
  const missing = groups.reduce((sum, group) => sum + group.missing, 0);
  return {
    groups,
    samples: scored.samples,
    failures,
    problems: asked,
    metrics: {
      ...rewardMetrics(groups, scored.samples, config.rollout.groupSize),
      ...rethinkMetrics(groups, config.rethink),
      ...responseMetrics(groups),
      ...scored.metrics,
      'rollout/failures': failures.length,
      'rollout/missing': missing,
      'rollout/unverifiable': unverifiable,
    },
  };
}

/** Stops a run in which no answer can be judged. */
export function demandVerdicts({ asked, groups, unverifiable, failures }: Collected): void {
  if (groups.length > 0) return;
  throw new TrainError(
    `none of ${asked} problems gave a response that can be judged (${unverifiable} were left without a ` +
      `verdict; ${failures[0]?.message ?? 'their answer keys cannot be parsed'}): check the data with ` +
      '`vl-rethinker data check`',
  );
}
