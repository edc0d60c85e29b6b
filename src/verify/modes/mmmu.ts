import type { Meter } from '../budget.ts';
import type { VerifyInput } from '../input.ts';
import { verdictOf } from '../strict.ts';
import type { Verdict } from '../verdict.ts';
import { trimEnd, trimStart } from '../trim.ts';

/**
 * MMMU's and MMMU-Pro's published parsers. Where they guess a letter at random there is no answer
 * here, noted as `random-guess` so that a report can count them.
 */
export function verifyMmmu(input: VerifyInput, pro: boolean, meter: Meter): Verdict {
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  if (golds.every((gold) => gold.trim() === ''))
    return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const response = input.prediction.slice(-meter.budget.responseLength);
  meter.spend(1 + (response.length >> 5));
  if (input.choices === undefined || input.choices.length === 0)
    return openAnswer(golds, response, meter);
  const letter = pro
    ? parseLetterPro(response, input.choices)
    : parseLetter(response, input.choices, false);
  if (letter === undefined)
    return verdictOf({ reason: 'no-phrase', notes: ['random-guess'] }, meter);
  const found = { text: letter, start: 0, end: response.length, via: 'whole' as const };
  const reason = golds.includes(letter) ? 'house-rule' : 'option-differs';
  return verdictOf({ reason, notes: ['mmmu'], found }, meter);
}

const letterAt = (index: number): string => String.fromCharCode(65 + index);

/** MMMU-Pro: one letter behind the last `Answer:`, as a substring; else the MMMU rules with two changes. */
export function parseLetterPro(response: string, choices: readonly string[]): string | undefined {
  const at = response.lastIndexOf('Answer:');
  if (at >= 0) {
    const rest = response.slice(at + 'Answer:'.length).trim();
    const matching = choices
      .map((_, index) => letterAt(index))
      .filter((letter) => rest.includes(letter));
    if (matching.length === 1) return matching[0];
  }
  return parseLetter(response, choices, true);
}

/** Strips the characters one after the other from both ends, as the original does. */
function trimMarks(response: string): string {
  let text = response;
  for (const mark of [',', '.', '!', '?', ';', ':', "'"]) {
    let [start, end] = [0, text.length];
    while (start < end && text.charAt(start) === mark) start += 1;
    while (end > start && text.charAt(end - 1) === mark) end -= 1;
    text = text.slice(start, end);
  }
  return text;
}

/** `(X)`, then ` X ` (MMMU-Pro: `X ` and then `X.`), then option texts; the right-most candidate. */
export function parseLetter(
  response: string,
  choices: readonly string[],
  pro: boolean,
): string | undefined {
  const text = ` ${trimMarks(response)} `;
  const letters = choices.map((_, index) => letterAt(index));
  const forms: readonly ((letter: string) => string)[] = pro
    ? [(letter) => `(${letter})`, (letter) => `${letter} `, (letter) => `${letter}.`]
    : [(letter) => `(${letter})`, (letter) => ` ${letter} `];
  for (const form of forms) {
    const candidates = letters.filter((letter) => text.includes(form(letter)));
    // MMMU-Pro looks for ` X ` again where `X ` or `X.` was found: often nowhere, and the first counts.
    const placed = pro && form !== forms[0] ? (letter: string) => ` ${letter} ` : form;
    if (candidates.length > 0)
      return rightmost(candidates, (letter) => text.lastIndexOf(placed(letter)));
  }
  if (text.trim().split(/\s+/).length <= 5) return undefined;
  const lower = text.toLowerCase();
  const named = letters.filter((_, index) => lower.includes((choices[index] ?? '').toLowerCase()));
  return rightmost(named, (letter) =>
    lower.lastIndexOf((choices[letter.charCodeAt(0) - 65] ?? '').toLowerCase()),
  );
}

function rightmost(
  letters: readonly string[],
  place: (letter: string) => number,
): string | undefined {
  let best: string | undefined;
  let at = -Infinity;
  for (const letter of letters) {
    const found = place(letter);
    if (found > at) [best, at] = [letter, found];
  }
  return best;
}

type Atom = string | number;

/** Short answers: a number equals, or a gold string is contained in a candidate. */
function openAnswer(golds: readonly string[], response: string, meter: Meter): Verdict {
  const candidates = openCandidates(response);
  const norms = golds.flatMap(normaliseAnswer);
  const hit = candidates.some((candidate) =>
    typeof candidate === 'string'
      ? norms.some((norm) => typeof norm === 'string' && candidate.includes(norm))
      : norms.includes(candidate),
  );
  const found = {
    text: candidates.join(' | '),
    start: 0,
    end: response.length,
    via: 'whole' as const,
  };
  return verdictOf({ reason: hit ? 'house-rule' : 'text-differs', notes: ['mmmu'], found }, meter);
}

const indicators = [
  'could be ',
  'so ',
  'is ',
  'thus ',
  'therefore ',
  'final ',
  'answer ',
  'result ',
];

function openCandidates(response: string): readonly Atom[] {
  const parts = trimStart(trimEnd(response.trim(), '.', false), '.', false)
    .toLowerCase()
    .split('\n')
    .slice(-400);
  const tails = parts.flatMap((part, index) => {
    const words = index === parts.length - 1 ? [...indicators, '='] : indicators;
    const ends = words
      .filter((word) => part.includes(word))
      .map((word) => part.slice(part.lastIndexOf(word) + word.length).trim());
    const shortest = ends.reduce<string | undefined>(
      (best, end) => (best === undefined || end.length < best.length ? end : best),
      undefined,
    );
    return shortest === undefined || [':', ',', '.', '!', '?', ';', ':', "'"].includes(shortest)
      ? []
      : [shortest];
  });
  const kept =
    tails.length === 0
      ? [trimStart(trimEnd(response.trim(), '.', false), '.', false).toLowerCase()]
      : tails;
  const numbers = kept.flatMap(numbersIn);
  return [...new Set([...kept, ...numbers].flatMap(normaliseAnswer))];
}

/** Grouped, scientific and plain numbers of a text. */
function numbersIn(whole: string): readonly string[] {
  const text = whole.slice(-16_384);
  return [
    ...text.matchAll(/-?(?<!\d)\d{1,3}(?:,\d{3})+\b/g),
    ...text.matchAll(/-?(?<!\d)\d+(?:\.\d+)?[eE][+-]?\d+/g),
    ...text.matchAll(/-?(?<!\d)(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?!,\d{3})/g),
  ].map((match) => match[0]);
}

function normaliseAnswer(text: string): readonly Atom[] {
  const trimmed = text.trim();
  const plain = trimmed.replaceAll(',', '');
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain))
    return [Number(Number(plain).toFixed(2))];
  const lower = trimmed.toLowerCase();
  return lower.length === 1 ? [` ${lower}`, `${lower} `] : [lower];
}
