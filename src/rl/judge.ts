import type { Problem } from '#data';
import type { Policy, Verdict, VerifyInput } from '#verify';
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

/** How the verifier has to be asked; whoever builds a `CheckAnswer` passes it on. */
export function verifyPolicy({ answer }: RewardConfig): Pick<Policy, 'requireBox'> {
  return { requireBox: answer === 'box' };
}

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
  readonly reward: Pick<RewardConfig, 'shaping'>;
  /** Ids that a response must never hold. */
  readonly banned: ReadonlySet<number>;
  readonly end: number;
}

/** A response that must leave the reward: neither right nor wrong. */
export interface Unjudged {
  readonly code: 'unjudged';
  /** The verifier failed, which is a fault of ours; else the answer key cannot be judged. */
  readonly failure?: string;
}

/**
 * The verdict of a response. Forbidden tokens come first, then a missing end token, then the answer.
 * Without a verdict when the answer key cannot be judged or when the verifier throws: a failing check
 * never says right, and never wrong in silence.
 */
export async function judgeResponse(
  response: Response,
  judge: Judge,
): Promise<RolloutVerdict | Unjudged> {
  const finished = response.stop === 'end';
  if (holdsForbidden(response.tokens, judge)) {
    return verdict({ code: 'forbidden_token', reason: 'token' }, response, judge);
  }
  if (!finished) return verdict({ code: 'truncated', reason: 'stop' }, response, judge);
  const answer = await check(response, judge);
  if (typeof answer === 'string') return { code: 'unjudged', failure: answer };
  if (answer.status === 'unverifiable') return { code: 'unjudged' };
  return verdict({ code: codeOf(answer), reason: answer.reason, answer }, response, judge);
}

/** What the verifier says, or why it could not. */
async function check({ problem, text }: Response, judge: Judge): Promise<AnswerVerdict | string> {
  try {
    return await judge.verify({
      gold: problem.answer,
      prediction: text,
      source: 'response',
      ...(problem.options === undefined ? {} : { choices: problem.options }),
      question: problem.question,
    });
  } catch (cause) {
    return `the verifier failed: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
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
