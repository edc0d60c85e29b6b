import { atFirstUse } from './at-first-use.ts';
import type { Meter } from './budget.ts';
import { proseLetter, readLetter } from './choice.ts';
import { foldText } from './compare/text.ts';
import { findPhrase } from './extract/phrase.ts';
import { findSegments, lastNumber, lastSegments } from './extract/segments.ts';
import type { Gold } from './gold.ts';
import { functionNames } from './leaf/names.ts';
import { normalise } from './normalise/normalise.ts';
import type { Policy } from './policy.ts';
import { readValues } from './structure/structure.ts';
import type { Value } from './structure/value.ts';
import type { Found } from './verdict.ts';

/** The whole text without the blanks around it. */
export function wholeOf(prediction: string): Found {
  const text = prediction.trim();
  const start = prediction.length - prediction.trimStart().length;
  return { text, start, end: start + text.length, via: 'whole' };
}

interface Stretch {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What follows the last "is" or "are" of a text, up to the end of its sentence, when it is a value. */
function behindVerb(text: string, meter: Meter): Stretch | undefined {
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
function closingSegment(text: string): Stretch | undefined {
  const segments = lastSegments(text);
  const [first, last] = [segments[0], segments.at(-1)];
  if (first === undefined || last === undefined || segments.length > 1) return undefined;
  if (!/^[\s.*]*$/.test(text.slice(last.to, last.to + 8)) || text.length - last.to > 8)
    return undefined;
  if (!/(?:\b(?:is|are|be|equals|get|have)|[:=])\s*$/.test(text.slice(0, first.from).slice(-24)))
    return undefined;
  return { text: text.slice(last.start, last.end), start: last.start, end: last.end };
}

/** `The answer is yes.`: words behind an answer phrase, where they are those of the gold. */
function namedText(text: string, gold: Gold, policy: Policy): Stretch | undefined {
  const phrase = findPhrase(text, policy.language);
  if (phrase === undefined) return undefined;
  const piece = text.slice(phrase.start, phrase.end);
  const same = foldText(normalise(piece)) === foldText(gold.clean);
  return same ? { text: piece, start: phrase.start, end: phrase.end } : undefined;
}

/** What stands behind the last closed reasoning. */
function afterReasoning(whole: Found, policy: Policy): Found {
  const close = policy.reasoning === 'keep' ? -1 : whole.text.lastIndexOf('</think>');
  if (close < 0) return whole;
  const from = close + '</think>'.length;
  return { ...whole, text: whole.text.slice(from).trim(), start: whole.start + from };
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
export function lastResort(
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
  if (policy.text === 'gold-words-contained') return afterReasoning(whole, policy);
  const prose = gold.values.every((value) => value.kind === 'text') && gold.values.length > 0;
  const closing = prose || gold.letter !== undefined ? closingSegment(text) : undefined;
  if (closing !== undefined)
    return { ...closing, start: offset + closing.start, end: offset + closing.end, via: 'segment' };
  const named = prose ? namedText(text, gold, policy) : undefined;
  if (named !== undefined)
    return { ...named, start: offset + named.start, end: offset + named.end, via: 'phrase' };
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
  const number = letter().test(text) ? lastNumber(text) : undefined;
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
const isSentence = (text: string): boolean => twoWords().test(text);

/** Text, or several values of which one is text: a sentence that commas cut. */
function holdsText(value: Value): boolean {
  if (value.kind === 'text') return true;
  if (value.kind === 'assignment') return value.left.kind === 'text' && /\s/.test(value.left.text);
  if (value.kind === 'union') return value.parts.some(holdsText);
  if (value.kind === 'relation')
    return value.parts.some((part) => part.kind === 'text' && /\s/.test(part.text));
  return value.kind === 'sequence' && value.items.some(holdsText);
}

/** Dunder names, calls with quotes or nothing inside, key words: a program, which yields no number of its own. */
const letter = atFirstUse(() => new RegExp('\\p{L}', 'u'));
const twoWords = atFirstUse(() => new RegExp('\\p{L}{2,}\\s|\\s\\p{L}{2,}', 'u'));
const scripts = 'Arabic Devanagari Bengali Thai Hiragana Katakana Han Hangul';
const otherScripts = atFirstUse(
  () =>
    new RegExp(
      scripts
        .split(' ')
        .map((script) => `\\p{Script=${script}}`)
        .join('|'),
      'gu',
    ),
);
const programText =
  /__|\(\s*[)'"]|\b(?:lambda|import|eval|exec|getattr|globals|locals|subprocess|system)\b/;

/** Three words outside mathematics, or five letters of a script that mathematics does not use. */
function isProse(text: string): boolean {
  let outside = text;
  const segments = findSegments(text).slice(0, 50);
  // `So $3^2=9$`: a word of speech before the mathematics.
  if (segments[0] !== undefined && opening.test(text.slice(0, segments[0].from))) return true;
  for (const segment of segments)
    outside = outside.replace(text.slice(segment.from, segment.to), ' ');
  outside = outside.replace(/\\(?:text|mathrm|mbox)\{[^{}]*\}|\\[a-zA-Z]+/g, ' ');
  const found =
    outside.match(/(?<!\w)[A-Za-z]{2,}(?!\w)/g)?.filter((word) => !functionNames.has(word)) ?? [];
  if (text.includes('$') && found.length >= 2) return true;
  if (found.filter((word) => word.length > 2).length >= 3) return true;
  return (outside.match(otherScripts())?.length ?? 0) >= 5;
}

const opening =
  /^\W*(?:so|thus|hence|therefore|then|now|we|since|because|finally|clearly|note|here)\b/i;

/** A percent sign or word right behind a segment belongs to it. */
function percentAfter(text: string, at: number): string {
  return /^\s?(?:\\?%|percent\b|pct\b)/.test(text.slice(at, at + 10)) ? '\\%' : '';
}
