import type { Meter } from './budget.ts';
import { OverBudget } from './budget.ts';
import { acceptPhrase } from './extract/accept.ts';
import type { Extraction } from './extract/extract-answer.ts';
import { extractAnswer } from './extract/extract-answer.ts';
import { findSegments, lastNumber, lastSegments } from './extract/segments.ts';
import { functionNames } from './leaf/names.ts';
import { proseLetter, proseString, readLetter } from './choice.ts';
import type { Gold } from './gold.ts';
import { prepareGold } from './gold.ts';
import type { VerifyInput } from './input.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judge.ts';
import { normalise } from './normalise/normalise.ts';
import type { Policy } from './policy.ts';
import { readValues } from './structure/structure.ts';
import type { Value } from './structure/value.ts';
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
  if (input.source !== 'response' && whole.text === raw.trim())
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

function wholeOf(prediction: string): Found {
  const text = prediction.trim();
  const start = prediction.length - prediction.trimStart().length;
  return { text, start, end: start + text.length, via: 'whole' };
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

/** What follows the last "is" or "are" of a text, up to the end of its sentence, when it is a value. */
function behindVerb(
  text: string,
  meter: Meter,
): { readonly text: string; readonly start: number; readonly end: number } | undefined {
  const verb = Math.max(text.lastIndexOf(' is '), text.lastIndexOf(' are '));
  if (verb < 0 || text.length - verb > 200) return undefined;
  const start = verb + (text.startsWith(' are ', verb) ? 5 : 4);
  const rest = text.slice(start);
  const stop = rest.search(/[.!?]\s|\n/);
  const piece = (stop < 0 ? rest : rest.slice(0, stop)).trim();
  if (piece === '' || !/[\d\\]/.test(piece)) return undefined;
  const values = readValues(normalise(piece), meter);
  if (values.some(holdsText)) return undefined;
  return { text: piece, start, end: start + piece.length };
}

/** The mathematics that ends a sentence which states it: "so the triangle is $\text{isosceles}$." */
function closingSegment(
  text: string,
): { readonly text: string; readonly start: number; readonly end: number } | undefined {
  const segments = lastSegments(text);
  const [first, last] = [segments[0], segments.at(-1)];
  if (first === undefined || last === undefined || segments.length > 1) return undefined;
  if (!/^[\s.*]*$/.test(text.slice(last.to, last.to + 8)) || text.length - last.to > 8)
    return undefined;
  if (!/(?:\b(?:is|are|be|equals|get|have)|[:=])\s*$/.test(text.slice(0, first.from).slice(-24)))
    return undefined;
  return { text: text.slice(last.start, last.end), start: last.start, end: last.end };
}

interface LastResort {
  readonly policy: Policy;
  readonly meter: Meter;
  readonly choices: readonly string[] | undefined;
}

/**
 * Source `auto` without box, tag or phrase: the text itself when it is a value, else the last
 * mathematics, else the last number, else the text.
 */
function lastResort(
  text: string,
  offset: number,
  gold: Gold,
  { policy, meter, choices }: LastResort,
): Found {
  const whole = { ...wholeOf(text), start: offset };
  if (policy.letters === 'prose') {
    const letter = proseLetter(text);
    if (letter !== undefined) return { ...whole, text: letter, via: 'phrase' };
  }
  if (policy.text === 'gold-words-contained') return whole;
  const prose = gold.values.every((value) => value.kind === 'text') && gold.values.length > 0;
  const closing = prose || gold.letter !== undefined ? closingSegment(text) : undefined;
  if (closing !== undefined)
    return { ...closing, start: offset + closing.start, end: offset + closing.end, via: 'segment' };
  if (prose || whole.text.length > meter.budget.answerLength) return whole;
  if (gold.letter !== undefined || choices !== undefined) {
    const letter = readLetter(normalise(whole.text)) === undefined ? proseLetter(text) : undefined;
    if (letter === undefined) return whole;
    if (gold.letter !== undefined && isSentence(text))
      return { ...whole, text: letter, via: 'phrase' };
    if (!whole.text.includes('\n')) return whole;
  }
  if (!isProse(text)) {
    const values = readValues(normalise(whole.text), meter);
    if (values.some((value) => !holdsText(value))) return whole;
  }
  if (programText.test(text)) return whole;
  const segments = lastSegments(text);
  const [first, last] = [segments[0], segments.at(-1)];
  const stated = segments.length === 0 ? behindVerb(text, meter) : undefined;
  if (stated !== undefined)
    return { ...stated, start: offset + stated.start, end: offset + stated.end, via: 'phrase' };
  const number = /\p{L}/u.test(text) ? lastNumber(text) : undefined;
  const behind = number !== undefined && last !== undefined && number.start >= last.to;
  if (first !== undefined && last !== undefined && !behind) {
    const joined = segments.map((segment) => text.slice(segment.start, segment.end)).join(', ');
    return {
      text: joined + percentAfter(text, last.to),
      start: offset + first.from,
      end: offset + last.to,
      via: 'segment',
    };
  }
  if (number === undefined) return whole;
  return {
    text: text.slice(number.start, number.end),
    start: offset + number.start,
    end: offset + number.end,
    via: 'number',
  };
}

/** More than one word, none of them an option's own text. */
const isSentence = (text: string): boolean => /\p{L}{2,}\s|\s\p{L}{2,}/u.test(text);

/** Text, or several values of which one is text: a sentence that commas cut. */
function holdsText(value: Value): boolean {
  if (value.kind === 'text') return true;
  if (value.kind === 'assignment') return value.left.kind === 'text' && /\s/.test(value.left.text);
  if (value.kind === 'union') return value.parts.some(holdsText);
  return value.kind === 'sequence' && value.items.some(holdsText);
}

/** Dunder names, calls with quotes or nothing inside, key words: a program, which yields no number of its own. */
const programText =
  /__|\(\s*[)'"]|\b(?:lambda|import|eval|exec|getattr|globals|locals|subprocess|system)\b/;

/** Three words outside mathematics, or five letters of a script that mathematics does not use. */
function isProse(text: string): boolean {
  let outside = text;
  for (const segment of findSegments(text).slice(0, 50))
    outside = outside.replace(text.slice(segment.from, segment.to), ' ');
  outside = outside.replace(/\\(?:text|mathrm|mbox)\{[^{}]*\}|\\[a-zA-Z]+/g, ' ');
  const found =
    outside.match(/(?<!\w)[A-Za-z]{2,}(?!\w)/g)?.filter((word) => !functionNames.has(word)) ?? [];
  if (text.includes('$') && found.length >= 2) return true;
  if (found.filter((word) => word.length > 2).length >= 3) return true;
  return (
    (outside.match(
      /\p{Script=Arabic}|\p{Script=Devanagari}|\p{Script=Bengali}|\p{Script=Thai}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Han}|\p{Script=Hangul}/gu,
    )?.length ?? 0) >= 5
  );
}

/** A percent sign or word right behind a segment belongs to it. */
function percentAfter(text: string, at: number): string {
  return /^\s?(?:\\?%|percent\b|pct\b)/.test(text.slice(at, at + 10)) ? '\\%' : '';
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
