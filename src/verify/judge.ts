import { atFirstUse } from './at-first-use.ts';
import type { Meter } from './budget.ts';
import { OverBudget } from './budget.ts';
import {
  goldLetter,
  indexOfLetter,
  isAnother,
  letterAt,
  namesAnother,
  readLetter,
  readLetters,
} from './choice.ts';
import type { Comparison } from './compare/comparison.ts';
import { foldText, squeeze } from './compare/text.ts';
import { valuesEqual } from './compare/values.ts';
import type { Gold } from './gold.ts';
import { longDigits } from './gold.ts';
import { normalise } from './normalise/normalise.ts';
import type { Policy } from './policy.ts';
import { readValues } from './structure/structure.ts';
import type { Value } from './structure/value.ts';
import { shapeOf } from './structure/value.ts';
import type { Reason, Verdict } from './verdict.ts';
import { agrees } from './verdict.ts';

export interface Judgement {
  readonly reason: Reason;
  readonly notes: readonly string[];
  readonly shapes?: NonNullable<Verdict['shapes']>;
}

export interface Circumstances {
  readonly choices: readonly string[] | undefined;
  readonly policy: Policy;
  readonly meter: Meter;
}

/** Compares an extracted answer with the gold: identity, letters and options, values, words. */
export function judge(gold: Gold, answer: string, context: Circumstances): Judgement {
  const { meter, policy } = context;
  if (answer.trim() === gold.raw.trim()) return { reason: 'identical', notes: [] };
  if (answer.length > meter.budget.answerLength) return judgeLong(gold, answer, meter);
  const clean = normalise(answer);
  meter.spend(1 + (answer.length >> 3));
  if (clean !== '' && squeeze(clean) === squeeze(gold.clean) && context.choices === undefined)
    return { reason: 'identical', notes: [] };
  if (policy.normalisedOnly) return judgeText(gold, clean, policy);
  const choice = judgeChoice(gold, clean, context);
  if (choice !== undefined) return choice;
  if (policy.text === 'gold-words-contained' && containsWords(gold.clean, clean))
    return { reason: 'text-equal', notes: ['gold-words-contained'] };
  if (gold.values.length === 0) return { reason: 'number-differs', notes: [] };
  return judgeValues(gold.values, readValues(clean, meter), context);
}

/** One long integer is compared digit by digit, never as a number. */
function judgeLong(gold: Gold, answer: string, meter: Meter): Judgement {
  const digits = answer.length <= meter.budget.responseLength ? longDigits(answer) : undefined;
  if (digits === undefined) return { reason: 'too-long', notes: [] };
  const other = longDigits(gold.clean);
  if (other === undefined) return { reason: 'shape-differs', notes: [] };
  return { reason: digits === other ? 'number-exact' : 'number-differs', notes: [] };
}

function judgeText(gold: Gold, clean: string, policy: Policy): Judgement {
  if (clean !== '' && foldText(gold.clean) === foldText(clean))
    return { reason: 'text-equal', notes: [] };
  return {
    reason:
      policy.text === 'gold-words-contained' && containsWords(gold.clean, clean)
        ? 'text-equal'
        : 'text-differs',
    notes: [],
  };
}

/** Whether the gold's words stand in the answer in order and unbroken. */
function containsWords(gold: string, clean: string): boolean {
  const [needle, hay] = [words(gold), words(clean)];
  return needle !== '' && ` ${hay} `.includes(` ${needle} `);
}

const noWord = atFirstUse(
  // A point or comma between digits belongs to a number: 3 is no word of 3.5.
  () => new RegExp('(?!(?<=\\d)[.,](?=\\d))[^\\p{L}\\p{N}\\s-]', 'gu'),
);

const words = (text: string): string =>
  text.toLowerCase().replace(noWord(), ' ').replace(/\s+/g, ' ').trim();

/** Every reading of the gold against every reading of the answer; the first agreement decides. */
export function judgeValues(
  golds: readonly Value[],
  predictions: readonly Value[],
  context: Circumstances,
): Judgement {
  let failed: Judgement | undefined;
  for (const gold of golds)
    for (const prediction of predictions) {
      const how = comparisonOf(context);
      const reason = valuesEqual(gold, prediction, how);
      const shapes = { gold: shapeOf(gold), prediction: shapeOf(prediction) };
      const judgement = { reason, notes: [...how.notes], shapes };
      if (agrees(reason)) return judgement;
      failed ??= judgement;
    }
  return failed ?? { reason: 'shape-differs', notes: [] };
}

function comparisonOf({ policy, meter }: Circumstances): Comparison {
  return {
    policy,
    precision: { places: policy.precision ?? 6, fixed: policy.precision !== null },
    meter,
    notes: new Set(),
    equal: valuesEqual,
  };
}

/** Multiple choice; undefined when neither side is a letter or an option. */
function judgeChoice(gold: Gold, clean: string, context: Circumstances): Judgement | undefined {
  const { choices } = context;
  const golds =
    choices === undefined
      ? undefined
      : (readLetters(gold.clean) ?? joinedLetters(gold.clean, choices));
  if (golds !== undefined) return judgeSeveral(golds, clean);
  const letter = goldOption(gold, choices);
  if (letter !== undefined) return judgeLetter(letter, clean, context);
  return undefined;
}

/** `AC` as a gold of a question with options. */
function joinedLetters(clean: string, choices: readonly string[]): readonly string[] | undefined {
  if (!/^[A-J]{2,5}$/.test(clean) || choices.includes(clean)) return undefined;
  const letters = Array.from(clean);
  return letters.every((letter, index) => index === 0 || letter > (letters[index - 1] ?? ''))
    ? letters
    : undefined;
}

function judgeSeveral(golds: readonly string[], clean: string): Judgement {
  const found = readLetters(clean) ?? (/^[A-J]{2,5}$/.test(clean) ? Array.from(clean) : undefined);
  const single = readLetter(clean);
  const letters = found ?? (single === undefined ? [] : [single.letter]);
  const same =
    new Set(letters).size === new Set(golds).size &&
    letters.every((letter) => golds.includes(letter));
  return { reason: same ? 'option-letter' : 'option-differs', notes: [] };
}

/** The letter of the gold: itself, or that of the one option whose text it is. */
function goldOption(gold: Gold, choices: readonly string[] | undefined): string | undefined {
  if (choices === undefined || choices.length === 0) return gold.letter;
  if (gold.letter !== undefined && indexOfLetter(gold.letter) < choices.length) return gold.letter;
  const exact = choices.findIndex((choice) => choice.trim() === gold.raw.trim());
  return exact < 0 ? undefined : letterAt(exact);
}

function judgeLetter(letter: string, clean: string, context: Circumstances): Judgement | undefined {
  const { choices } = context;
  const shapes = { gold: 'letter', prediction: 'letter' } as const;
  if (readLetters(clean) !== undefined) return { reason: 'several-letters', notes: [], shapes };
  const found = readLetter(clean);
  if (found !== undefined) {
    if (
      choices !== undefined &&
      choices.length > 0 &&
      indexOfLetter(found.letter) >= choices.length
    )
      return (
        optionByText(letter, clean, context) ?? { reason: 'letter-out-of-range', notes: [], shapes }
      );
    const other = disagrees(found.letter, found.text, context);
    const listed = other || choices === undefined || choices.length === 0;
    if (isAnother(found) || (listed && namesAnother(found)))
      return { reason: 'several-letters', notes: [], shapes };
    const notes = other ? ['letter-and-text-disagree'] : [];
    return { reason: found.letter === letter ? 'option-letter' : 'option-differs', notes, shapes };
  }
  if (choices === undefined || choices.length === 0) return undefined;
  const glued = /^([A-Z])\s+(\S.*)$/.exec(clean);
  if (glued?.[1] !== undefined && glued[2] !== undefined) {
    const own = matchingOptions(glued[2], context);
    if (own.length === 1 && own[0] === glued[1])
      return {
        reason: glued[1] === letter ? 'option-letter' : 'option-differs',
        notes: [],
        shapes,
      };
  }
  return optionByText(letter, clean, context) ?? { reason: 'option-differs', notes: [] };
}

/** The answer is the content of an option: exactly one must match. */
function optionByText(
  letter: string,
  clean: string,
  context: Circumstances,
): Judgement | undefined {
  const hits = matchingOptions(clean, context);
  if (hits.length === 0) return undefined;
  if (hits.length > 1) return { reason: 'option-differs', notes: ['several-options-match'] };
  return {
    reason: hits[0] === letter ? 'option-text' : 'option-differs',
    notes: ['letter-from-option-text'],
  };
}

/** Letters of the options whose text the content equals: literally, else by value. */
export function matchingOptions(clean: string, context: Circumstances): readonly string[] {
  const choices = (context.choices ?? [])
    .slice(0, 26)
    .map((choice) => normalise(choice.slice(0, 2_000)));
  const literal = choices.flatMap((choice, index) =>
    squeeze(choice).toLowerCase() === squeeze(clean).toLowerCase() && choice !== ''
      ? [letterAt(index)]
      : [],
  );
  if (literal.length > 0) return literal;
  const content = readValues(clean, context.meter);
  return choices.flatMap((choice, index) => {
    if (choice === '' || goldLetter(choice) !== undefined) return [];
    try {
      const { reason } = judgeValues(readValues(choice, context.meter), content, context);
      return agrees(reason) ? [letterAt(index)] : [];
    } catch (error) {
      if (error instanceof OverBudget && error.reason !== 'step-limit') return [];
      throw error;
    }
  });
}

function disagrees(letter: string, text: string, context: Circumstances): boolean {
  const option = context.choices?.[indexOfLetter(letter)];
  if (option === undefined || text === '' || text.length > 500) return false;
  return squeeze(normalise(option)).toLowerCase() !== squeeze(normalise(text)).toLowerCase();
}
