import type { Problem } from '#data';
import type { TrainConfig } from './config.ts';
import { concurrentMap } from './concurrent-map.ts';
import type { Judge } from './judge.ts';
import { judgeResponse } from './judge.ts';
import { countNativeWaits } from './native-wait.ts';
import type { PhaseClock } from './phases.ts';
import type { Completion, Group, Prompt, Rollout } from './records.ts';
import { samplingParams } from './sampling-params.ts';
import type { TrainSetup } from './setup.ts';
import { TrainError } from './setup.ts';

/** Where in the run rollouts are made. */
export interface Collecting {
  readonly iteration: number;
  /** What `publish` returned: every completion must come from these weights. */
  readonly weightsVersion: number;
  readonly clock: PhaseClock;
}

/** A problem that could not be answered, or a response that could not be checked, and why. */
export interface Failure {
  readonly problemId: string;
  readonly message: string;
}

/** Groups in the order of their problems; a problem without any usable rollout is missing. */
export interface Collected {
  /** Problems that were asked, answered or not. */
  readonly asked: number;
  readonly groups: readonly Group[];
  readonly failures: readonly Failure[];
  /** Rollouts left out because the answer key of their problem cannot be judged. */
  readonly unverifiable: number;
}

/**
 * Answers every problem `groupSize` times with the published weights and checks every answer.
 * A problem that cannot be rendered or sampled is recorded and left out; when none can, or when a
 * completion comes from other weights, the run cannot go on.
 */
export async function collectRollouts(
  problems: readonly Problem[],
  config: TrainConfig,
  setup: TrainSetup,
  at: Collecting,
): Promise<Collected> {
  const failures: Failure[] = [];
  const causes: unknown[] = [];
  const judged: Promise<Group>[] = [];
  let done = 0;
  const total = problems.length;
  const { signal, progress } = setup;

  await at.clock.during('rollout', () =>
    concurrentMap(problems, config.rollout.concurrency, async (problem) => {
      try {
        const answered = await answer(problem, config, setup, at);
        judged.push(judgeGroup(answered, config, setup, { ...at, failures }));
      } catch (cause) {
        signal?.throwIfAborted();
        if (cause instanceof TrainError) throw cause;
        causes.push(cause);
        failures.push({ problemId: problem.id, message: messageOf(cause) });
      }
      done += 1;
      const { iteration } = at;
      progress?.({ phase: 'rollout', iteration, done, total, subject: problem.id });
    }),
  );
  if (total > 0 && judged.length === 0) {
    throw new TrainError(`none of ${total} problems could be answered: ${failures[0]?.message}`, {
      cause: causes[0],
    });
  }
  progress?.({ phase: 'verify', iteration: at.iteration, done: 0, total: judged.length });
  const groups = await at.clock.during('verify', () => Promise.all(judged));
  const place = new Map(problems.map(({ id }, index) => [id, index]));
  const inOrder = <Item>(items: Item[], id: (item: Item) => string) =>
    items.sort((a, b) => (place.get(id(a)) ?? 0) - (place.get(id(b)) ?? 0));
  return {
    asked: total,
    groups: inOrder(groups, ({ problem }) => problem.id).filter(
      ({ rollouts }) => rollouts.length > 0,
    ),
    failures: inOrder(failures, ({ problemId }) => problemId),
    unverifiable: groups.reduce((sum, group) => sum + group.unverifiable, 0),
  };
}

interface Answered {
  readonly problem: Problem;
  readonly prompt: Prompt;
  readonly completions: readonly Completion[];
}

async function answer(
  problem: Problem,
  { rollout, rethink }: TrainConfig,
  setup: TrainSetup,
  { iteration, weightsVersion }: Collecting,
): Promise<Answered> {
  const { policy, seed, signal } = setup;
  const prompt = setup.prompt(problem);
  const room = policy.limits.maxTokens - prompt.length;
  if (prompt.length > rollout.maxPromptTokens || room < 1) {
    const limit = Math.min(rollout.maxPromptTokens, policy.limits.maxTokens - 1);
    throw new RangeError(
      `prompt_too_long: expected at most ${limit} tokens, found ${prompt.length}`,
    );
  }
  const maxTokens = Math.min(rollout.maxNewTokens, room);
  const request = {
    prompt,
    count: rollout.groupSize,
    params: samplingParams(policy.processor.ids, { ...rollout, maxTokens }),
    seed: seed.at('rollout', iteration, problem.id).toNumber(),
    // What may be continued is not computed again.
    ...(rethink.mode === 'off' ? {} : { keep: true }),
  };
  const completions = await policy.sample(request, signal);
  signal?.throwIfAborted();
  for (const completion of completions) demandWeights(completion, weightsVersion, problem.id);
  return { problem, prompt, completions };
}

/** @throws TrainError for a completion of other weights than the published ones. */
export function demandWeights(
  { weightsVersion: found }: Pick<Completion, 'weightsVersion'>,
  expected: number,
  problemId: string,
): void {
  if (found === expected) return;
  throw new TrainError(
    `problem ${problemId}: expected rollouts of weights version ${expected}, ` +
      `found ${found}; the sampler did not take over the published weights`,
  );
}

async function judgeGroup(
  { problem, prompt, completions }: Answered,
  { reward, rollout: { groupSize, temperature } }: TrainConfig,
  { policy, verify }: TrainSetup,
  { iteration, failures }: Collecting & { readonly failures: Failure[] },
): Promise<Group> {
  const judge = judgeOf(policy.processor.ids, verify, reward);
  const rollouts = await Promise.all(
    completions.slice(0, groupSize).map(async (completion, index): Promise<Rollout | null> => {
      const { tokens, logprobs, stop, weightsVersion } = completion;
      if (stop === 'cancelled') return null;
      const text = policy.processor.decode(tokens);
      const waits = countNativeWaits(text);
      const response = { problem, tokens, stop, text, waits, forced: false };
      const verdict = await judgeResponse(response, judge);
      if (verdict.code === 'unjudged') {
        const { failure: message } = verdict;
        if (message !== undefined) failures.push({ problemId: problem.id, message });
        return null;
      }
      return {
        id: `${iteration}/${problem.id}/${index}`,
        problemId: problem.id,
        iteration,
        index,
        response: tokens,
        logprobs,
        spans: [{ kind: 'draft', start: 0, end: tokens.length, temperature }],
        stop,
        weightsVersion,
        waits,
        verdict,
      };
    }),
  );
  const present = completions.slice(0, groupSize).filter(({ stop }) => stop !== 'cancelled');
  const kept = rollouts.filter((rollout) => rollout !== null);
  const unverifiable = present.length - kept.length;
  return { problem, prompt, rollouts: kept, missing: groupSize - present.length, unverifiable };
}

/** What judging a response needs, from the ids of the checkpoint. */
export function judgeOf(
  ids: { readonly banned: readonly number[]; readonly end: number },
  verify: Judge['verify'],
  reward: Judge['reward'],
): Judge {
  return { verify, reward, banned: new Set(ids.banned), end: ids.end };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
