import type { Chance } from '../random.ts';
import { byRow, colors, itIs, misread, mistakenNumber, rowsOf } from './scene.ts';
import type { Family, Place, Sketch, Writing } from './scene.ts';

const LARGEST = { 1: 3, 2: 5, 3: 9 } as const;
const N = 3;

/** Three rows of the same sum, one number hidden. */
export const missing: Family = {
  name: 'missing',
  sketch: (level, chance): Sketch => {
    const largest = LARGEST[level];
    const rows = rowsOfEqualSum(largest, chance);
    const hidden = chance.below(N * N);
    const [row, column] = [Math.floor(hidden / N), hidden % N];
    const color = chance.pick(colors);
    const places = rows
      .flat()
      .map((digit, at): Place =>
        at === hidden ? { kind: 'unknown' } : { kind: 'digit', digit, color },
      );
    const others = [0, 1, 2].filter((other) => other !== row);
    const reference = chance.pick(others);
    const rest = (rows[row] ?? []).filter((_, at) => at !== column);
    const whole = rows[reference] ?? [];
    const rowNames = { row: row + 1, reference: reference + 1 };
    const answer = String(rows[row]?.[column]);
    return {
      scene: { n: N, places },
      question: 'All rows have the same sum. What is the missing number?',
      answer,
      key: rows
        .flat()
        .map((digit, at) => (at === hidden ? '?' : digit))
        .join(' '),
      glance: itIs,
      mistaken: mistakenNumber(answer),
      steps: (slip) =>
        slip === undefined
          ? written(whole, rest, rowNames)
          : slipped({ whole, rest, rowNames }, slip),
      careful: () => {
        const shown = rowsOf(places.map(show), N);
        const looks = byRow(shown, (cells) => cells.join(' '));
        const sums = others.map((other) => `${sum(rows[other] ?? [])}.`).join(' ');
        return `${looks}. ${sums} ${sum(rest)}. ${total(whole)}-${total(rest)}=${answer}.`;
      },
    };
  },
};

function rowsOfEqualSum(largest: number, chance: Chance): number[][] {
  const draw = (): number[] => Array.from({ length: N }, () => 1 + chance.below(largest));
  const first = draw();
  const matching = (): number[] => {
    for (;;) {
      const row = draw();
      if (total(row) === total(first)) return row;
    }
  };
  return [first, matching(), matching()];
}

interface Read {
  readonly whole: readonly number[];
  readonly rest: readonly number[];
  readonly rowNames: RowNames;
}

interface RowNames {
  readonly row: number;
  readonly reference: number;
}

/** One of the five digits misread, such that the answer stays one digit. */
function slipped({ whole, rest, rowNames }: Read, chance: Chance): Writing {
  for (;;) {
    const at = chance.below(N + rest.length);
    const read = [...whole, ...rest].map((digit, index) =>
      index === at ? misread(digit, 1, 9, chance) : digit,
    );
    const [one, other] = [read.slice(0, N), read.slice(N)];
    const found = total(one) - total(other);
    if (found >= 0 && found <= 9) return written(one, other, rowNames);
  }
}

function written(whole: readonly number[], rest: readonly number[], names: RowNames): Writing {
  const answer = total(whole) - total(rest);
  const text =
    `Row ${names.reference}: ${sum(whole)}. Row ${names.row}: ${sum(rest)}. ` +
    `${total(whole)}-${total(rest)}=${answer}.`;
  return { text, answer: String(answer) };
}

const show = (place: Place): string => (place.kind === 'digit' ? String(place.digit) : '?');
const total = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0);
const sum = (terms: readonly number[]): string => `${terms.join('+')}=${total(terms)}`;
