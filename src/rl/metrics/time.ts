import type { Metrics } from '#run';
import type { PhaseTimes } from '../phases.ts';
import { phases } from '../phases.ts';
import { ratio } from './average.ts';

/**
 * Wall seconds of one iteration; phases and idle time sum to the total (algorithm.md 5.5). Overhead is
 * what is neither model nor optimizer: verdicts that sampling does not hide, store, bookkeeping.
 */
export function timeMetrics(
  times: PhaseTimes,
  work: { readonly sampledTokens: number; readonly samples: number },
): Metrics {
  const busy = phases.reduce((sum, phase) => sum + times[phase], 0);
  const idle = Math.max(0, times.total - busy);
  return {
    ...Object.fromEntries(phases.map((phase) => [`time/${phase}`, times[phase]])),
    'time/idle': idle,
    'time/total': times.total,
    'throughput/overhead_fraction': ratio(times.verify + times.checkpoint + idle, times.total),
    'throughput/sampled_tokens_per_s': ratio(work.sampledTokens, times.rollout + times.rethink),
    'throughput/samples_per_s': ratio(work.samples, times.total),
  };
}
