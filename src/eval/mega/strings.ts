import type { PythonValue } from '#data';
import { listOf } from './iterables.ts';
import { PythonRaised, strOf } from './python.ts';

/** Score of a field: the answer's value against the reference. Raises `PythonRaised` for no points. */
export type MegaMetric = (answer: PythonValue, gold: PythonValue) => number;

export const bit = (claim: boolean): number => (claim ? 1 : 0);

/** The text of a value; raises for data, as a method of texts does. */
export function textOf(value: PythonValue | undefined): string {
  if (typeof value === 'string') return value;
  throw new PythonRaised('no text');
}

/** Equal texts; where the reference is one letter the answer may be `(A) …` or `A. …`. */
export const exact: MegaMetric = (answer, gold) => {
  const [given, wanted] = [strOf(answer), strOf(gold)];
  const letter = /^\p{L}$/u.test(wanted) && Array.from(given).length > 1;
  const own = letter ? (/^\(?([A-Za-z])/.exec(given)?.[1] ?? given) : given;
  return bit(own === wanted);
};

export const exactFolded: MegaMetric = (answer, gold) =>
  typeof answer !== 'string' && typeof gold === 'string'
    ? 0
    : exact(textOf(answer).toLowerCase(), textOf(gold).toLowerCase());

/** Without blanks, hyphens and points, lower case. */
export const simple: MegaMetric = (answer, gold) =>
  exact(plain(strOf(answer)), plain(textOf(gold)));

const plain = (text: string): string => text.replaceAll(/[ \-\n\t.]/g, '').toLowerCase();

/** The reference's code block, with its blanks, against the answer. */
export const codeResult: MegaMetric = (answer, gold) => {
  const block = /```[\p{L}\p{N}_]*(?:\s*\n+)?(.*?)(?:\n+\s*)?```/su.exec(textOf(gold))?.[1];
  return exact(answer, block ?? textOf(gold));
};

/** The similarity of both texts without articles and accents, from nine tenths on; else nothing. */
export const near: MegaMetric = (answer, gold) => {
  if (typeof answer !== 'string' || typeof gold !== 'string') return 0;
  const score = similarity(approximate(answer), approximate(gold));
  return score >= 0.9 ? score : 0;
};

export const similar: MegaMetric = (answer, gold) =>
  typeof answer !== 'string' && typeof gold === 'string'
    ? 0
    : similarity(textOf(answer), textOf(gold));

const LATIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '--',
  '…': '...',
};

function approximate(text: string): string {
  const words = text.split(' ').filter((word) => !['the', 'a'].includes(word.toLowerCase()));
  return words
    .join(' ')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[\u0080-\uffff]/g, (character) => LATIN[character] ?? character)
    .toLowerCase();
}

const LONGEST = 4_000;

/**
 * 1 − distance ÷ length of the longer text, after Damerau and Levenshtein (Lowrance and Wagner 1975):
 * neighbours may change places, with edits between them.
 */
export function similarity(left: string, right: string): number {
  const [a, b] = [Array.from(left.slice(0, LONGEST)), Array.from(right.slice(0, LONGEST))];
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 1;
  const far = a.length + b.length;
  const width = b.length + 2;
  const table = new Uint32Array((a.length + 2) * width).fill(far);
  const place = (i: number, j: number): number => (i + 1) * width + j + 1;
  for (let i = 0; i <= a.length; i += 1) table[place(i, 0)] = i;
  for (let j = 0; j <= b.length; j += 1) table[place(0, j)] = j;
  const lastRow = new Map<string, number>();
  for (let i = 1; i <= a.length; i += 1) {
    let lastColumn = 0;
    for (let j = 1; j <= b.length; j += 1) {
      const row = lastRow.get(b[j - 1] ?? '') ?? 0;
      const column = lastColumn;
      const same = a[i - 1] === b[j - 1];
      if (same) lastColumn = j;
      table[place(i, j)] = Math.min(
        (table[place(i - 1, j - 1)] ?? 0) + (same ? 0 : 1),
        (table[place(i, j - 1)] ?? 0) + 1,
        (table[place(i - 1, j)] ?? 0) + 1,
        (table[place(row - 1, column - 1)] ?? 0) + (i - row - 1) + 1 + (j - column - 1),
      );
    }
    lastRow.set(a[i - 1] ?? '', i);
  }
  return 1 - (table[place(a.length, b.length)] ?? 0) / longest;
}

/** Any phrase of the reference's list. */
export const anyPhrase: MegaMetric = (answer, gold) =>
  bit(
    listOf(textOf(gold).replaceAll('，', ',')).some(
      (phrase) => simple(answer, strOf(phrase)) === 1,
    ),
  );
