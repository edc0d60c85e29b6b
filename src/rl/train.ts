import type { Metrics } from '#run';
import { groupSamples } from './advantage.ts';
import { composeBatch, rawBatches } from './batch.ts';
import { collection, demandVerdicts } from './collect.ts';
import type { TrainConfig } from './config.ts';
import { Course } from './course.ts';
import type { TrainEvent } from './events.ts';
import { lossMetrics, replayMetrics, sumStepMetrics } from './metrics/step.ts';
import { lossOf } from './masks.ts';
import type { StepWork } from './microbatch.ts';
import { reasonToSkip, stepWork } from './microbatch.ts';
import { withOldLogprobs } from './old-logprobs.ts';
import { problemsOf } from './problem-order.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import { forceRethinking } from './rethink.ts';
import { collectRollouts } from './rollout.ts';
import { adamUpdate, planRun } from './schedule.ts';
import type { TrainSetup } from './setup.ts';
import type { TrainState } from './state.ts';

/**
 * GRPO with Selective Sample Replay and Forced Rethinking (VL-Rethinker), one event at a time. Stores
 * nothing: every event but an alarm carries the state from which training goes on as if it had never
 * stopped, once the policy is at the weights of that moment.
 */
export async function* train(
  config: TrainConfig,
  setup: TrainSetup,
  from: TrainState,
): AsyncGenerator<TrainEvent, void, undefined> {
  const { seed, problems } = setup;
  const plan = planRun(problems.length, config);
  const replay = new ReplayBuffer(config.replay, from.replay);
  const course = new Course(config, setup, { plan, replay }, from);
  const { clock } = course;

  while (course.iteration < plan.iterations) {
    const { iteration } = course;
    if (!course.published) yield* course.publish(await publishWeights(course, setup));

    // Answer with the newest weights, check every answer, make some answers think again.
    if (course.collected === null) {
      const at = { iteration, weightsVersion: course.weightsVersion, clock };
      const asked = problemsOf(iteration, { ...plan, ...config.rollout }, problems, seed);
      const drafts = await collectRollouts(asked, config, setup, at);
      demandVerdicts(drafts);
      const groups = await forceRethinking(drafts.groups, config, setup, at);

      // Advantages are relative to the group; old logprobs are of the published weights: ratios begin at one.
      const candidates = groups.flatMap((group) => groupSamples(group, config.advantage));
      const scored = await clock.during('logprob', () =>
        withOldLogprobs(candidates, config, setup, iteration),
      );
      yield* course.collect(collection(drafts, groups, scored, config));
    }

    const { samples = [], batchesDone = 0 } = course.collected ?? {};
    const settings = { ...config, loss: lossOf(config.loss, samples) };
    const { batchSamples } = config.train;
    const raw = rawBatches(samples, batchSamples, config.batch, seed.at('shuffle', iteration));
    for (const fresh of raw.slice(batchesDone)) {
      // A sample without advantage teaches nothing; a stored one with advantage takes its place.
      const { step } = course;
      const at = { iteration, step };
      const batch = composeBatch(fresh, { ...settings, replay, seed }, at);

      // The clipped surrogate, and the likelihood of kept rethinkings: one optimizer step.
      const work = stepWork(batch, settings);
      const replayed = replayMetrics(batch, { iteration, work });
      const idle = reasonToSkip(batch, work, settings);
      if (idle !== undefined) {
        yield* course.skipped(idle, replayed);
        continue;
      }
      const update = adamUpdate(step, plan.steps, config.optim);
      const found = await clock.during('update', () => updateWeights(work, update, setup, at));
      const losses = lossMetrics(found, work, settings.loss);
      yield* course.stepped(batch, { ...replayed, ...losses, ...optimMetrics(found, update) });
    }
    // At the next sync the policy that sampled them is gone: stored samples go with it, unless told.
    const cleared = config.replay.persist === 'episode' ? replay.clear() : 0;
    yield* course.completed(cleared);
  }
  if (!course.published) yield* course.publish(await publishWeights(course, setup));
}

function publishWeights(
  { clock, iteration }: Course,
  { policy, progress }: TrainSetup,
): Promise<number> {
  progress?.({ phase: 'sync', iteration, done: 0, total: 1 });
  return clock.during('sync', () => policy.publish());
}

/**
 * One optimizer step. Microbatches only bound memory: losses divide by counts of the whole step, so
 * they add up. Without a finite loss and gradient nothing is applied. Aborted halfway, the weights
 * are still those of the last event.
 */
async function updateWeights(
  { microbatches, losses }: StepWork,
  update: ReturnType<typeof adamUpdate>,
  { policy, signal, progress }: TrainSetup,
  { iteration, step }: { readonly iteration: number; readonly step: number },
): Promise<Metrics> {
  const parts: Metrics[] = [];
  const subject = `step ${step}`;
  for (const microbatch of microbatches) {
    const [done, total] = [parts.length, microbatches.length];
    progress?.({ phase: 'update', iteration, done, total, subject });
    parts.push(await policy.forwardBackward(microbatch, losses));
    if (signal?.aborted === true) await policy.discardGradient();
    signal?.throwIfAborted();
  }
  const sums = sumStepMetrics(parts);
  const terms = ['policy/loss', 'nll/loss', 'kl/ref'].map((name) => sums[name] ?? 0);
  if (terms.every(Number.isFinite)) return { ...sums, ...(await policy.optimStep(update)) };
  await policy.discardGradient();
  return { ...sums, 'optim/nonfinite': 1 };
}

function optimMetrics(found: Metrics, update: ReturnType<typeof adamUpdate>): Metrics {
  return {
    'optim/grad_norm': found['optim/grad_norm'] ?? null,
    'optim/grad_clipped': found['optim/grad_clipped'] ?? null,
    'optim/update_norm': found['optim/update_norm'] ?? null,
    'optim/step_nonfinite': found['optim/nonfinite'] ?? 0,
    'optim/lr': update.learningRate,
  };
}
