import type { Meter } from './budget.ts';
import { OverBudget } from './budget.ts';
import { acceptPhrase } from './extract/accept.ts';
import type { Extraction } from './extract/extract-answer.ts';
import { extractAnswer } from './extract/extract-answer.ts';
import { proseLetter, proseString } from './choice.ts';
import type { Gold } from './gold.ts';
import { prepareGold } from './gold.ts';
import type { VerifyInput } from './input.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judge.ts';
import { lastResort, wholeOf } from './last-resort.ts';
import type { Policy } from './policy.ts';
import type { Found, Reason, Status, Verdict } from './verdict.ts';
import { agrees } from './verdict.ts';

/** Mode `strict`: the four layers under a policy. */
export function verifyStrict(given: VerifyInput, policy: Policy, meter: Meter): Verdict {
  const input = withoutEmptyChoices(given);
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  if (golds.length === 0) return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  let first: Verdict | undefined;
  for (const gold of golds) {
    const verdict = againstOne(gold, input, policy, meter);
    if (verdict.correct) return verdict;
    if (first === undefined || first.status === 'unverifiable') first = verdict;
  }
  return first ?? verdictOf({ reason: 'gold-empty', notes: [] }, meter);
}

/** No options are the same as none given. */
function withoutEmptyChoices(input: VerifyInput): VerifyInput {
  if (input.choices === undefined || input.choices.length > 0) return input;
  const { choices: _, ...rest } = input;
  return rest;
}

function againstOne(raw: string, input: VerifyInput, policy: Policy, meter: Meter): Verdict {
  if (raw.trim() === '') return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const whole = wholeOf(input.prediction);
  const complete = policy.reasoning !== 'strip-or-nothing' && !policy.requireBox;
  if (input.source !== 'response' && complete && whole.text === raw.trim())
    return verdictOf({ reason: 'identical', notes: [], found: whole }, meter);
  if (policy.strings !== null) return againstStrings(raw, input, policy.strings, meter);
  const gold = prepareGold(policy.letters === 'prose' ? (proseLetter(raw) ?? raw) : raw, meter);
  if (typeof gold === 'string') return verdictOf({ reason: gold, notes: [] }, meter);
  const extraction = extract(input, gold, policy, meter);
  const { found } = extraction;
  if (found === undefined)
    return verdictOf({ reason: extraction.missing ?? 'no-phrase', notes: extraction.notes }, meter);
  const judgement = judgeSafely(gold, found.text, { input, policy, meter });
  const notes = [...extraction.notes, ...judgement.notes];
  return verdictOf({ ...judgement, notes, found }, meter);
}

/** A string-extraction test: both sides name one of the strings. */
function againstStrings(
  raw: string,
  input: VerifyInput,
  strings: readonly string[],
  meter: Meter,
): Verdict {
  const [gold, answer] = [proseString(raw, strings), proseString(input.prediction, strings)];
  if (gold === undefined) return verdictOf({ reason: 'gold-unparsable', notes: [] }, meter);
  if (answer === undefined) return verdictOf({ reason: 'no-phrase', notes: [] }, meter);
  const reason = gold.toLowerCase() === answer.toLowerCase() ? 'text-equal' : 'text-differs';
  return verdictOf({ reason, notes: ['string-in-prose'] }, meter);
}

/** A limit on the prediction's side is a verdict. */
function judgeSafely(
  gold: Gold,
  answer: string,
  context: { readonly input: VerifyInput; readonly policy: Policy; readonly meter: Meter },
): Judgement {
  try {
    return judge(gold, answer, {
      choices: context.input.choices,
      policy: context.policy,
      meter: context.meter,
    });
  } catch (error) {
    if (error instanceof OverBudget) return { reason: error.reason, notes: [] };
    throw error;
  }
}

function extract(input: VerifyInput, gold: Gold, policy: Policy, meter: Meter): Extraction {
  const { prediction, source } = input;
  if (source === 'answer') return { found: wholeOf(prediction), notes: [] };
  const limit = meter.budget.responseLength;
  const offset = Math.max(0, prediction.length - limit);
  const searched = offset === 0 ? prediction : prediction.slice(offset);
  meter.spend(1 + (searched.length >> 6));
  const shared = { choices: input.choices, letter: gold.letter !== undefined, meter };
  const extraction = extractAnswer(searched, {
    policy,
    listed: gold.listed,
    accept: (text) => acceptPhrase(text, shared),
  });
  const located = offset === 0 ? extraction : moved(extraction, offset);
  const wordy =
    policy.text === 'gold-words-contained' && located.found?.via === 'phrase' && source === 'auto';
  const complete: Extraction = wordy ? { missing: 'no-phrase', notes: [] } : located;
  if (complete.found !== undefined || source === 'response' || complete.missing === 'unclosed-box')
    return inProse(complete, searched, policy);
  if (policy.requireBox || complete.missing === 'only-in-reasoning') return complete;
  return {
    found: lastResort(searched, offset, gold, { policy, meter, choices: input.choices }),
    notes: complete.notes,
  };
}

function inProse(extraction: Extraction, text: string, policy: Policy): Extraction {
  if (extraction.found !== undefined || policy.letters !== 'prose') return extraction;
  const letter = proseLetter(text);
  if (letter === undefined) return extraction;
  const start = text.lastIndexOf(letter);
  return {
    found: { text: letter, start, end: start + 1, via: 'phrase' },
    notes: ['letter-in-prose'],
  };
}

function moved(extraction: Extraction, offset: number): Extraction {
  const { found } = extraction;
  const notes = [...extraction.notes, 'tail-only'];
  if (found === undefined) return { ...extraction, notes };
  return { found: { ...found, start: found.start + offset, end: found.end + offset }, notes };
}

/** Builds the verdict of a judgement; the status follows from the reason. */
export function verdictOf(
  judgement: Judgement & { readonly found?: Found },
  meter: Meter,
): Verdict {
  const { reason, notes, found, shapes } = judgement;
  const status = statusOf(reason);
  return {
    correct: status === 'correct',
    status,
    reason,
    ...(found === undefined ? {} : { answer: found }),
    ...(shapes === undefined ? {} : { shapes }),
    notes: [...notes],
    steps: meter.steps,
  };
}

const missing: ReadonlySet<Reason> = new Set<Reason>([
  'no-box',
  'empty-box',
  'unclosed-box',
  'no-phrase',
  'several-letters',
  'letter-out-of-range',
  'only-in-reasoning',
]);
const exceeded: ReadonlySet<Reason> = new Set<Reason>([
  'too-long',
  'too-deep',
  'too-many-nodes',
  'step-limit',
  'number-too-large',
  'worker-killed',
]);

export function statusOf(reason: Reason): Status {
  if (agrees(reason)) return 'correct';
  if (missing.has(reason)) return 'no-answer';
  if (exceeded.has(reason)) return 'over-budget';
  return reason.startsWith('gold-') ? 'unverifiable' : 'wrong';
}
