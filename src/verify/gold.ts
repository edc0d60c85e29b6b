import type { Meter } from './budget.ts';
import { OverBudget } from './budget.ts';
import { goldLetter } from './choice.ts';
import { acceptPhrase } from './extract/accept.ts';
import { findBoxes, joinedBoxes } from './extract/boxes.ts';
import { findPhrase } from './extract/phrase.ts';
import { findSegments, lastSegments } from './extract/segments.ts';
import { normalise } from './normalise/normalise.ts';
import { readValues } from './structure/structure.ts';
import type { Value } from './structure/value.ts';
import { trimEnd } from './trim.ts';
import type { Reason } from './verdict.ts';

/** A gold answer after the layers that need no prediction. */
export interface Gold {
  readonly raw: string;
  readonly clean: string;
  /** Empty for one long run of digits, which is compared as a string. */
  readonly values: readonly Value[];
  readonly letter: string | undefined;
  /** Elements, when it is a list, set or tuple of two and more. */
  readonly listed: boolean;
}

export type GoldProblem = Extract<Reason, 'gold-empty' | 'gold-unparsable' | 'gold-over-budget'>;

/** Prepares a gold answer, or says why nothing can be judged against it. */
export function prepareGold(raw: string, meter: Meter): Gold | GoldProblem {
  const text = goldText(raw, meter);
  if (text.trim() === '') return 'gold-empty';
  if (text.length > meter.budget.answerLength) {
    const digits = longDigits(text);
    if (digits === undefined || text.length > meter.budget.responseLength)
      return 'gold-over-budget';
    return { raw, clean: digits, values: [], letter: undefined, listed: false };
  }
  const clean = normalise(text);
  if (clean === '') return 'gold-empty';
  if (!balanced(text)) return 'gold-unparsable';
  try {
    const values = readValues(clean, meter);
    const first = values[0];
    const listed =
      (first?.kind === 'sequence' && first.items.length >= 2) ||
      (first?.kind === 'union' && first.parts.length >= 2);
    return { raw, clean, values, letter: goldLetter(clean), listed };
  } catch (error) {
    if (error instanceof OverBudget) return 'gold-over-budget';
    throw error;
  }
}

/** Golds come as bare answers, in a box, between dollars, in a sentence, or as a whole solution. */
function goldText(raw: string, meter: Meter): string {
  const { boxes } = findBoxes(raw);
  if (boxes.length > 0) {
    const joined = joinedBoxes(raw, boxes).map((box) => raw.slice(box.start, box.end).trim());
    return joined.filter((content, index) => content !== joined[index - 1]).join(', ');
  }
  const phrase = /answer/i.test(raw.slice(-300)) ? findPhrase(raw, 'en') : undefined;
  if (phrase !== undefined) {
    const text = raw.slice(phrase.start, phrase.end);
    const range = acceptPhrase(text, { choices: undefined, letter: true, meter });
    if (range !== undefined) return text.slice(range.start, range.end);
  }
  const segments = findSegments(raw);
  if (segments.length === 0) return raw;
  const inside = segments.reduce((total, segment) => total + segment.to - segment.from, 0);
  const words = raw.length - inside;
  const last = lastSegments(raw);
  // A sentence that states its answer; prose with mathematics in it stays as it is.
  const stated =
    /(?:\b(?:is|are|be|equals|get|have|find|obtain|gives?|yields?|answer|so|thus|hence|therefore|then)|[:=])\s*$/i.test(
      raw.slice(0, last[0]?.from ?? 0).slice(-24),
    );
  const concludes = /(?:^|[.!]\s+)(?:so|thus|hence|therefore|then|we)\b/i.test(raw);
  if (words < (concludes ? 4 : 40) || !stated || trailing(raw, last) !== '') return raw;
  return last.map((segment) => raw.slice(segment.start, segment.end)).join(', ');
}

/** What stands behind the last mathematics, final punctuation aside. */
function trailing(raw: string, last: readonly { readonly to: number }[]): string {
  return trimEnd(raw.slice(last.at(-1)?.to ?? 0), '.,;!').trim();
}

/** Braces close; an unbalanced gold is a damaged row of a data set. */
function balanced(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 123) depth += 1;
    else if (code === 125) depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** The digits of one long integer without separators and leading zeros; undefined when it is none. */
export function longDigits(text: string): string | undefined {
  const bare = text.trim().replace(/^\$|\$$|[\s,]|\\,|\\!|\{,\}/g, '');
  if (!/^-?\d+$/.test(bare)) return undefined;
  return bare.replace(/^(-?)0+(?=\d)/, '$1');
}
