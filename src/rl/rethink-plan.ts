import type { Policy } from '#policy';
import type { Random } from '#run';
import type { RethinkConfig } from './config.ts';
import { tailOf, tokensBefore } from './cut-tail.ts';
import { correctDrafts } from './advantage.ts';
import type { Group, Rollout, SkipReason } from './records.ts';
import type { TriggerId } from './triggers.ts';

/** A rollout that will be made to think again. */
export interface Plan {
  readonly rollout: Rollout;
  readonly trigger: TriggerId;
  /** The first answer without its end token, cut or whole. */
  readonly y1: Int32Array;
  readonly cut?: number;
}

export interface Skip {
  readonly index: number;
  readonly reason: SkipReason;
}

/** Everything a plan draws on. The streams are those of the rollout, so the order does not matter. */
export interface Planning {
  readonly config: RethinkConfig;
  readonly processor: Policy['processor'];
  /** A stream named by its purpose and keyed by the rollout. */
  readonly stream: (purpose: 'draw' | 'trigger' | 'cut', rollout: Rollout) => Random;
}

/** Decides for every rollout of a group whether and how it goes on (algorithm.md 2.8, items 2 to 4). */
export function planGroup(
  group: Group,
  planning: Planning,
): { readonly plans: readonly Plan[]; readonly skips: readonly Skip[] } {
  const plans: Plan[] = [];
  const skips: Skip[] = [];
  for (const rollout of group.rollouts) {
    const reason = ineligible(rollout, planning) ?? notDrawn(rollout, group, planning);
    if (reason === undefined) plans.push(plan(rollout, planning));
    else skips.push({ index: rollout.index, reason });
  }
  return { plans, skips };
}

/** Finished by the end token, short enough, without forbidden token; wrong and right ones alike. */
function ineligible(rollout: Rollout, planning: Planning): SkipReason | undefined {
  if (rollout.verdict.code === 'forbidden_token') return 'forbidden';
  if (rollout.stop !== 'end') return 'truncated';
  const { length } = withoutEnd(rollout.response, planning.processor.ids.end);
  return length > planning.config.maxY1 ? 'long' : undefined;
}

function notDrawn(rollout: Rollout, group: Group, planning: Planning): SkipReason | undefined {
  const { config, stream } = planning;
  const { correct } = rollout.verdict;
  const mean = correctDrafts(group) / group.rollouts.length;
  const excluded =
    (config.mode === 'wrong_only' && correct) ||
    (!correct && mean > config.skipWrongAbove) ||
    (config.skipWaited && rollout.waits > 0);
  if (excluded || stream('draw', rollout).float() >= config.q) return 'not_drawn';
  return undefined;
}

function plan(rollout: Rollout, planning: Planning): Plan {
  const { config, processor, stream } = planning;
  const whole = withoutEnd(rollout.response, processor.ids.end);
  const trigger = chooseTrigger(rollout, config, stream('trigger', rollout));
  if (config.cutTail === 0 || stream('cut', rollout).float() >= config.cutTail) {
    return { rollout, trigger, y1: whole };
  }
  const decode = (ids: Int32Array) => processor.decode(ids);
  const tail = tailOf(decode(whole));
  const cut = tail === undefined ? 0 : tokensBefore(whole, tail, decode);
  if (cut === 0) return { rollout, trigger, y1: whole };
  return { rollout, trigger, y1: whole.subarray(0, cut), cut };
}

/**
 * Uniform over the configured triggers. `gold_aware`, as the released code does: half by chance (40 %
 * bare, 60 % questioning), half by truth (verification of a right answer, correction of a wrong one).
 */
function chooseTrigger(rollout: Rollout, config: RethinkConfig, random: Random): TriggerId {
  if (config.choice === 'gold_aware') {
    if (random.float() >= 0.5) {
      return rollout.verdict.correct ? 'self_verification' : 'self_correction';
    }
    return random.float() < 0.4 ? 'bare_wait' : 'self_questioning';
  }
  const chosen = config.triggers[random.int(config.triggers.length)];
  if (chosen === undefined) throw new Error('internal: no triggers to choose from');
  return chosen;
}

/** The tokens of a response before its end token. */
export function withoutEnd(response: Int32Array, end: number): Int32Array {
  return response.at(-1) === end ? response.subarray(0, -1) : response;
}
