import type { Loss, Microbatch, StepTotals, TrainSequence } from '#policy';
import type { Batch } from './batch.ts';
import type { TrainConfig } from './config.ts';
import { cutByTokens } from './cut-by-tokens.ts';
import { actionMask, imitationMask, maskTable } from './masks.ts';
import type { Prompt, Rollout, Sample } from './records.ts';

/** A whole step, ready for the policy. */
export interface StepWork {
  readonly microbatches: readonly Microbatch[];
  readonly losses: readonly Loss[];
  readonly totals: StepTotals;
  /** Kept rethinkings and other imitated samples in the batch, each as often as it stands there. */
  readonly imitated: number;
  /** Action tokens of samples with an advantage: without any, the policy term has no gradient. */
  readonly effectiveTokens: number;
}

/** A sample of a batch with its masks and how often it stands there. */
interface Counted {
  readonly sample: Sample;
  readonly prompt: Prompt;
  readonly rollout: Rollout;
  readonly actions: Uint8Array;
  readonly imitate: Float32Array;
  /** Action tokens, and tokens to imitate. */
  readonly tokens: { readonly actions: number; readonly imitate: number };
  count: number;
  replayedCount: number;
}

/**
 * Turns a batch into microbatches of at most `microbatchTokens` tokens. They only bound memory:
 * losses divide by counts of the whole step, so their gradients add up to that of one large batch.
 * A sample that stands in the batch several times is computed once and counts several times.
 */
export function stepWork(batch: Batch, config: TrainConfig): StepWork {
  const entries = countedEntries(batch, config);
  const sum = (of: (entry: Counted) => number) =>
    entries.reduce((total, entry) => total + of(entry), 0);
  const totals: StepTotals = {
    actions: sum(({ tokens, count }) => tokens.actions * count),
    imitate: sum(({ tokens, count }) => tokens.imitate * count),
    replayedActions: sum(({ tokens, replayedCount }) => tokens.actions * replayedCount),
  };
  const used = entries.filter(({ tokens }) => tokens.actions > 0 || tokens.imitate > 0);
  const portions = cutByTokens(used, config.train.microbatchTokens);
  const responses = sum(({ tokens, count }) => (tokens.actions > 0 ? count : 0));
  const shares = { totals, responses, microbatches: portions.length };
  return {
    microbatches: portions.map((portion) => ({
      sequences: sequencesOf(portion, config, shares),
      totals,
    })),
    losses: lossesOf(config, totals),
    totals,
    imitated: sum(({ tokens, count }) => (tokens.imitate > 0 ? count : 0)),
    effectiveTokens: sum(({ sample, tokens, count }) =>
      sample.advantage === 0 ? 0 : tokens.actions * count,
    ),
  };
}

/** What makes the losses of one step: the policy term always, the others where they have something to do. */
function lossesOf({ loss }: TrainConfig, totals: StepTotals): readonly Loss[] {
  const { clipLow, clipHigh, nllCoef, klCoef } = loss;
  const losses: Loss[] = [{ kind: 'clippedSurrogate', clipLow, clipHigh }];
  if (nllCoef > 0 && totals.imitate > 0) losses.push({ kind: 'nll', weight: nllCoef });
  if (klCoef > 0) losses.push({ kind: 'kl', weight: klCoef });
  return losses;
}

/** Why a step would change nothing that training is about; undefined when it would (algorithm.md S9). */
export function reasonToSkip(
  { current, replay, effective }: Batch,
  { totals, effectiveTokens }: StepWork,
  { loss }: TrainConfig,
): string | undefined {
  if (current.length + replay.draws.length === 0) {
    return 'all groups agree and the replay buffer is empty';
  }
  if (totals.actions + totals.imitate === 0) return 'every token of the batch is masked';
  if (effectiveTokens + totals.imitate > 0 || loss.klCoef > 0) return undefined;
  const agree = effective + replay.draws.length === 0;
  return agree ? 'all groups agree' : 'every token with an advantage is masked';
}

function countedEntries({ current, replay }: Batch, config: TrainConfig): readonly Counted[] {
  const table = maskTable(config.mask);
  const entries = new Map<string, Counted>();
  const entryOf = (sample: Sample): Counted => {
    const { id, rollout, prompt } = sample;
    const found = entries.get(id);
    if (found !== undefined) return found;
    const actions = actionMask(rollout, table, config.rollout.truncated === 'mask_loss');
    const imitate = imitationMask(sample, table, config.loss);
    const tokens = {
      actions: actions.reduce((sum, bit) => sum + bit, 0),
      imitate: imitate.reduce((sum, weight) => sum + (weight === 0 ? 0 : 1), 0),
    };
    const made = { sample, prompt, rollout, actions, imitate, tokens, count: 0, replayedCount: 0 };
    entries.set(id, made);
    return made;
  };
  for (const sample of current) entryOf(sample).count += 1;
  for (const { sample } of replay.draws) {
    const entry = entryOf(sample);
    entry.count += 1;
    entry.replayedCount += 1;
  }
  return [...entries.values()];
}

/** What the factor of `loss.normalise` is made of. */
interface Shares {
  readonly totals: StepTotals;
  readonly responses: number;
  readonly microbatches: number;
}

function sequencesOf(
  portion: readonly Counted[],
  config: TrainConfig,
  shares: Shares,
): readonly TrainSequence[] {
  const prompts = new Map<string, Prompt>();
  const here = portion.reduce((sum, { tokens, count }) => sum + tokens.actions * count, 0);
  return portion.map(({ sample, rollout, actions, imitate, tokens, count, replayedCount }) => {
    // One prompt object per problem, so that the policy sees that they are the same.
    const prompt = prompts.get(rollout.problemId) ?? sample.prompt;
    prompts.set(rollout.problemId, prompt);
    const factor = weight(config.loss.normalise, tokens.actions, here, shares);
    const { referenceLogprobs } = sample;
    return {
      prompt,
      response: rollout.response,
      temperatures: temperaturesOf(rollout),
      actions,
      imitate,
      advantages: tokenAdvantages(sample, factor, config.loss.correctionCap),
      oldLogprobs: oldLogprobsOf(sample),
      ...(referenceLogprobs === undefined ? {} : { referenceLogprobs }),
      count,
      replayedCount,
    };
  });
}

/**
 * What turns the token mean into another mean: the losses divide by all tokens of the step, so a mean
 * over responses of token means multiplies by tokens / (responses · own tokens), and likewise a mean
 * over microbatches.
 */
function weight(
  normalise: TrainConfig['loss']['normalise'],
  own: number,
  here: number,
  { totals, responses, microbatches }: Shares,
): number {
  switch (normalise) {
    case 'tokens':
      return 1;
    case 'per_response':
      return own === 0 ? 0 : totals.actions / (responses * own);
    case 'per_microbatch':
      return here === 0 ? 0 : totals.actions / (microbatches * here);
  }
}

/** [T] the advantage of a sample, the same for every token unless importance weights are asked for. */
function tokenAdvantages(sample: Sample, factor: number, cap: number): Float32Array {
  const { rollout, advantage, oldLogprobs } = sample;
  const advantages = new Float32Array(rollout.response.length).fill(advantage * factor);
  if (cap === 0) return advantages;
  return advantages.map((value, place) => {
    const gap = (oldLogprobs[place] ?? 0) - (rollout.logprobs[place] ?? 0);
    return Number.isNaN(gap) ? value : value * Math.min(Math.exp(gap), cap);
  });
}

/** [T] what the policy reads; places without an old logprob are masked and must not be NaN. */
function oldLogprobsOf({ id, oldLogprobs, rollout }: Sample): Float32Array {
  if (oldLogprobs.length !== rollout.response.length) {
    throw new Error(`internal: sample ${id} has no old logprobs but is trained on`);
  }
  return oldLogprobs.map((value) => (Number.isNaN(value) ? 0 : value));
}

/** [T] what divided the logits of each token. */
export function temperaturesOf(rollout: Rollout): Float32Array {
  const temperatures = new Float32Array(rollout.response.length);
  for (const { start, end, temperature } of rollout.spans)
    temperatures.fill(temperature, start, end);
  return temperatures;
}
