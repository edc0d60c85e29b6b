import type { Metrics } from '#run';
import { correctDrafts } from '../advantage.ts';
import type { Group, Sample } from '../records.ts';
import { draftOf, verdictCodes } from '../records.ts';
import { largest, mean, share } from './average.ts';

/** Rewards, verdicts, groups and advantages of one iteration (algorithm.md 5.1). */
export function rewardMetrics(
  groups: readonly Group[],
  samples: readonly Pick<Sample, 'advantage'>[],
  groupSize: number,
): Metrics {
  const rollouts = groups.flatMap((group) => group.rollouts);
  const drafts = rollouts.map(draftOf);
  const rewards = drafts.map(({ verdict }) => verdict.reward);
  return {
    'reward/mean': mean(rewards),
    'reward/correct_mean': share(drafts, ({ verdict }) => verdict.correct),
    'reward/final_mean': mean(rollouts.map(({ verdict }) => verdict.reward)),
    'reward/shaping_mean': mean(drafts.map(({ verdict }) => verdict.shaping)),
    'reward/min': rewards.length === 0 ? null : -(largest(rewards.map((reward) => -reward)) ?? 0),
    'reward/max': largest(rewards),
    ...Object.fromEntries(
      verdictCodes.map((code) => [
        `verdict/${code}`,
        share(drafts, ({ verdict }) => verdict.code === code),
      ]),
    ),
    ...groupMetrics(groups, groupSize),
    ...advantageMetrics(samples, groupSize),
    ...correctnessBy('category', groups, ({ problem }) => problem.category),
    ...correctnessBy('source', groups, ({ problem }) => problem.source),
  };
}

const bands = ['all_wrong', 'hard', 'medium', 'easy', 'all_correct'] as const;

/** Bands of p = C₀ / size: below 1/8, 3/8, 6/8, 1, and 1 itself. */
function bandOf(p: number): (typeof bands)[number] {
  if (p < 1 / 8) return 'all_wrong';
  if (p < 3 / 8) return 'hard';
  if (p < 6 / 8) return 'medium';
  return p < 1 ? 'easy' : 'all_correct';
}

function groupMetrics(groups: readonly Group[], groupSize: number): Metrics {
  const counted = groups.map((group) => ({
    correct: correctDrafts(group),
    size: group.rollouts.length,
    rescued: group.rollouts.some(({ draft }) => draft !== undefined),
  }));
  const histogram = Array.from({ length: groupSize + 1 }, (_, count) => [
    `group/correct_hist/${count}`,
    counted.filter(({ correct }) => correct === count).length,
  ]);
  return {
    'group/effective_fraction': share(
      counted,
      ({ correct, size }) => correct > 0 && correct < size,
    ),
    'group/all_correct_fraction': share(counted, ({ correct, size }) => correct === size),
    'group/all_wrong_fraction': share(counted, ({ correct }) => correct === 0),
    'group/rescued_fraction': share(counted, ({ correct, rescued }) => correct === 0 && rescued),
    'group/incomplete': counted.filter(({ size }) => size < groupSize).length,
    ...Object.fromEntries(histogram),
    ...Object.fromEntries(
      bands.map((band) => [
        `group/difficulty/${band}`,
        share(counted, ({ correct, size }) => bandOf(correct / size) === band),
      ]),
    ),
  };
}

/**
 * `advantage/hist/<k>` counts samples with k/G ≤ Â < (k + 1)/G for k = −G … G; what lies outside
 * [−1, 1], as it may under std, counts in the outermost bin.
 */
function advantageMetrics(
  samples: readonly Pick<Sample, 'advantage'>[],
  groupSize: number,
): Metrics {
  const bins: number[] = Array.from({ length: 2 * groupSize + 1 }, () => 0);
  for (const { advantage } of samples) {
    const bin = Math.floor(advantage * groupSize + 1e-9);
    const place = Math.min(Math.max(bin, -groupSize), groupSize) + groupSize;
    bins[place] = (bins[place] ?? 0) + 1;
  }
  return {
    ...Object.fromEntries(
      bins.map((count, place) => [`advantage/hist/${place - groupSize}`, count]),
    ),
    'advantage/abs_mean': mean(samples.map(({ advantage }) => Math.abs(advantage))),
    'advantage/zero_fraction': share(samples, ({ advantage }) => advantage === 0),
  };
}

function correctnessBy(
  name: 'category' | 'source',
  groups: readonly Group[],
  labelOf: (group: Group) => string | undefined,
): Metrics {
  const metrics: Record<string, number | null> = {};
  for (const [label, members] of Map.groupBy(groups, labelOf)) {
    if (label === undefined) continue;
    const drafts = members.flatMap(({ rollouts }) => rollouts.map(draftOf));
    metrics[`${name}/${label}/correct_mean`] = share(drafts, ({ verdict }) => verdict.correct);
  }
  return metrics;
}
