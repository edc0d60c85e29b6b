import type { Mode, VerifyInput } from './input.ts';
import type { Policy } from './policy.ts';
import { policyOfTags } from './policy.ts';

/** One row of a collection of graded answers, as far as it is needed to judge it. */
export interface ExampleRow {
  readonly id: string;
  readonly gold: string;
  readonly prediction: string;
  readonly expected?: boolean;
  readonly category?: string;
  readonly form?: string;
  readonly label?: string;
  readonly source?: string;
  readonly policy?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>> | null;
}

export interface Case {
  readonly id: string;
  readonly input: VerifyInput;
  readonly mode: Mode;
  readonly policy: Partial<Policy>;
}

const benchmarkOfSource: readonly (readonly [RegExp, Mode])[] = [
  [/MATH-V\b/, 'mathvision'],
  [/MathVista/, 'mathvista'],
  [/mmmu-pro/i, 'mmmu-pro'],
  [/MMMU/, 'mmmu'],
  [/EMMA/, 'emma'],
  [/MEGA-?Bench/i, 'megabench'],
  [/MathVerse/i, 'mathverse'],
];

/**
 * How a row is judged: benchmark rows in their mode, the others in `strict` with the policy of
 * their tags and of the source test's own switches.
 */
export function caseOfExample(row: ExampleRow): Case {
  const options = row.options ?? {};
  const tags = row.policy ?? [];
  const official = tags.includes('official-scorer-of-that-benchmark');
  const mode = official
    ? (benchmarkOfSource.find(([pattern]) => pattern.test(row.source ?? ''))?.[1] ?? 'strict')
    : 'strict';
  return {
    id: row.id,
    input: inputOfExample(row),
    mode,
    policy: { ...policyOfTags(tags), ...policyOfSwitches(options) },
  };
}

/** Pairs are judged as they stand; responses are extracted from, with a last resort for tests without a box. */
export function inputOfExample(row: ExampleRow): VerifyInput {
  const options = row.options ?? {};
  const choices = options['choices'];
  const human = row.label === 'human-written test' && !row.prediction.includes('boxed');
  const listed = Array.isArray(choices) && choices.every((choice) => typeof choice === 'string');
  const answerType = options['answer_type'];
  const precision = options['precision'];
  const official = row.policy?.includes('official-scorer-of-that-benchmark') === true;
  return {
    gold: row.gold,
    prediction: row.prediction,
    source: row.form === 'pair' || human ? 'auto' : 'response',
    ...(listed && choices.length > 0 ? { choices } : {}),
    ...(typeof answerType === 'string' ? { answerType } : {}),
    ...(official && typeof precision === 'number' ? { precision } : {}),
  };
}

/** Switches of the source tests: precision, set against relation, renamed variables, string targets, language. */
export function policyOfSwitches(options: Readonly<Record<string, unknown>>): Partial<Policy> {
  const policy: { -readonly [K in keyof Policy]?: Policy[K] } = {};
  const { precision, strict, language } = options;
  if (typeof precision === 'number' && options['question_type'] === undefined)
    policy.precision = precision;
  if (options['allow_set_relation_comp'] === true) policy.intervalMeetsInequality = true;
  if (strict === false) policy.renameVariables = true;
  if (typeof language === 'string' && language.toUpperCase() !== 'ENGLISH') policy.language = 'any';
  const types = options['match_types'] ?? options['match_type'];
  const config = options['config'];
  if (Array.isArray(types) && types.includes('string')) policy.strings = stringsOf(config);
  else if (typeof config === 'string' && config.startsWith('StringExtractionConfig'))
    policy.strings = stringsOf(config);
  if (Array.isArray(types) && types.includes('NativeLetters')) policy.letters = 'prose';
  return policy;
}

/** `StringExtractionConfig(strings=('U',))`; without a list the letters A to D. */
function stringsOf(config: unknown): readonly string[] {
  const list = typeof config === 'string' ? /strings=\(([^)]*)\)/.exec(config)?.[1] : undefined;
  if (list === undefined) return ['A', 'B', 'C', 'D'];
  return [...list.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => match[1] ?? match[2] ?? '');
}
