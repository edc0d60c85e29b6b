import { trimStart } from './trim.ts';

/** A letter found in an answer, with the option text that stood beside it. */
export interface LetterAnswer {
  readonly letter: string;
  readonly text: string;
}

const alone = /^[([{]?\s*([A-Za-z])\s*[)\]}]?\s*[.:]?$/;
const bracketed =
  /^[([]\s*([A-Za-z])\s*[)\]](?!\s*(?:[=+*/^<>]|\\(?:cdot|times|div|cup|cap|le|ge|ne|in|to|pm|approx)\b))\s*[:.,-]?\s*(\S[\s\S]*)$/;
const delimited = /^([A-Z])\s*(?:[.):]|\s-)\s*(\S[\s\S]*)$/;
const lowerDelimited = /^([a-z])[).]\s+(\S[\s\S]*)$/;
const worded =
  /^\(?(?:the\s+)?(?:option|choice|answer)\s*(?:is\s*)?[:(]?\s*([A-Z])\b[).:]?\s*([\s\S]*)$/i;

/**
 * Reads the letter forms of a clean answer: `A`, `(A)`, `[A]`, `A.`, `A)`, `A:`, `A. text`,
 * `(A) text`, `option A`, `a`. Words (`Apple`, `AB`) are no letters.
 */
export function readLetter(clean: string): LetterAnswer | undefined {
  const text = clean.replace(/\\text\{\s*([([]?[A-Za-z][)\]]?[.:)]?)\s*\}/g, '$1').trim();
  const single = alone.exec(text);
  if (single?.[1] !== undefined) return { letter: single[1].toUpperCase(), text: '' };
  for (const pattern of [bracketed, delimited, lowerDelimited]) {
    const found = pattern.exec(text);
    if (found?.[1] !== undefined)
      return { letter: found[1].toUpperCase(), text: (found[2] ?? '').trim() };
  }
  const named = worded.exec(text);
  if (named?.[1] !== undefined && /[A-Z]/.test(named[1]))
    return { letter: named[1], text: (named[2] ?? '').trim() };
  return undefined;
}

const marked = /(?<![A-Za-z\d])(?:\(\s*([A-J])\s*\)|([A-J])\s*[.):](?!\d))/g;
/** Words behind which a letter is spoken of and not offered: `C. Both (A) and (B)`. */
const mentioned = /\b(?:both|and|of|than|not|neither|nor|points?|angles?|figures?|lines?|to)\s+$/i;

/** Whether the text beside a letter is itself another letter: `B. C`. */
export function isAnother({ letter, text }: LetterAnswer): boolean {
  const only = readLetter(trimStart(text, ',;'));
  return only !== undefined && only.text === '' && /[A-Z]/.test(text) && only.letter !== letter;
}

/** Whether the text beside a letter offers a second one: `A. 4 B. 5 C. 6`, `(A) 4 or (B) 5`. */
export function namesAnother({ letter, text }: LetterAnswer): boolean {
  for (const match of text.slice(0, 2_000).matchAll(marked)) {
    if ((match[1] ?? match[2]) === letter) continue;
    return !mentioned.test(text.slice(Math.max(0, match.index - 12), match.index));
  }
  return false;
}

const several = /^[([]?[A-J][)\]]?(?:\s*[,;/&]\s*[([]?[A-J][)\]]?)+$/;

/** The letters of `A, C` or `(A), (C)` in order; undefined when the answer is no such list. */
export function readLetters(clean: string): readonly string[] | undefined {
  const text = clean.replace(/\\text\{([^{}]*)\}/g, '$1').trim();
  if (!several.test(text)) return undefined;
  return Array.from(text).filter((character) => /[A-J]/.test(character));
}

/** The letter a gold answer stands for; upper case only. */
export function goldLetter(clean: string): string | undefined {
  const text = clean.replace(/^\\text\{(.*)\}$/, '$1').trim();
  return /^[([]?([A-Z])[)\]]?[.:]?$/.exec(text)?.[1];
}

export function letterAt(index: number): string {
  return String.fromCharCode(65 + index);
}

/** Index of the option a letter names, from 0. */
export function indexOfLetter(letter: string): number {
  return letter.charCodeAt(0) - 65;
}

/**
 * A letter anywhere in prose, for graders that take one: at the start of the text or of a line,
 * else the last one that stands alone and is no article or pronoun.
 */
export function proseLetter(text: string): string | undefined {
  const stated =
    /(?:answer|option|答案|选项|选|الإجابة|réponse|respuesta|antwort)[^A-Za-z]{0,12}(?:is)?[^A-Za-z]{0,4}([A-J])(?![A-Za-z])/i.exec(
      text.slice(-4_000),
    );
  if (stated?.[1] !== undefined && /[A-J]/.test(stated[1])) return stated[1];
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  for (const line of lines.reverse()) {
    const start = /^\**[([]?([A-J])(?![A-Za-z])[)\].:*]*/.exec(line);
    const article = /^[AI]\s+[a-z]/.test(line);
    if (start?.[1] !== undefined && !article) return start[1];
  }
  let found: string | undefined;
  for (const match of text.matchAll(/(?<![A-Za-z\d])([A-J])(?![A-Za-z\d'])/g)) {
    const after = text.slice((match.index ?? 0) + 1, (match.index ?? 0) + 10);
    if ((match[1] === 'A' || match[1] === 'I') && /^ (?!is |was |because|since)[a-z]/.test(after))
      continue;
    found = match[1];
  }
  return found;
}

/**
 * One of the given strings in prose, bounded by blanks, punctuation or emphasis: behind the last
 * "answer", else at the start, else the last one.
 */
export function proseString(text: string, strings: readonly string[]): string | undefined {
  const places = strings.flatMap((string) => boundedAt(text, string).map((at) => ({ string, at })));
  if (places.length === 0) return undefined;
  const answer = text.toLowerCase().lastIndexOf('answer');
  const behind = places.filter(
    (place) => answer >= 0 && place.at > answer && place.at < answer + 60,
  );
  const start = places.find((place) => /^\**$/.test(text.slice(0, place.at)));
  const last = places.reduce((best, place) => (place.at > best.at ? place : best));
  return (behind[0] ?? start ?? last).string;
}

function boundedAt(text: string, string: string): readonly number[] {
  const found: number[] = [];
  if (string === '') return found;
  for (
    let at = text.indexOf(string);
    at >= 0 && found.length < 1_000;
    at = text.indexOf(string, at + 1)
  ) {
    const before = text.charAt(at - 1);
    const after = text.charAt(at + string.length);
    if ((before === '' || /[\s*]/.test(before)) && (after === '' || /[\s*.,:]/.test(after)))
      found.push(at);
  }
  return found;
}
