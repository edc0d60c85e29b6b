import type { Problem } from '#data';
import type { Verdict, VerifyInput } from '#verify';
import type { RewardConfig } from './config.ts';
import type { Completion, RolloutVerdict, VerdictCode } from './records.ts';
import { shapingOf } from './reward.ts';

/** What is read of a verdict. */
export type AnswerVerdict = Pick<Verdict, 'correct' | 'status' | 'reason'> & {
  readonly answer?: { readonly text: string };
  readonly shapes?: { readonly prediction: string };
};

/** Checks the answer in a response: `verify` itself, or a pool of workers, which takes its time. */
export type CheckAnswer = (input: VerifyInput) => AnswerVerdict | Promise<AnswerVerdict>;

/** One response on its way to a verdict. */
export interface Response {
  readonly problem: Problem;
  readonly tokens: Int32Array;
  readonly stop: Completion['stop'];
  /** The text in which the answer is looked for. */
  readonly text: string;
  readonly waits: number;
  readonly forced: boolean;
}

/** What judging needs. */
export interface Judge {
  readonly verify: CheckAnswer;
  readonly reward: RewardConfig;
  /** Ids that a response must never hold. */
  readonly banned: ReadonlySet<number>;
  readonly end: number;
}

/**
 * The verdict of a response, or null when its problem's answer key cannot be judged, so that it
 * must leave the reward. Forbidden tokens come first, then a missing end token, then the answer.
 */
export async function judgeResponse(
  response: Response,
  judge: Judge,
): Promise<RolloutVerdict | null> {
  const finished = response.stop === 'end';
  if (holdsForbidden(response.tokens, judge)) {
    return verdict({ code: 'forbidden_token', reason: 'token' }, response, judge);
  }
  if (!finished) return verdict({ code: 'truncated', reason: 'stop' }, response, judge);
  const { problem, text } = response;
  const answer = await judge.verify({
    gold: problem.answer,
    prediction: text,
    source: 'response',
    ...(problem.options === undefined ? {} : { choices: problem.options }),
    question: problem.question,
  });
  if (answer.status === 'unverifiable') return null;
  return verdict({ code: codeOf(answer), reason: answer.reason, answer }, response, judge);
}

/** A banned id anywhere, or an end token that does not end the response. */
export function holdsForbidden(
  tokens: Int32Array,
  { banned, end }: Pick<Judge, 'banned' | 'end'>,
): boolean {
  return tokens.some((id, place) => banned.has(id) || (id === end && place < tokens.length - 1));
}

function verdict(
  found: { code: VerdictCode; reason: string; answer?: AnswerVerdict },
  response: Response,
  judge: Judge,
): RolloutVerdict {
  const correct = found.code === 'correct';
  const { waits, forced } = response;
  // A forbidden token makes a response as invalid as a missing end token does.
  const finished = response.stop === 'end' && found.code !== 'forbidden_token';
  const shaping = shapingOf({ correct, finished, waits, forced }, judge.reward);
  return {
    code: found.code,
    correct,
    reward: (correct ? 1 : 0) + shaping,
    shaping,
    extracted: found.answer?.answer?.text ?? null,
    shape: found.answer?.shapes?.prediction ?? null,
    reason: found.reason,
  };
}

/** The parser's own bounds make an answer unparsable; a bound on work makes it a timeout. */
function codeOf({ status, reason }: AnswerVerdict): VerdictCode {
  switch (status) {
    case 'correct':
      return 'correct';
    case 'wrong':
      return 'wrong';
    case 'no-answer':
      return 'no_answer';
    case 'unverifiable':
      throw new Error('internal: an unverifiable answer key has no verdict code');
    case 'over-budget':
      return ['too-long', 'too-deep', 'too-many-nodes'].includes(reason) ? 'unparsable' : 'timeout';
  }
}
