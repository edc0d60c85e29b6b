/** One pair to judge. */
export interface VerifyInput {
  /** Several golds: any may match. */
  readonly gold: string | readonly string[];
  readonly prediction: string;
  /** A whole response, a bare answer, or either: extract if possible, else take the text itself. */
  readonly source: 'response' | 'answer' | 'auto';
  /** Option texts, A first. */
  readonly choices?: readonly string[];
  /** Used only for hints on unit and kind of answer. */
  readonly question?: string;
  /** Kind of answer a benchmark declares for the problem (`integer`, `float`, `list`, `text`, `float` …). */
  readonly answerType?: string;
  /** Decimal places a benchmark declares for the problem. */
  readonly precision?: number;
  /** The answer text as the benchmark's own extractor gave it; modes that have one compare it instead. */
  readonly extraction?: string;
}

export type Mode =
  | 'strict'
  | 'reference'
  | 'mathvista'
  | 'mathverse'
  | 'mathvision'
  | 'mmmu'
  | 'mmmu-pro'
  | 'emma'
  | 'megabench'
  | 'geometry3k'
  | 'gsm8k'
  | 'wemath'
  | 'dynamath'
  | 'logicvista';

export const modes: readonly Mode[] = [
  'strict',
  'reference',
  'mathvista',
  'mathverse',
  'mathvision',
  'mmmu',
  'mmmu-pro',
  'emma',
  'megabench',
  'geometry3k',
  'gsm8k',
  'wemath',
  'dynamath',
  'logicvista',
];
