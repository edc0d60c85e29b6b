import type { TrainConfig } from './config.ts';
import { concurrentMap } from './concurrent-map.ts';
import { holdsForbidden, judgeResponse } from './judge.ts';
import { countNativeWaits } from './native-wait.ts';
import type {
  Attempt,
  Completion,
  DropReason,
  Group,
  Rollout,
  RolloutVerdict,
  Span,
} from './records.ts';
import type { Plan, Planning, Skip } from './rethink-plan.ts';
import { planGroup, withoutEnd } from './rethink-plan.ts';
import type { Collecting, Failure } from './rollout.ts';
import { demandWeights, judgeOf } from './rollout.ts';
import { samplingParams } from './sampling-params.ts';
import { TrainError } from './setup.ts';
import type { TrainSetup } from './setup.ts';
import { triggers } from './triggers.ts';

/**
 * Forced Rethinking (paper v3, section 3.3; algorithm.md 2.8): appends a trigger to some finished
 * answers, lets the policy go on from the token ids, and lets continuations that end well replace
 * the answer they grew from, at most `maxPerProblem` per problem. Group sizes stay as they are.
 */
export async function forceRethinking(
  groups: readonly Group[],
  config: TrainConfig,
  setup: TrainSetup,
  at: Collecting,
): Promise<readonly Group[]> {
  const { rethink } = config;
  if (rethink.mode === 'off') return groups;
  const { policy, seed, progress } = setup;
  const { iteration, clock } = at;
  const planning: Planning = {
    config: rethink,
    processor: policy.processor,
    stream: (purpose, { problemId, index }) =>
      seed.at('rethink', purpose, iteration, problemId, index).stream(),
  };
  let done = 0;
  const rethought = await clock.during('rethink', () =>
    concurrentMap(groups, config.rollout.concurrency, async (group) => {
      const { plans, skips } = planGroup(group, planning);
      const tried = await Promise.all(plans.map((plan) => think(plan, group, config, setup)));
      done += 1;
      const { length: total } = groups;
      progress?.({ phase: 'rethink', iteration, done, total, subject: group.problem.id });
      return withKept(group, tried, skips, rethink.maxPerProblem);
    }),
  );
  demandContinuations(rethought);
  return rethought;
}

/** Rethinkings that could not be sampled, with the reason. */
export function failuresOf(groups: readonly Group[]): readonly Failure[] {
  return groups.flatMap(({ problem, rethinking }) =>
    (rethinking?.attempts ?? []).flatMap(({ failure }) =>
      failure === undefined ? [] : [{ problemId: problem.id, message: `rethinking: ${failure}` }],
    ),
  );
}

/** Stops a run in which no answer can be continued: it would train as if all rethinking were wrong. */
function demandContinuations(groups: readonly Group[]): void {
  const tried = groups.reduce((sum, { rethinking }) => sum + (rethinking?.attempts.length ?? 0), 0);
  const failures = failuresOf(groups);
  if (tried === 0 || failures.length < tried) return;
  throw new TrainError(`none of ${tried} answers could be continued: ${failures[0]?.message}`);
}

/** What came of one plan: a skip when there was no room, else an attempt and the rollout it would be. */
type Tried =
  | { readonly skip: Skip }
  | { readonly attempt: Attempt; readonly rethought: Rollout | undefined };

async function think(
  plan: Plan,
  group: Group,
  config: TrainConfig,
  setup: TrainSetup,
): Promise<Tried> {
  const { policy, seed, signal } = setup;
  const { rollout, y1 } = plan;
  const trigger = policy.processor.encode(triggers[plan.trigger]);
  const prompt = policy.processor.continued(group.prompt, joined(y1, trigger));
  const room = policy.limits.maxTokens - prompt.length;
  const maxTokens = Math.min(config.rethink.maxNewTokens, room);
  if (maxTokens <= config.rethink.keepMin)
    return { skip: { index: rollout.index, reason: 'long' } };
  const { iteration, problemId, index } = rollout;
  const { topP, topK } = config.rollout;
  const { temperature } = config.rethink;
  const request = {
    prompt,
    count: 1,
    params: samplingParams(policy.processor.ids, { temperature, topP, topK, maxTokens }),
    seed: seed.at('rethink', 'sample', iteration, problemId, index).toNumber(),
  };
  const answer = async (): Promise<Continued> => {
    try {
      const [completion = nothing(rollout.weightsVersion)] = await policy.sample(request, signal);
      return { plan, trigger, completion };
    } catch (cause) {
      const failure = cause instanceof Error ? cause.message : String(cause);
      return { plan, trigger, completion: nothing(rollout.weightsVersion), failure };
    }
  };
  const continued = await answer();
  signal?.throwIfAborted();
  demandWeights(continued.completion, rollout.weightsVersion, problemId);
  return judged(continued, group, config, setup);
}

/** A continuation that has come back. */
interface Continued {
  readonly plan: Plan;
  readonly trigger: Int32Array;
  readonly completion: Completion;
  /** Why there is none. */
  readonly failure?: string;
}

async function judged(
  { plan, trigger, completion, failure }: Continued,
  group: Group,
  config: TrainConfig,
  { policy, verify }: TrainSetup,
): Promise<Tried> {
  const { rollout, y1, cut } = plan;
  const { processor } = policy;
  const judge = judgeOf(processor.ids, verify, config.reward);
  const y2Text = processor.decode(completion.tokens);
  const response = joined(y1, trigger, completion.tokens);
  const waits = countNativeWaits(y2Text);
  const said = await judgeResponse(
    {
      problem: group.problem,
      tokens: completion.tokens,
      stop: completion.stop,
      text: config.rethink.requireBoxInY2 ? y2Text : processor.decode(response),
      waits,
      forced: true,
    },
    judge,
  );
  const verdict = said.code === 'unjudged' ? unjudged(rollout, said.failure) : said;
  const after = failure === undefined ? verdict : { ...verdict, reason: failure };
  const { length } = withoutEnd(completion.tokens, judge.end);
  const outcome = holdsForbidden(completion.tokens, judge)
    ? 'forbidden'
    : dropped(
        { finished: completion.stop === 'end', length, waits, correct: after.correct },
        config,
      );
  const attempt: Attempt = {
    rolloutId: rollout.id,
    index: rollout.index,
    trigger: plan.trigger,
    draftTokens: y1.length,
    rethinkingTokens: completion.tokens.length,
    triggerTokens: trigger.length,
    waits,
    before: rollout.verdict,
    after,
    outcome: outcome ?? 'kept',
    ...(cut === undefined ? {} : { cut }),
    response,
    ...(failure === undefined ? {} : { failure }),
  };
  if (outcome !== undefined) return { attempt, rethought: undefined };
  const firstWaits = cut === undefined ? rollout.waits : countNativeWaits(processor.decode(y1));
  return {
    attempt,
    rethought: replacement({ plan, trigger, completion }, attempt, firstWaits, config),
  };
}

/** The rollout that stands in the group instead of its draft. */
function replacement(
  { plan, trigger, completion }: Continued,
  { response, after, waits, cut }: Attempt,
  firstWaits: number,
  { rollout: { temperature: y1 }, rethink: { temperature: y2 } }: TrainConfig,
): Rollout {
  const lengths = [plan.y1.length, trigger.length, completion.tokens.length] as const;
  return {
    ...plan.rollout,
    response,
    logprobs: joinedLogprobs(plan, trigger.length, completion),
    spans: spansOf(lengths, { y1, y2 }),
    stop: completion.stop,
    waits: firstWaits + waits,
    verdict: after,
    draft: plan.rollout,
    trigger: plan.trigger,
    ...(cut === undefined ? {} : { cut }),
  };
}

/** Stands for the verdict of a rethinking that could not be judged: it is not kept. */
function unjudged({ verdict }: Rollout, failure = 'gold'): RolloutVerdict {
  return { ...verdict, code: 'unparsable', correct: false, reward: 0, shaping: 0, reason: failure };
}

/** The first check of algorithm.md 2.8.6 that fails; the quota is not asked here. */
function dropped(
  y2: { finished: boolean; length: number; waits: number; correct: boolean },
  { rethink }: TrainConfig,
): DropReason | undefined {
  if (!y2.finished) return 'unfinished';
  if (y2.length < rethink.keepMin) return 'short';
  if (y2.length > rethink.keepMax) return 'long';
  if (1 + y2.waits > rethink.maxWaits) return 'waits';
  return y2.correct ? undefined : 'wrong';
}

/** Lets good continuations replace their drafts, in ascending index until the quota is used up. */
function withKept(
  group: Group,
  tried: readonly Tried[],
  skips: readonly Skip[],
  quota: number,
): Group {
  const attempts: Attempt[] = [];
  const skipped = [...skips];
  const kept = new Map<number, Rollout>();
  for (const one of tried) {
    if ('skip' in one) skipped.push(one.skip);
    else if (one.rethought === undefined) attempts.push(one.attempt);
    else if (kept.size === quota) attempts.push({ ...one.attempt, outcome: 'quota' });
    else {
      kept.set(one.rethought.index, one.rethought);
      attempts.push(one.attempt);
    }
  }
  skipped.sort((a, b) => a.index - b.index);
  return {
    ...group,
    rollouts: group.rollouts.map((rollout) => kept.get(rollout.index) ?? rollout),
    rethinking: { attempts, skipped },
  };
}

function spansOf(
  [y1, trigger, y2]: readonly [number, number, number],
  temperatures: { readonly y1: number; readonly y2: number },
): readonly Span[] {
  const middle = y1 + trigger;
  return [
    { kind: 'draft', start: 0, end: y1, temperature: temperatures.y1 },
    { kind: 'trigger', start: y1, end: middle, temperature: 1 },
    { kind: 'rethinking', start: middle, end: middle + y2, temperature: temperatures.y2 },
  ];
}

function joinedLogprobs({ rollout, y1 }: Plan, trigger: number, y2: Completion): Float32Array {
  const all = new Float32Array(y1.length + trigger + y2.tokens.length).fill(NaN);
  all.set(rollout.logprobs.subarray(0, y1.length));
  all.set(y2.logprobs, y1.length + trigger);
  return all;
}

function joined(...parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

/** Stands for a completion that never came. */
function nothing(weightsVersion: number): Completion {
  return {
    tokens: new Int32Array(0),
    logprobs: new Float32Array(0),
    stop: 'cancelled',
    weightsVersion,
  };
}
