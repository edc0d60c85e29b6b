import { atFirstUse } from '../at-first-use.ts';
import { pythonText } from './python-number.ts';

const small = atFirstUse(() =>
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  ),
);
const values = atFirstUse<ReadonlyMap<string, number>>(
  () =>
    new Map([
      ...small().map((word, index) => [word, index] as const),
      ...'twenty thirty forty fifty sixty seventy eighty ninety'
        .split(' ')
        .map((word, index) => [word, 10 * (index + 2)] as const),
      ['hundred', 100],
      ['thousand', 1_000],
      ['million', 1_000_000],
      ['billion', 1_000_000_000],
    ]),
);
const scales = ['thousand', 'million', 'billion'] as const;

/**
 * The number that the number words of a text make, as Python's `word2number` 1.1 reads it: all other
 * words are passed over, so "the two of them" is 2. Undefined where it finds none.
 */
export function wordsToNumber(given: string): string | undefined {
  const text = given.replaceAll('-', ' ').toLowerCase();
  if (/^\d+$/.test(text)) return BigInt(text).toString();
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => values().has(word) || word === 'point');
  if (words.length === 0) return undefined;
  const point = words.indexOf('point');
  const twice = [...scales, 'point'].some(
    (word) => words.indexOf(word) !== words.lastIndexOf(word),
  );
  if (twice) return undefined;
  const decimals = point < 0 ? [] : words.slice(point + 1);
  const whole = wholeNumber(point < 0 ? words : words.slice(0, point));
  if (whole === undefined) return undefined;
  if (decimals.length === 0) return String(whole);
  // A word that is no digit behind the point makes the whole fraction the integer 0.
  if (!decimals.every((word) => isDigit(small().indexOf(word)))) return String(whole);
  return pythonText(whole + Number(`0.${decimals.map((word) => small().indexOf(word)).join('')}`));
}

const isDigit = (value: number): boolean => value >= 0 && value < 10;

function wholeNumber(words: readonly string[]): number | undefined {
  if (words.length === 0) return 0;
  if (words.length === 1) return values().get(words[0] ?? '');
  const [thousand, million, billion] = scales.map((scale) => words.indexOf(scale)) as [
    number,
    number,
    number,
  ];
  if (thousand > -1 && (thousand < million || thousand < billion)) return undefined;
  if (million > -1 && million < billion) return undefined;
  let [sum, from] = [0, 0];
  for (const [at, size] of [
    [billion, 1_000_000_000],
    [million, 1_000_000],
    [thousand, 1_000],
  ] as const) {
    if (at < 0) continue;
    sum += formed(words.slice(from, at)) * size;
    from = at + 1;
  }
  return from === words.length ? sum : sum + formed(words.slice(from));
}

/** Two to four words: a hundred multiplies what stands before it; of more words the first counts. */
function formed(words: readonly string[]): number {
  const [a = Number.NaN, b = 0, c = 0, d = 0] = words.map((word) => values().get(word) ?? 0);
  if (words.length === 4) return a * b + c + d;
  if (words.length === 3) return a * b + c;
  if (words.length === 2) return a === 100 || b === 100 ? a * b : a + b;
  return a;
}
