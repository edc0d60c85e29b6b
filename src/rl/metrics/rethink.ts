import type { Metrics } from '#run';
import type { RethinkConfig } from '../config.ts';
import type { Attempt, Group } from '../records.ts';
import { draftOf, dropReasons, skipReasons } from '../records.ts';
import { triggers } from '../triggers.ts';
import { mean, ratio, share, total } from './average.ts';

/** Forced rethinking and native waits of one iteration (algorithm.md 5.3). */
export function rethinkMetrics(groups: readonly Group[], { triggers }: RethinkConfig): Metrics {
  const rollouts = groups.flatMap((group) => group.rollouts);
  const attempts = groups.flatMap(({ rethinking }) => rethinking?.attempts ?? []);
  const skipped = groups.flatMap(({ rethinking }) => rethinking?.skipped ?? []);
  const kept = attempts.filter(({ outcome }) => outcome === 'kept').length;
  const notDrawn = skipped.filter(({ reason }) => reason === 'not_drawn').length;
  const y2Tokens = total(attempts.map(({ rethinkingTokens }) => rethinkingTokens));
  const y1Tokens = total(rollouts.map((rollout) => draftOf(rollout).response.length));
  const fixed = attempts.filter((one) => change(one) === 'wrong_to_right').length;
  const broken = attempts.filter((one) => change(one) === 'right_to_wrong').length;
  return {
    'rethink/eligible_fraction': ratio(attempts.length + notDrawn, rollouts.length),
    'rethink/fraction': ratio(attempts.length, rollouts.length),
    'rethink/kept': kept,
    'rethink/kept_fraction': ratio(kept, attempts.length),
    'rethink/share': ratio(kept, rollouts.length),
    ...Object.fromEntries(
      skipReasons.map((reason) => [
        `rethink/skip_${reason}`,
        skipped.filter((one) => one.reason === reason).length,
      ]),
    ),
    ...Object.fromEntries(
      dropReasons.map((reason) => [
        `rethink/drop_${reason}`,
        attempts.filter(({ outcome }) => outcome === reason).length,
      ]),
    ),
    ...changesByTrigger(attempts, triggers),
    'rethink/improvement': ratio(fixed - broken, attempts.length),
    'rethink/y2_tokens': y2Tokens,
    'rethink/cost_share': ratio(y2Tokens, y1Tokens + y2Tokens),
    ...nativeWaits(groups, attempts),
  };
}

const changes = ['wrong_to_right', 'right_to_wrong', 'right_to_right', 'wrong_to_wrong'] as const;

function change({ before, after }: Attempt): (typeof changes)[number] {
  if (before.correct) return after.correct ? 'right_to_right' : 'right_to_wrong';
  return after.correct ? 'wrong_to_right' : 'wrong_to_wrong';
}

/** Counts over all triggered rollouts, kept or not, per trigger that may occur and in all. */
function changesByTrigger(attempts: readonly Attempt[], configured: readonly string[]): Metrics {
  const used = Object.keys(triggers).filter(
    (id) => configured.includes(id) || attempts.some(({ trigger }) => trigger === id),
  );
  const metrics: Record<string, number> = {};
  for (const kind of changes) {
    const some = attempts.filter((one) => change(one) === kind);
    metrics[`rethink/${kind}/all`] = some.length;
    for (const id of used) {
      metrics[`rethink/${kind}/${id}`] = some.filter(({ trigger }) => trigger === id).length;
    }
  }
  return metrics;
}

function nativeWaits(groups: readonly Group[], attempts: readonly Attempt[]): Metrics {
  const drafts = groups.flatMap(({ rollouts }) => rollouts.map(draftOf));
  const correct = (some: typeof drafts) => share(some, ({ verdict }) => verdict.correct);
  return {
    'native_wait/mean': mean(drafts.map(({ waits }) => waits)),
    'native_wait/fraction': share(drafts, ({ waits }) => waits > 0),
    'native_wait/y2_mean': mean(attempts.map(({ waits }) => waits)),
    'native_wait/correct_mean': correct(drafts.filter(({ waits }) => waits > 0)),
    'native_wait/absent_correct_mean': correct(drafts.filter(({ waits }) => waits === 0)),
  };
}
