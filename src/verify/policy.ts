/**
 * House rules on which public graders disagree. Each field has one default, the rule of `strict`.
 */
export interface Policy {
  /** What `%` means: a hundredth always, nothing, or either when the gold answer carries the sign. */
  readonly percent: 'hundredth' | 'ignore' | 'gold-decides';
  readonly listOrder: 'free' | 'fixed';
  /** Which of several boxes count: joined only for a gold list, always joined, the last one. */
  readonly boxes: 'gold-decides' | 'join' | 'last';
  readonly requireBox: boolean;
  readonly answerTag: 'prefer' | 'after-box' | 'off';
  readonly unclosedBox: 'reject' | 'rest';
  /** A fraction that is not in lowest terms is wrong. */
  readonly reducedFractions: boolean;
  /** Which part of a response is searched when it holds `<think>`. */
  readonly reasoning: 'strip-when-closed' | 'keep' | 'strip-or-nothing';
  readonly text: 'equal' | 'gold-words-contained';
  /** Languages whose answer words are known beside Unicode digits; `any` for all. */
  readonly language: 'en' | 'any';
  readonly letters: 'anchored' | 'prose';
  /** Decimal places for decimals; null is the rule of `strict` (six, or six significant digits). */
  readonly precision: number | null;
  /** A gold interval may be met by an inequality. */
  readonly intervalMeetsInequality: boolean;
  /** Variables may be renamed consistently. */
  readonly renameVariables: boolean;
  /** Candidate strings of a string-extraction test; null for none. */
  readonly strings: readonly string[] | null;
  /** Both sides are compared after normalisation only. */
  readonly normalisedOnly: boolean;
}

export const strictPolicy: Policy = Object.freeze({
  percent: 'gold-decides',
  listOrder: 'free',
  boxes: 'gold-decides',
  requireBox: false,
  answerTag: 'after-box',
  unclosedBox: 'reject',
  reducedFractions: false,
  reasoning: 'strip-when-closed',
  text: 'equal',
  language: 'en',
  letters: 'anchored',
  precision: null,
  intervalMeetsInequality: false,
  renameVariables: false,
  strings: null,
  normalisedOnly: false,
});

const tags: ReadonlyMap<string, Partial<Policy>> = new Map<string, Partial<Policy>>([
  ['percent-is-1/100', { percent: 'hundredth' }],
  ['percent-sign-ignored', { percent: 'ignore' }],
  ['list-order-matters', { listOrder: 'fixed' }],
  ['adjacent-boxes-joined', { boxes: 'join' }],
  ['only-last-box', { boxes: 'last' }],
  ['box-required', { requireBox: true }],
  ['answer-tag', { answerTag: 'prefer' }],
  ['unclosed-box-rejected', { unclosedBox: 'reject' }],
  ['unreduced-fraction-wrong', { reducedFractions: true }],
  ['reasoning-stripped-before-grading', { reasoning: 'strip-or-nothing' }],
  ['word-match', { text: 'gold-words-contained' }],
  ['multilingual', { language: 'any' }],
  ['letter-extraction-from-prose', { letters: 'prose' }],
  ['normaliser-test', {}],
  ['official-scorer-of-that-benchmark', {}],
]);

/** The options that tags of the example collection stand for. Throws `TypeError` on an unknown tag. */
export function policyOfTags(names: readonly string[]): Partial<Policy> {
  let policy: Partial<Policy> = {};
  for (const name of names) {
    const part = tags.get(name);
    if (part === undefined)
      throw new TypeError(
        `policy tag: expected one of ${[...tags.keys()].join(', ')}, found ${JSON.stringify(name)}`,
      );
    policy = { ...policy, ...part };
  }
  return policy;
}

const choices: ReadonlyMap<keyof Policy, readonly unknown[]> = new Map<
  keyof Policy,
  readonly unknown[]
>([
  ['percent', ['hundredth', 'ignore', 'gold-decides']],
  ['listOrder', ['free', 'fixed']],
  ['boxes', ['gold-decides', 'join', 'last']],
  ['requireBox', [true, false]],
  ['answerTag', ['prefer', 'after-box', 'off']],
  ['unclosedBox', ['reject', 'rest']],
  ['reducedFractions', [true, false]],
  ['reasoning', ['strip-when-closed', 'keep', 'strip-or-nothing']],
  ['text', ['equal', 'gold-words-contained']],
  ['language', ['en', 'any']],
  ['letters', ['anchored', 'prose']],
  ['intervalMeetsInequality', [true, false]],
  ['renameVariables', [true, false]],
  ['normalisedOnly', [true, false]],
]);

/** Fills the defaults in and checks every value. Throws `TypeError` that names the option at fault. */
export function resolvePolicy(partial: Partial<Policy> | undefined): Policy {
  if (partial === undefined) return strictPolicy;
  if (typeof partial !== 'object' || partial === null || Array.isArray(partial))
    throw new TypeError('policy: expected an object of policy options');
  for (const [key, value] of Object.entries(partial)) {
    const allowed = choices.get(key as keyof Policy);
    const known =
      allowed?.includes(value) ??
      ((key === 'precision' && (value === null || isPlaces(value))) ||
        (key === 'strings' && (value === null || isStrings(value))));
    if (!known)
      throw new TypeError(
        `policy.${key}: expected ${allowed === undefined ? 'a known option' : allowed.map(String).join(' | ')}, found ${JSON.stringify(value)}`,
      );
  }
  return { ...strictPolicy, ...partial };
}

function isPlaces(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100;
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
