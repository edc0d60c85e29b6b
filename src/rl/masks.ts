import type { LossConfig, MaskConfig } from './config.ts';
import type { Rollout, Sample } from './records.ts';
import { draftOf } from './records.ts';

/** The columns of the mask table: a plain response, and the three parts of a rethought one. */
export type Part = 'plain' | 'y1' | 'trigger' | 'y2';

/** Which tokens a loss term looks at. Prompts are never part of a response, so they have no column. */
export type MaskRow = Readonly<Record<Part, boolean>>;

/** Table of algorithm.md 2.9; KL, entropy and ratio statistics share the row of the policy loss. */
export interface MaskTable {
  readonly policy: MaskRow;
  readonly nll: MaskRow;
}

/** The table under the switches of the configuration. */
export function maskTable(config: MaskConfig): MaskTable {
  return {
    policy: { plain: true, y1: config.policyY1, trigger: config.policyTrigger, y2: true },
    nll: { plain: false, y1: config.nllY1, trigger: config.nllTrigger, y2: true },
  };
}

/** [T] 1 on the tokens of a rollout that the row selects, 0 elsewhere. */
export function maskOf(rollout: Rollout, row: MaskRow): Uint8Array {
  const mask = new Uint8Array(rollout.response.length);
  const rethought = rollout.draft !== undefined;
  for (const { kind, start, end } of rollout.spans) {
    const part: Part =
      kind === 'trigger' ? 'trigger' : kind === 'rethinking' ? 'y2' : rethought ? 'y1' : 'plain';
    if (row[part]) mask.fill(1, start, end);
  }
  return mask;
}

/** [T] tokens of the policy loss; none in a truncated response when those are masked. */
export function actionMask(
  rollout: Rollout,
  table: MaskTable,
  truncatedMasked: boolean,
): Uint8Array {
  if (truncatedMasked && rollout.verdict.code === 'truncated') {
    return new Uint8Array(rollout.response.length);
  }
  return maskOf(rollout, table.policy);
}

/** [T] weight of the likelihood of each token: kept rethinkings, and native ones where asked for. */
export function imitationMask(sample: Sample, table: MaskTable, loss: LossConfig): Float32Array {
  const { rollout, advantage } = sample;
  if (!imitated(sample, loss)) return new Float32Array(rollout.response.length);
  const row = rollout.draft === undefined ? { ...table.nll, plain: true } : table.nll;
  const mask = Float32Array.from(maskOf(rollout, row));
  return loss.nllWeighting === 'advantage' ? mask.map((weight) => weight * advantage) : mask;
}

/** Whether the likelihood of a sample should rise at all. */
export function imitated({ rollout, advantage }: Sample, loss: LossConfig): boolean {
  if (loss.nllCoef === 0) return false;
  if (rollout.draft === undefined) {
    return loss.nllIncludeNative && rollout.waits > 0 && advantage > 0;
  }
  return loss.nllKept === 'all' || !rollout.draft.verdict.correct;
}

/**
 * The loss of one iteration. Once more than `nllWaitCap` of the first answers wait unasked, waiting need
 * not be taught further and the likelihood term rests, until they do so less often again.
 */
export function lossOf(loss: LossConfig, samples: readonly Sample[]): LossConfig {
  const waited = samples.filter(({ rollout }) => draftOf(rollout).waits > 0).length;
  return waited > loss.nllWaitCap * samples.length ? { ...loss, nllCoef: 0 } : loss;
}
