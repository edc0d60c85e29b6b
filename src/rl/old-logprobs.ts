import type { Metrics } from '#run';
import type { Candidate } from './advantage.ts';
import { trainable } from './batch.ts';
import type { TrainConfig } from './config.ts';
import { cutByTokens } from './cut-by-tokens.ts';
import { temperaturesOf } from './microbatch.ts';
import type { Sample } from './records.ts';
import type { TrainSetup } from './setup.ts';

/**
 * Adds the log-probabilities that ratios are taken against (algorithm.md L7): those of the trainer at
 * the synced weights, so that ratios start at exactly one, or as sampled. Samples that no step can
 * use are not scored. Returns how far trainer and sampler are apart, over tokens the policy chose.
 */
export async function withOldLogprobs(
  candidates: readonly Candidate[],
  config: TrainConfig,
  setup: TrainSetup,
  iteration: number,
): Promise<{ readonly samples: readonly Sample[]; readonly metrics: Metrics }> {
  const { policy, reference, seed, progress, signal } = setup;
  const note = (done: number, total: number) => {
    signal?.throwIfAborted();
    progress?.({ phase: 'logprob', iteration, done, total });
  };
  const { batch, loss } = config;
  const useful = candidates.filter((candidate) => trainable(candidate, batch.mode, loss));
  const fromTrainer = loss.oldLogprobs === 'trainer';
  const order = seed.at('probe', iteration).stream().permutation(useful.length);
  const probe = Array.from(order.subarray(0, loss.mismatchProbe), (place) => useful[place]);
  const scored = fromTrainer ? useful : probe.filter((candidate) => candidate !== undefined);
  const trainer = await logprobsOf(scored, policy, config, note);
  const ours = new Set(useful.map(({ id }) => id));
  if (loss.klCoef > 0 && reference === undefined) {
    throw new Error('internal: loss.klCoef is above 0 but there is no reference policy');
  }
  const frozen =
    loss.klCoef > 0 && reference !== undefined
      ? await logprobsOf(useful, reference, config, note)
      : new Map<string, Float32Array>();
  const samples = candidates.map((candidate): Sample => {
    const { id, rollout } = candidate;
    const old = fromTrainer ? trainer.get(id) : rollout.logprobs;
    const referenceLogprobs = frozen.get(id);
    return {
      ...candidate,
      oldLogprobs: ours.has(id) && old !== undefined ? old : new Float32Array(0),
      ...(referenceLogprobs === undefined ? {} : { referenceLogprobs }),
    };
  });
  return { samples, metrics: mismatch(scored, trainer) };
}

async function logprobsOf(
  candidates: readonly Candidate[],
  policy: Pick<TrainSetup['policy'], 'logprobs'>,
  config: TrainConfig,
  note: (done: number, total: number) => void,
): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  for (const portion of cutByTokens(candidates, config.train.microbatchTokens)) {
    const sequences = portion.map(({ prompt, rollout }) => ({
      prompt,
      response: rollout.response,
      temperatures: temperaturesOf(rollout),
    }));
    const logprobs = await policy.logprobs(sequences);
    portion.forEach(({ id }, place) => {
      const scored = logprobs[place];
      if (scored !== undefined) found.set(id, scored);
    });
    note(found.size, candidates.length);
  }
  return found;
}

/** Means over tokens the policy chose; null when nothing was scored. d = trainer − sampler logprob. */
function mismatch(
  candidates: readonly Candidate[],
  trainer: ReadonlyMap<string, Float32Array>,
): Metrics {
  let tokens = 0;
  let kl = 0;
  let probability = 0;
  let largest = 0;
  for (const { id, rollout } of candidates) {
    const scored = trainer.get(id);
    for (const { kind, start, end } of rollout.spans) {
      if (kind === 'trigger') continue;
      for (let place = start; place < end; place++) {
        const ours = scored?.[place] ?? NaN;
        const sampled = rollout.logprobs[place] ?? NaN;
        const d = ours - sampled;
        tokens += 1;
        kl += Math.exp(d) - 1 - d;
        probability += Math.abs(Math.exp(ours) - Math.exp(sampled));
        largest = Math.max(largest, Math.abs(d));
      }
    }
  }
  return {
    'mismatch/kl': tokens === 0 ? null : kl / tokens,
    'mismatch/abs_prob_mean': tokens === 0 ? null : probability / tokens,
    'mismatch/abs_logprob_max': tokens === 0 ? null : largest,
  };
}
