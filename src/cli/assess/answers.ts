import type { Problem } from '#data';
import type { Prompt } from '#model/processor';
import type { Policy } from '#policy';
import { countNativeWaits, paperTriggers, triggers } from '#rl';
import type { Seed } from '#run';
import { verify } from '#verify';
import { beforeFirstWait } from '../train-validate.ts';

/** One response, judged. */
export interface Answer {
  readonly text: string;
  readonly correct: boolean;
  /** Whether the response ended by itself. */
  readonly ended: boolean;
  /** Whether an answer was found in it. */
  readonly answered: boolean;
  /** Native waits: "Wait" and its kin, written without a trigger. */
  readonly waits: number;
  /** Whether the answer before the first native wait was right; null without a wait or such an answer. */
  readonly correctBefore: boolean | null;
  readonly tokens: number;
}

/** A continuation behind a trigger; judged together with what it goes on from. */
export interface Forced extends Answer {
  readonly trigger: string;
}

/** Everything asked about one problem. */
export interface Answers {
  readonly id: string;
  /** Names of the groups the problem is counted in: its category, its level. */
  readonly groups: readonly string[];
  readonly greedy: Answer;
  /** What the greedy answer became behind a trigger; null where it did not end by itself. */
  readonly forced: Forced | null;
  readonly sampled: readonly Answer[];
}

/** How to ask. */
export interface Asking {
  readonly policy: Policy;
  readonly template: string;
  readonly samples: number;
  readonly temperature: number;
  /** Longest response, and longest continuation. */
  readonly maxTokens: number;
  readonly seed: Seed;
  readonly signal: AbortSignal;
}

/** A problem with the groups it is counted in. */
export interface AskedProblem {
  readonly problem: Problem;
  readonly groups: readonly string[];
}

/** Asks greedily, goes on behind a trigger, and draws samples. */
export async function answersTo(
  { problem, groups }: AskedProblem,
  asking: Asking,
): Promise<Answers> {
  const { policy, samples, temperature } = asking;
  const prompt = policy.processor.problemPrompt(problem, asking.template).prompt;
  const [[greedy, forced], sampled] = await Promise.all([
    greedyAnswers(problem, prompt, asking),
    samples === 0 ? [] : draw(problem, prompt, { count: samples, temperature }, asking),
  ]);
  return { id: problem.id, groups, greedy, forced, sampled: sampled.map(({ answer }) => answer) };
}

async function greedyAnswers(
  problem: Problem,
  prompt: Prompt,
  asking: Asking,
): Promise<[Answer, Forced | null]> {
  const { processor } = asking.policy;
  const once = { count: 1, temperature: 0 };
  const [first] = await draw(problem, prompt, once, asking);
  if (first === undefined) throw new Error('internal: a sampler without completions');
  if (!first.answer.ended) return [first.answer, null];
  const random = asking.seed.at('trigger', problem.id).stream();
  const trigger = triggers[paperTriggers[random.int(paperTriggers.length)] ?? 'bare_wait'];
  const own =
    first.tokens.at(-1) === processor.ids.end ? first.tokens.subarray(0, -1) : first.tokens;
  const written = Int32Array.from([...own, ...processor.encode(trigger)]);
  const continued = { ...once, before: processor.decode(written) };
  const [second] = await draw(problem, processor.continued(prompt, written), continued, asking);
  return [first.answer, second === undefined ? null : { ...second.answer, trigger }];
}

interface Drawing {
  readonly count: number;
  readonly temperature: number;
  /** What the response goes on from, trigger included. */
  readonly before?: string;
}

async function draw(
  problem: Problem,
  prompt: Prompt,
  { count, temperature, before = '' }: Drawing,
  { policy, maxTokens, seed, signal }: Asking,
): Promise<readonly { readonly answer: Answer; readonly tokens: Int32Array }[]> {
  const { processor, limits } = policy;
  const request = {
    prompt,
    count,
    seed: seed.at('sample', problem.id).toNumber(),
    params: {
      bannedIds: processor.ids.banned,
      repetitionPenalty: 1,
      temperature,
      topK: 0,
      topP: 1,
      minP: 0,
      stopIds: [processor.ids.end],
      stopStrings: [],
      minTokens: 0,
      maxTokens: Math.max(1, Math.min(maxTokens, limits.maxTokens - prompt.length)),
    },
  };
  const completions = await policy.sample(request, signal);
  signal.throwIfAborted();
  return completions.map(({ tokens, stop }) => {
    const text = processor.decode(tokens);
    return { answer: judged(problem, { text, before, ended: stop === 'end', tokens }), tokens };
  });
}

interface Written {
  readonly text: string;
  readonly before: string;
  readonly ended: boolean;
  readonly tokens: Int32Array;
}

/** A response that was cut off is wrong: what it would have said is not known. */
function judged(problem: Problem, { text, before, ended, tokens }: Written): Answer {
  const verdict = ended ? verdictOf(problem, before + text) : undefined;
  const early = ended ? beforeFirstWait(text) : undefined;
  const earlier = early === undefined ? undefined : verdictOf(problem, before + early);
  return {
    text,
    correct: verdict?.correct ?? false,
    ended,
    answered: verdict !== undefined && verdict.status !== 'no-answer',
    waits: countNativeWaits(text),
    correctBefore: earlier === undefined || earlier.status === 'no-answer' ? null : earlier.correct,
    tokens: tokens.length,
  };
}

function verdictOf({ answer, question, options }: Problem, prediction: string) {
  return verify({
    gold: answer,
    prediction,
    source: 'response',
    question,
    ...(options === undefined ? {} : { choices: options }),
  });
}
