import { verify } from '#verify';
import type { Mode, Verdict, VerifyInput } from '#verify';
import type { Benchmark } from './benchmark.ts';
import type { EvalItem } from './item.ts';
import { textOf } from './item.ts';
import { scoreMega } from './mega/score-mega.ts';

/** The scorers of every benchmark, in the order of reports. */
export const scorers = ['official', 'verifier', 'reference'] as const;
export type Scorer = (typeof scorers)[number];

/** What a scorer says about a response. */
export interface Judged {
  readonly status: 'correct' | 'wrong' | 'no-answer' | 'unverifiable';
  /** Code of the rule that decided. */
  readonly reason: string;
  /** What counts: 1 or 0, between for metrics that give parts. */
  readonly score: number;
  /** The text that was taken for the answer. */
  readonly answer: string | null;
  /** Where it stood in the response, in characters; null for rules that rewrite the response. */
  readonly span: readonly [number, number] | null;
  readonly notes: readonly string[];
}

export type Scores = Readonly<Record<Scorer, Judged>>;

/** A response, and what the official extractor made of it where its output says so. */
export interface Answered {
  readonly response: string;
  readonly extraction?: string;
}

/** Judges a response by the official rule, by `strict`, and by the rule of the paper's code. Pure. */
export function scoreResponse(benchmark: Benchmark, item: EvalItem, answered: Answered): Scores {
  const input = {
    gold: item.answer,
    prediction: answered.response,
    source: 'response',
    question: textOf(item.question),
    ...(item.choices === undefined ? {} : { choices: item.choices }),
    ...(item.answerType === undefined ? {} : { answerType: item.answerType }),
    ...(item.precision === undefined ? {} : { precision: item.precision }),
  } as const satisfies VerifyInput;
  const verifier = judgedBy('strict', input);
  return {
    official: official(benchmark, item, { answered, input, verifier }),
    verifier,
    reference: judgedBy('reference', input),
  };
}

function official(
  benchmark: Benchmark,
  item: EvalItem,
  {
    answered,
    input,
    verifier,
  }: {
    readonly answered: Answered;
    readonly input: VerifyInput;
    readonly verifier: Judged;
  },
): Judged {
  if (item.notScored !== undefined)
    return {
      status: 'unverifiable',
      reason: item.notScored,
      score: 0,
      answer: null,
      span: null,
      notes: [],
    };
  if (item.mega !== undefined) return scoreMega(item.mega, answered.response);
  const { extraction } = answered;
  const mode = benchmark.mode === 'own' ? 'strict' : benchmark.mode;
  if (extraction !== undefined) return judgedBy(mode, { ...input, extraction });
  return mode === 'strict' ? verifier : judgedBy(mode, input);
}

function judgedBy(mode: Mode, input: VerifyInput): Judged {
  const verdict = verify(input, { mode });
  const answer = verdict.answer?.text ?? null;
  const { span, status } = { span: spanOf(verdict), status: statusOf(verdict) };
  return {
    status: status === 'wrong' && answer !== null && answer.trim() === '' ? 'no-answer' : status,
    reason: verdict.reason,
    score: verdict.correct ? 1 : 0,
    answer,
    span,
    notes: verdict.notes,
  };
}

function spanOf({ answer }: Verdict): readonly [number, number] | null {
  return answer === undefined || answer.via === 'whole' ? null : [answer.start, answer.end];
}

/** What went over budget is no right answer; what has no usable reference answer is apart. */
function statusOf({ status }: Verdict): Judged['status'] {
  return status === 'over-budget' ? 'wrong' : status;
}
