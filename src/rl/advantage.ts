import type { AdvantageConfig } from './config.ts';
import type { Fraction, Group, Rollout, Sample } from './records.ts';
import { draftOf } from './records.ts';

/** The advantage of one rollout, and its exact value where rewards are 0/1. */
export interface Advantage {
  readonly value: number;
  readonly exact?: Fraction;
}

/**
 * Advantages of a group, in the order of its rollouts: the final reward minus a baseline.
 *
 * The baseline is the mean of the *first* attempts' rewards (algorithm.md 2.8.8): only corrected
 * attempts replace drafts, so a baseline from final rewards would punish their siblings. Whether an
 * advantage is zero is decided by whole numbers of correct answers, never by floats, and a group that
 * agrees teaches nothing however its rewards are shaped, except for a rethinking that rescued it.
 *
 * @example two of eight first attempts right, a wrong one corrected: 0.75 for the three, −0.25 else
 */
export function groupAdvantages(group: Group, config: AdvantageConfig): readonly Advantage[] {
  const { rollouts } = group;
  const shaped = rollouts.some(
    (rollout) => rollout.verdict.shaping !== 0 || draftOf(rollout).verdict.shaping !== 0,
  );
  return rollouts.map((rollout) => {
    const exact = exactAdvantage(rollout, rollouts, config);
    if (exact.numerator === 0) return { value: 0, ...(shaped ? {} : { exact }) };
    const centred = shaped
      ? rollout.verdict.reward - shapedBaseline(rollout, rollouts, config)
      : exact.numerator / exact.denominator;
    if (config.divideByStd) return { value: centred / spread(rollouts) };
    return shaped ? { value: centred } : { value: centred, exact };
  });
}

/** A sample whose old logprobs have not been taken yet. */
export type Candidate = Omit<Sample, 'oldLogprobs' | 'referenceLogprobs'>;

/**
 * The samples of a group, with their advantages. A response with a forbidden token counts in its group
 * but is never trained on: the trainer gives such a token no probability at all.
 */
export function groupSamples(group: Group, config: AdvantageConfig): readonly Candidate[] {
  const advantages = groupAdvantages(group, config);
  return group.rollouts.flatMap((rollout, place) => {
    const { value = 0, exact } = advantages[place] ?? {};
    if (rollout.verdict.code === 'forbidden_token') return [];
    const { id } = rollout;
    const sample = { id, prompt: group.prompt, rollout, advantage: value };
    return [exact === undefined ? sample : { ...sample, exact }];
  });
}

/** (size·cᵢ − C₀) / size over correctness, by whole numbers; without the rollout itself: over size − 1. */
function exactAdvantage(
  rollout: Rollout,
  rollouts: readonly Rollout[],
  { baseline }: AdvantageConfig,
): Fraction {
  const size = rollouts.length;
  const own = one(rollout.verdict.correct);
  switch (baseline) {
    case 'round0':
      return { numerator: size * own - countCorrect(rollouts.map(draftOf)), denominator: size };
    case 'final':
      return { numerator: size * own - countCorrect(rollouts), denominator: size };
    case 'leave_one_out': {
      if (size === 1) return { numerator: 0, denominator: 1 };
      const others = countCorrect(rollouts.map(draftOf)) - one(draftOf(rollout).verdict.correct);
      return { numerator: (size - 1) * own - others, denominator: size - 1 };
    }
  }
}

function shapedBaseline(
  rollout: Rollout,
  rollouts: readonly Rollout[],
  { baseline }: AdvantageConfig,
): number {
  const rewards = (of: readonly Rollout[]) =>
    of.reduce((sum, { verdict }) => sum + verdict.reward, 0);
  switch (baseline) {
    case 'round0':
      return rewards(rollouts.map(draftOf)) / rollouts.length;
    case 'final':
      return rewards(rollouts) / rollouts.length;
    case 'leave_one_out':
      return (
        (rewards(rollouts.map(draftOf)) - draftOf(rollout).verdict.reward) / (rollouts.length - 1)
      );
  }
}

/** √(p(1 − p)) of first attempts, p kept away from 0 and 1 so that it stays finite for rescued groups. */
function spread(rollouts: readonly Rollout[]): number {
  const size = rollouts.length;
  if (size === 1) return 1;
  const share = countCorrect(rollouts.map(draftOf)) / size;
  const p = Math.min(Math.max(share, 1 / size), 1 - 1 / size);
  return Math.sqrt(p * (1 - p));
}

/** How many of the first attempts of a group are right: C₀. */
export function correctDrafts({ rollouts }: Group): number {
  return countCorrect(rollouts.map(draftOf));
}

function countCorrect(rollouts: readonly Rollout[]): number {
  return rollouts.reduce((sum, { verdict }) => sum + one(verdict.correct), 0);
}

function one(claim: boolean): number {
  return claim ? 1 : 0;
}
