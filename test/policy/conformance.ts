import type { Problem } from '#data';
import { puzzle } from '#data';
import type { AdamUpdate, Loss, Microbatch, Policy, TrainSequence } from '#policy';
import type { Metrics } from '#run';

/** A rate of 0: measures the gradient and moves nothing. */
export const still: AdamUpdate = {
  learningRate: 0,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1e30,
};
export const surrogate: Loss = { kind: 'clippedSurrogate', clipLow: 0.2, clipHigh: 0.35 };
export const likelihood: Loss = { kind: 'nll', weight: 0.05 };

/** Some of the easiest counting puzzles, the last without its picture. */
export function someProblems(count: number): readonly Problem[] {
  const kinds = { families: ['count'], levels: [1] } as const;
  const drawn = Array.from(
    { length: count },
    (_, index) => puzzle('policy', 'train', index, kinds).problem,
  );
  return [...drawn.slice(0, -1), { ...drawn.at(-1)!, images: [], question: 'How many? 2' }];
}

/** Groups of responses sampled at a temperature, as samples with advantages of both signs. */
export async function sampled(
  policy: Policy,
  problems: readonly Problem[],
  { count = 4, temperature = 1, maxTokens = 16, seed = 0 } = {},
): Promise<{ readonly sequences: TrainSequence[]; readonly logprobs: Float32Array[] }> {
  const { ids } = policy.processor;
  const prompts = problems.map(
    (problem) => policy.processor.problemPrompt(problem, 'default').prompt,
  );
  const groups = await Promise.all(
    prompts.map((prompt, index) =>
      policy.sample({
        prompt,
        count,
        seed: seed + index,
        params: {
          bannedIds: ids.banned,
          repetitionPenalty: 1,
          temperature,
          topK: 0,
          topP: 1,
          minP: 0,
          stopIds: [ids.end],
          stopStrings: [],
          minTokens: 0,
          maxTokens,
        },
      }),
    ),
  );
  const flat = groups.flatMap((group, index) =>
    group.map((one) => ({ ...one, prompt: prompts[index]! })),
  );
  const sequences = flat.map(({ prompt, tokens }, index): TrainSequence => {
    const { length } = tokens;
    return {
      prompt,
      response: tokens,
      temperatures: new Float32Array(length).fill(temperature),
      actions: new Uint8Array(length).fill(1),
      imitate: Float32Array.from({ length }, (_, at) =>
        index % 3 === 0 && at > length / 2 ? 1 : 0,
      ),
      advantages: new Float32Array(length).fill(Math.sin(index + 1)),
      oldLogprobs: new Float32Array(length),
      count: 1,
      replayedCount: 0,
    };
  });
  const old = await policy.logprobs(sequences);
  return {
    sequences: sequences.map((one, index) => ({ ...one, oldLogprobs: old[index]! })),
    logprobs: flat.map(({ logprobs }) => logprobs),
  };
}

export function totalsOf(sequences: readonly TrainSequence[]): Microbatch['totals'] {
  const sum = (of: (one: TrainSequence) => ArrayLike<number>) =>
    sequences.reduce(
      (total, one) => total + one.count * Array.from(of(one)).filter((x) => x !== 0).length,
      0,
    );
  return {
    actions: sum((one) => one.actions),
    imitate: sum((one) => one.imitate),
    replayedActions: 0,
  };
}

/** Adds gradients of parts, divided by the totals of the whole. */
export async function addGradient(
  policy: Policy,
  parts: readonly (readonly TrainSequence[])[],
  {
    losses = [surrogate, likelihood],
    totals = totalsOf(parts.flat()),
  }: { losses?: readonly Loss[]; totals?: Microbatch['totals'] } = {},
): Promise<Metrics[]> {
  const found: Metrics[] = [];
  for (const sequences of parts)
    found.push(await policy.forwardBackward({ sequences, totals }, losses));
  return found;
}

/** The norm of what has accumulated; clears it. */
export async function gradientNorm(policy: Policy): Promise<number> {
  return (await policy.optimStep(still))['optim/grad_norm'] ?? NaN;
}

/** The same samples with the gradient of their losses turned round. */
export function turned(sequences: readonly TrainSequence[]): TrainSequence[] {
  return sequences.map((one) => ({
    ...one,
    advantages: one.advantages.map((value) => -value),
    imitate: one.imitate.map((value) => -value),
  }));
}

/** Two ways to add a gradient: the norm of their difference, relative to that of the first. */
export async function difference(
  policy: Policy,
  one: readonly (readonly TrainSequence[])[],
  other: readonly (readonly TrainSequence[])[],
  losses: readonly Loss[] = [surrogate, likelihood],
): Promise<number> {
  const totals = totalsOf(one.flat());
  await addGradient(policy, one, { losses, totals });
  const whole = await gradientNorm(policy);
  await addGradient(policy, one, { losses, totals });
  await addGradient(policy, other.map(turned), { losses, totals });
  return (await gradientNorm(policy)) / whole;
}
