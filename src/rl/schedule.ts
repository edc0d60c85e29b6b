import type { AdamUpdate } from '#policy';
import type { OptimConfig, TrainConfig } from './config.ts';
import { TrainError } from './setup.ts';

/** How long a run is: known before it starts, whatever is skipped or missing on the way. */
export interface RunPlan {
  readonly iterations: number;
  readonly iterationsPerEpoch: number;
  /** S: optimizer steps of the whole run, were nothing missing. */
  readonly steps: number;
  /** The step index at which an iteration begins. */
  readonly firstStep: (iteration: number) => number;
}

/**
 * Iterations do not cross epochs: the last one of an epoch takes what is left. Each iteration plans
 * ⌈samples / batch⌉ steps (algorithm.md L10).
 *
 * @example 16,000 problems, 1,024 per iteration, groups of 8, batches of 512, 3 epochs: 750 steps
 */
export function planRun(problems: number, { rollout, train }: TrainConfig): RunPlan {
  const { problemsPerSync, groupSize } = rollout;
  if (problems < 1) throw new TrainError('there are no problems to train on: the dataset is empty');
  const iterationsPerEpoch = Math.ceil(problems / problemsPerSync);
  const wanted = train.epochs * iterationsPerEpoch;
  const iterations = train.maxIterations > 0 ? Math.min(train.maxIterations, wanted) : wanted;
  const stepsFor = (count: number) => Math.ceil((count * groupSize) / train.batchSamples);
  const full = stepsFor(problemsPerSync);
  const last = stepsFor(problems - (iterationsPerEpoch - 1) * problemsPerSync);
  const perEpoch = (iterationsPerEpoch - 1) * full + last;
  const firstStep = (iteration: number) =>
    Math.floor(iteration / iterationsPerEpoch) * perEpoch + (iteration % iterationsPerEpoch) * full;
  return { iterations, iterationsPerEpoch, steps: firstStep(iterations), firstStep };
}

/**
 * The learning rate of step s of S (algorithm.md L10): rises over W = ⌈warmup·S⌉ steps as (s + 1)/W,
 * then falls along a cosine to `floor` of the base rate at the last step.
 */
export function learningRate(step: number, steps: number, optim: OptimConfig): number {
  const { learningRate: base, warmup, floor } = optim;
  const rising = Math.ceil(warmup * steps);
  if (step < rising) return (base * (step + 1)) / rising;
  const falling = steps - 1 - rising;
  const progress = falling > 0 ? Math.min(1, (step - rising) / falling) : 1;
  return base * (floor + ((1 - floor) / 2) * (1 + Math.cos(Math.PI * progress)));
}

/** What the optimizer does at a step. */
export function adamUpdate(step: number, steps: number, optim: OptimConfig): AdamUpdate {
  const { beta1, beta2, epsilon, weightDecay, gradClip } = optim;
  return {
    learningRate: learningRate(step, steps, optim),
    beta1,
    beta2,
    epsilon,
    weightDecay,
    maxGradNorm: gradClip,
  };
}
