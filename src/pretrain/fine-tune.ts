import type { Prompt } from '#model/processor';
import type { AdamUpdate, Microbatch, Policy, TrainSequence } from '#policy';
import type { Seed } from '#run';
import { rateAt, type Schedule } from './schedule.ts';

/** A prompt and the response that the model is to learn to write, end token included. */
export interface WrittenExample {
  readonly prompt: Prompt;
  readonly response: Int32Array;
}

/** How to fine-tune. */
export interface FineTuning {
  readonly schedule: Schedule;
  /** Examples of one optimizer step. */
  readonly examples: number;
  /** Tokens, prompts included, that forward and backward hold at once. */
  readonly microbatchTokens: number;
  readonly optim: Omit<AdamUpdate, 'learningRate'>;
  readonly seed: Seed;
  readonly signal?: AbortSignal;
}

/** One step's report. */
export interface FineTuneStep {
  readonly step: number;
  /** Mean over the response tokens, nats. */
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Prompts and responses. */
  readonly tokens: number;
}

/**
 * Supervised learning on written responses: the mean likelihood loss over all response tokens of a
 * step. Every pass goes through all examples once, in an order that follows from the seed and the
 * number of the pass.
 *
 * @param from the step that comes next; the policy is at the weights and moments of that moment.
 */
export async function* fineTune(
  examples: readonly WrittenExample[],
  policy: Policy,
  tuning: FineTuning,
  from = 0,
): AsyncGenerator<FineTuneStep, void, undefined> {
  const { schedule, optim } = tuning;
  for (let step = from; step < schedule.steps; step++) {
    const batch = examplesOf(step, examples, tuning);
    const sequences = batch.map(sequenceOf);
    const imitate = batch.reduce((sum, { response }) => sum + response.length, 0);
    const totals = { actions: 1, imitate, replayedActions: 0 };
    let loss = 0;
    for (const portion of portions(sequences, tuning.microbatchTokens)) {
      const microbatch: Microbatch = { sequences: portion, totals };
      const found = await policy.forwardBackward(microbatch, [{ kind: 'nll', weight: 1 }]);
      if (tuning.signal?.aborted === true) await policy.discardGradient();
      tuning.signal?.throwIfAborted();
      loss += found['nll/loss'] ?? 0;
    }
    const learningRate = rateAt(step, schedule);
    const update = await policy.optimStep({ ...optim, learningRate });
    const tokens = batch.reduce((sum, { prompt }) => sum + prompt.length, imitate);
    yield { step, loss, gradNorm: update['optim/grad_norm'] ?? Number.NaN, learningRate, tokens };
  }
}

/** The examples of a step: a window that runs over the passes. */
function examplesOf(
  step: number,
  examples: readonly WrittenExample[],
  { examples: size, seed }: FineTuning,
): readonly WrittenExample[] {
  const orders = new Map<number, Uint32Array>();
  return Array.from({ length: size }, (_, index) => {
    const place = step * size + index;
    const pass = Math.floor(place / examples.length);
    const order = orders.get(pass) ?? seed.at('order', pass).stream().permutation(examples.length);
    orders.set(pass, order);
    const example = examples[order[place % examples.length] ?? 0];
    if (example === undefined) throw new Error('internal: no examples');
    return example;
  });
}

function sequenceOf({ prompt, response }: WrittenExample): TrainSequence {
  const { length } = response;
  return {
    prompt,
    response,
    temperatures: new Float32Array(length).fill(1),
    actions: new Uint8Array(length),
    imitate: new Float32Array(length).fill(1),
    advantages: new Float32Array(length),
    oldLogprobs: new Float32Array(length),
    count: 1,
    replayedCount: 0,
  };
}

function portions(
  sequences: readonly TrainSequence[],
  budget: number,
): readonly (readonly TrainSequence[])[] {
  const cut: TrainSequence[][] = [[]];
  let used = 0;
  for (const sequence of sequences) {
    const tokens = sequence.prompt.length + sequence.response.length;
    if (used > 0 && used + tokens > budget) {
      cut.push([]);
      used = 0;
    }
    cut.at(-1)?.push(sequence);
    used += tokens;
  }
  return cut;
}
