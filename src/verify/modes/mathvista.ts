import { atFirstUse } from '../at-first-use.ts';
import type { Meter } from '../budget.ts';
import type { VerifyInput } from '../input.ts';
import { readLetter } from '../choice.ts';
import { findBoxes } from '../extract/boxes.ts';
import { normalise } from '../normalise/normalise.ts';
import { strictPolicy } from '../policy.ts';
import { verdictOf, verifyStrict } from '../strict.ts';
import type { Verdict } from '../verdict.ts';
import { isFloat, pythonFloat, pythonRound, pythonText } from './python-number.ts';
import { nearestOption } from './edit-distance.ts';

/**
 * MathVista's typed comparison. With `extraction` (the official extractor is a language model) the
 * published normalisation is applied as it is, nearest option included; without it rules find the
 * answer and nothing is guessed.
 */
export function verifyMathVista(input: VerifyInput, meter: Meter): Verdict {
  const gold = typeof input.gold === 'string' ? input.gold : (input.gold[0] ?? '');
  if (gold.trim() === '') return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const official = input.extraction !== undefined;
  const response = input.prediction.slice(-meter.budget.responseLength);
  meter.spend(1 + (response.length >> 5));
  const extracted = input.extraction ?? extractByRules(input, response, meter);
  const notes: string[] = ['mathvista'];
  const prediction =
    extracted === undefined ? undefined : normaliseExtraction(extracted, input, official, notes);
  if (prediction === undefined) return verdictOf({ reason: 'no-phrase', notes }, meter);
  const found = { text: prediction, start: 0, end: response.length, via: 'whole' as const };
  return verdictOf(
    { reason: prediction === gold ? 'house-rule' : 'text-differs', notes, found },
    meter,
  );
}

/** The official normalisation by kind of answer; undefined is "no answer". */
function normaliseExtraction(
  extracted: string,
  input: VerifyInput,
  official: boolean,
  notes: string[],
): string | undefined {
  if (input.choices !== undefined && input.choices.length > 0)
    return option(extracted.trim(), input.choices, official, notes);
  const kind = input.answerType ?? 'text';
  if (kind === 'integer') return asInteger(extracted);
  if (kind === 'float') return asFloat(extracted, input.precision ?? 2);
  return extracted;
}

function option(
  extracted: string,
  choices: readonly string[],
  official: boolean,
  notes: string[],
): string | undefined {
  const lettered = /\(([a-zA-Z])\)/.exec(extracted)?.[1];
  const text = lettered === undefined ? extracted : lettered.toUpperCase();
  const index = /^[A-Z]$/.test(text) ? text.charCodeAt(0) - 65 : -1;
  const named = choices[index];
  if (named !== undefined) return named;
  if (choices.includes(text)) return text;
  if (!official) return choices.includes(extracted) ? extracted : undefined;
  notes.push('nearest-option');
  return nearestOption(text, choices);
}

/** `str(int(float(x)))` */
function asInteger(text: string): string | undefined {
  const value = pythonFloat(text);
  return value === undefined || !Number.isFinite(value)
    ? undefined
    : BigInt(Math.trunc(value)).toString();
}

/** `str(round(float(x), precision))` */
function asFloat(text: string, precision: number): string | undefined {
  const value = pythonFloat(text);
  return value === undefined ? undefined : pythonText(pythonRound(value, Math.trunc(precision)));
}

const phrasePatterns: readonly RegExp[] = [
  /(?:answer|choice|option|result)(?: to the question| to your question)?(?: is|:| would be| should be)\s*:?\s*\**\s*(?:option|choice)?\s*[(]?\**([A-Z])\**[).:,\s]/g,
  /\b(?:option|choice)\s*:?\s*\(?\**([A-Z])\**\)?(?![A-Za-z])/gi,
  /\*\*\s*\(?([A-Z])\)?[\s.:)*]/g,
  /\(([A-Z])\)(?=[^()]{0,40}\s*\.?\s*(?:\n|$))/g,
];

/** The direct hit, then box or phrase by the rules of `strict`, then letter forms, option texts, the last number. */
function extractByRules(input: VerifyInput, response: string, meter: Meter): string | undefined {
  const { choices } = input;
  const text = response.trim();
  if (text === '') return undefined;
  if (choices !== undefined && choices.length > 0) {
    if (choices.includes(text)) return text;
    return choiceByRules(text, choices, { input, meter });
  }
  if (isFloat(text)) return text;
  const boxed = boxContent(text);
  return (
    numberIn(boxed ?? '') ?? numberOfPhrase(text) ?? numberOfConclusion(text) ?? lastNumberOf(text)
  );
}

function boxContent(text: string): string | undefined {
  const box = findBoxes(text).boxes.at(-1);
  return box === undefined ? undefined : text.slice(box.start, box.end);
}

/** Closing courtesies say nothing about the answer. */
function withoutCourtesy(text: string): string {
  return text
    .replace(
      /(?:I hope this|Is there anything else|Let me know|Do you (?:have|want)|I hope that)[^\n]*$/gim,
      '',
    )
    .trim();
}

function choiceByRules(
  text: string,
  choices: readonly string[],
  context: { readonly input: VerifyInput; readonly meter: Meter },
): string | undefined {
  const boxed = boxContent(text);
  const letters = new Set(choices.map((_, index) => String.fromCharCode(65 + index)));
  if (boxed !== undefined) {
    const letter = readLetter(normalise(boxed));
    if (letter !== undefined && letters.has(letter.letter)) return letter.letter;
    return choices.find((choice, index) => judgedAs(index, boxed, context) && choice !== '');
  }
  const body = withoutCourtesy(text);
  const closing = body.slice(-600);
  for (const pattern of phrasePatterns) {
    const found = [...closing.matchAll(pattern)]
      .map((match) => (match[1] ?? '').toUpperCase())
      .filter((letter) => letters.has(letter));
    const last = found.at(-1);
    if (last !== undefined) return last;
  }
  const alone = readLetter(normalise(body.slice(0, 400)));
  if (alone !== undefined && letters.has(alone.letter) && !body.includes('\n')) return alone.letter;
  return optionInProse(closing, choices);
}

function judgedAs(
  index: number,
  boxed: string,
  { input, meter }: { readonly input: VerifyInput; readonly meter: Meter },
): boolean {
  const gold = String.fromCharCode(65 + index);
  return verifyStrict({ ...input, gold, prediction: boxed, source: 'answer' }, strictPolicy, meter)
    .correct;
}

/** The one option named in the concluding sentence, else in emphasis; yes and no by the sentence's negation. */
function optionInProse(closing: string, choices: readonly string[]): string | undefined {
  const bold = [...closing.matchAll(/\*\*([^*\n]{1,80})\*\*/g)].at(-1)?.[1];
  const emphasised = bold === undefined ? undefined : soleOption(bold, choices);
  if (emphasised !== undefined) return emphasised;
  const sentences = closing.split(/(?<=[.!?])\s+|\n+/).filter((sentence) => sentence.trim() !== '');
  const concluding = sentences
    .filter((sentence) =>
      /^\W*(?:therefore|thus|so|hence|in conclusion|overall|the answer)\b/i.test(sentence),
    )
    .at(-1);
  for (const sentence of [concluding, sentences.at(-1)]) {
    if (sentence === undefined) continue;
    const named = soleOption(sentence, choices) ?? yesOrNo(sentence, choices);
    if (named !== undefined) return named;
  }
  return undefined;
}

/** The option whose text stands in the sentence, when it is only one and no other contains it. */
function soleOption(sentence: string, choices: readonly string[]): string | undefined {
  const plain = ` ${sentence
    .toLowerCase()
    .replace(between(), ' ')
    .replace(/[.,]+(?=\s|$)/g, '')} `;
  const named = choices.filter((choice) => {
    const text = choice.toLowerCase().trim().replace(between(), ' ');
    return text.length > 0 && !/^(?:yes|no)$/.test(text) && plain.includes(` ${text} `);
  });
  const longest = named.filter(
    (choice) => !named.some((other) => other !== choice && other.includes(choice)),
  );
  return longest.length === 1 ? longest[0] : undefined;
}

function yesOrNo(sentence: string, choices: readonly string[]): string | undefined {
  const lower = choices.map((choice) => choice.toLowerCase());
  if (choices.length !== 2 || !lower.includes('yes') || !lower.includes('no')) return undefined;
  if (!/^\W*(?:therefore|thus|so|hence|no\b|yes\b)/i.test(sentence)) return undefined;
  const negative = /\b(?:not|no|isn't|doesn't|never|cannot|neither)\b/i.test(sentence);
  return choices[lower.indexOf(negative ? 'no' : 'yes')];
}

const between = atFirstUse(() => new RegExp('[^\\p{L}\\p{N}°./=(),+-]+', 'gu'));
const numberPattern = /-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?/g;

function numberIn(text: string): string | undefined {
  return [...text.matchAll(numberPattern)].at(-1)?.[0].replaceAll(',', '');
}

function numberOfPhrase(text: string): string | undefined {
  const found = [
    ...text
      .slice(-2_000)
      .matchAll(/answer(?:[^.\n]{0,40}?)(?:is|:)\s*:?\s*\**\s*\$?(-?\d[\d,]*(?:\.\d+)?)/gi),
  ].at(-1);
  return found?.[1]?.replaceAll(',', '').replace(/\.$/, '');
}

/** The last emphasised number of the conclusion, else the first or last number of its sentence. */
function numberOfConclusion(text: string): string | undefined {
  const body = withoutCourtesy(text).slice(-1_500);
  const bold = [...body.matchAll(/\*\*([^*\n]{1,60})\*\*/g)]
    .map((match) => match[1] ?? '')
    .filter((part) => /\d/.test(part))
    .at(-1);
  if (bold !== undefined) return numberIn(bold);
  const sentences = body.split(/(?<=[.!?])\s+|\n+/);
  const concluding = sentences
    .filter(
      (sentence) => /^\W*(?:therefore|thus|so|hence|in)\b/i.test(sentence) && /\d/.test(sentence),
    )
    .at(-1);
  if (concluding === undefined) return undefined;
  const verb =
    /\b(?:is|are|was|were|=|has|have|count)\s+(?:about\s+|approximately\s+|only\s+)?\$?(-?\d[\d,]*(?:\.\d+)?)/gi;
  const direct = [...concluding.matchAll(verb)].at(-1)?.[1];
  return direct?.replaceAll(',', '') ?? numberIn(concluding);
}

function lastNumberOf(text: string): string | undefined {
  return numberIn(withoutCourtesy(text).slice(-1_000));
}
