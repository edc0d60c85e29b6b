import type { Metrics } from '#run';
import type { Group } from '../records.ts';
import { draftOf } from '../records.ts';
import { largest, mean, percentile, share, total } from './average.ts';

/** Lengths and tokens of one iteration (algorithm.md 5.5). Prompts count once per problem. */
export function responseMetrics(groups: readonly Group[]): Metrics {
  const drafts = groups.flatMap(({ rollouts }) => rollouts.map(draftOf));
  const lengths = drafts.map(({ response }) => response.length);
  const lengthsWhere = (correct: boolean) =>
    drafts
      .filter(({ verdict }) => verdict.correct === correct)
      .map(({ response }) => response.length);
  const attempts = groups.flatMap(({ rethinking }) => rethinking?.attempts ?? []);
  return {
    'response/length_mean': mean(lengths),
    'response/length_p50': percentile(lengths, 0.5),
    'response/length_p95': percentile(lengths, 0.95),
    'response/length_max': largest(lengths),
    'response/correct_length_mean': mean(lengthsWhere(true)),
    'response/wrong_length_mean': mean(lengthsWhere(false)),
    'response/truncation_fraction': share(drafts, ({ stop }) => stop === 'length'),
    'tokens/prompt': total(groups.map(({ prompt }) => prompt.length)),
    'tokens/vision': total(groups.map(visionTokens)),
    'tokens/sampled': total(lengths) + total(attempts.map((one) => one.rethinkingTokens)),
    'tokens/trigger': total(attempts.map(({ triggerTokens }) => triggerTokens)),
  };
}

function visionTokens({ prompt }: Group): number {
  return total(prompt.chunks.map((chunk) => (chunk.kind === 'image' ? chunk.length : 0)));
}
