import type { Metrics } from '#run';
import type { TrainConfig } from './config.ts';

/** Something is wrong. Fatal alarms end the run. */
export interface Alarm {
  readonly name: AlarmName;
  readonly fatal: boolean;
  /** What was expected, what was found, what to do. */
  readonly message: string;
}

export type AlarmName =
  | 'constant_reward'
  | 'all_groups_vanishing'
  | 'weights_unchanged'
  | 'replay_unused'
  | 'rethinking_idle'
  | 'mismatch'
  | 'gradient_zero'
  | 'truncation'
  | 'skipped_steps'
  | 'nonfinite';

/** What must be remembered between events; plain, part of the state of a run. */
export interface AlarmMemory {
  readonly rethinkingIdle: number;
  readonly skipped: number;
  readonly nonfinite: number;
  readonly wanted: number;
  readonly drawn: number;
}

export const calm: AlarmMemory = {
  rethinkingIdle: 0,
  skipped: 0,
  nonfinite: 0,
  wanted: 0,
  drawn: 0,
};

/** Alarms, and what to remember for the next look. */
export interface Look {
  readonly alarms: readonly Alarm[];
  readonly memory: AlarmMemory;
}

/** Looks at the rollouts of an iteration. */
export function lookAtRollouts(metrics: Metrics, memory: AlarmMemory, config: TrainConfig): Look {
  const alarms: Alarm[] = [];
  const warn = (name: AlarmName, message: string, fatal = false) =>
    alarms.push({ name, fatal, message });
  const reward = metrics['reward/min'];
  if (typeof reward === 'number' && reward === metrics['reward/max']) {
    warn(
      'constant_reward',
      `every response of the iteration is worth ${reward}: look at rollouts and verdicts with \`inspect\``,
    );
  }
  if (metrics['group/effective_fraction'] === 0) {
    warn(
      'all_groups_vanishing',
      'every group is all right or all wrong, nothing can be learnt: choose problems of other difficulty',
    );
  }
  const truncated = metrics['response/truncation_fraction'] ?? 0;
  if (truncated > config.alarms.truncation) {
    warn(
      'truncation',
      `${percent(truncated)} of the responses end at the token limit of ${config.rollout.maxNewTokens}: raise rollout.maxNewTokens`,
    );
  }
  const mismatched = mismatch(metrics, config);
  if (mismatched !== undefined) warn('mismatch', mismatched, true);
  const idle = rethinkingIdle(metrics, config) ? memory.rethinkingIdle + 1 : 0;
  if (idle >= config.alarms.rethinkPatience) {
    warn(
      'rethinking_idle',
      `rethinking is asked for, but for ${idle} iterations nothing was eligible or nothing was kept: see rethink/skip_… and rethink/drop_…`,
    );
  }
  return { alarms, memory: { ...memory, rethinkingIdle: idle } };
}

/** Trainer and sampler must score the same tokens alike, unless the sampler was told to draw otherwise. */
function mismatch(metrics: Metrics, { alarms, rollout }: TrainConfig): string | undefined {
  if (rollout.topP < 1 || rollout.topK > 0) return undefined;
  const gap = metrics['mismatch/abs_prob_mean'] ?? null;
  const kl = metrics['mismatch/kl'] ?? null;
  if (gap === null || kl === null) return undefined;
  if (gap <= alarms.mismatchProb && kl <= alarms.mismatchKl) return undefined;
  return (
    `trainer and sampler disagree: mean probability gap ${rounded(gap)} (at most ${alarms.mismatchProb}), ` +
    `divergence ${rounded(kl)} nats (at most ${alarms.mismatchKl}); values near 5 mean that pictures reach one side only`
  );
}

function rethinkingIdle(metrics: Metrics, { rethink }: TrainConfig): boolean {
  if (rethink.mode === 'off') return false;
  return metrics['rethink/eligible_fraction'] === 0 || metrics['rethink/kept'] === 0;
}

/** Looks at one optimizer step that was taken, or tried. */
export function lookAtStep(metrics: Metrics, memory: AlarmMemory, config: TrainConfig): Look {
  const alarms: Alarm[] = [];
  const nonfinite = metrics['optim/step_nonfinite'] === 1 ? memory.nonfinite + 1 : 0;
  if (nonfinite >= config.alarms.nonfiniteSteps) {
    const message = `${nonfinite} steps in a row had a loss or gradient that is not finite: go back to a checkpoint with a lower learning rate`;
    alarms.push({ name: 'nonfinite', fatal: true, message });
  }
  // A step for the divergence alone may have nothing to change: at the reference its gradient is 0.
  const teaches = (metrics['tokens/effective'] ?? 0) + (metrics['nll/tokens'] ?? 0) > 0;
  const judged = nonfinite === 0 && teaches;
  if (judged && metrics['optim/grad_norm'] === 0) {
    const message =
      'the gradient of a batch with advantages is exactly 0: masks, images or weights do not reach the loss';
    alarms.push({ name: 'gradient_zero', fatal: true, message });
  }
  if (judged && metrics['optim/update_norm'] === 0 && (metrics['optim/lr'] ?? 0) > 0) {
    const message = 'no weight changed after an update with a learning rate above 0';
    alarms.push({ name: 'weights_unchanged', fatal: true, message });
  }
  const wanted = memory.wanted + (metrics['replay/wanted'] ?? 0);
  const drawn = memory.drawn + (metrics['replay/drawn'] ?? 0);
  return { alarms, memory: { ...memory, nonfinite, skipped: 0, wanted, drawn } };
}

/** Looks at a step that had nothing to train on; tells it after every so many in a row. */
export function lookAtSkip(metrics: Metrics, memory: AlarmMemory, config: TrainConfig): Look {
  const skipped = memory.skipped + 1;
  const wanted = memory.wanted + (metrics['replay/wanted'] ?? 0);
  const drawn = memory.drawn + (metrics['replay/drawn'] ?? 0);
  const message = `${skipped} steps in a row had nothing to train on: all groups agree and nothing is stored to replay`;
  const alarms: readonly Alarm[] =
    skipped % config.alarms.skippedSteps === 0
      ? [{ name: 'skipped_steps', fatal: false, message }]
      : [];
  return { alarms, memory: { ...memory, skipped, wanted, drawn } };
}

/** Looks back at a whole iteration: replay that was asked for must have been reached. */
export function lookAtIteration(memory: AlarmMemory, config: TrainConfig): Look {
  const { wanted, drawn } = memory;
  const message = `replay is asked for and ${wanted} places were free, but nothing was drawn in the whole iteration`;
  const unused = config.batch.mode === 'ssr' && wanted > 0 && drawn === 0;
  const alarms: readonly Alarm[] = unused ? [{ name: 'replay_unused', fatal: true, message }] : [];
  return { alarms, memory: { ...memory, wanted: 0, drawn: 0 } };
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(2)));
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(0)} %`;
}
