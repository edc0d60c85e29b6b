import type { Chance } from '../random.ts';
import { colors, misread, mistakenNumber, rowsOf } from './scene.ts';
import type { Family, Place, Sketch, Writing } from './scene.ts';

const SIZES = { 1: 2, 2: 3, 3: 4 } as const;
const LARGEST = { 1: 5, 2: 9, 3: 9 } as const;

/** The sum of a row or a column of digits. */
export const sum: Family = {
  name: 'sum',
  sketch: (level, chance): Sketch => {
    const [n, largest] = [SIZES[level], LARGEST[level]];
    const color = chance.pick(colors);
    const places = Array.from({ length: n * n }, (): Place & { kind: 'digit' } => ({
      kind: 'digit',
      digit: 1 + chance.below(largest),
      color,
    }));
    const rows = rowsOf(
      places.map(({ digit }) => digit),
      n,
    );
    const along = chance.float() < 0.5 ? 'row' : 'column';
    const line = chance.below(n);
    const read = (at: number): number[] =>
      along === 'row' ? (rows[at] ?? []) : rows.map((row) => row[at] ?? 0);
    const terms = read(line);
    const neighbours = [line - 1, line + 1].filter((at) => at >= 0 && at < n).flatMap(read);
    const { answer } = written(terms);
    return {
      scene: { n, places },
      question: `What is the sum of the numbers in ${along} ${line + 1}?`,
      answer,
      key: `${along} ${line}|${rows.flat().join(' ')}`,
      glance: (found) => `The sum is ${found}.`,
      mistaken: mistakenNumber(answer),
      steps: (slip) => written(slip === undefined ? terms : slipped(terms, neighbours, slip)),
      careful: () => {
        const where = `column ${line + 1}`;
        const looks =
          along === 'row'
            ? `Row ${line + 1}: ${terms.join(' ')}`
            : terms
                .map((term, row) => `${row === 0 ? 'Row' : 'row'} ${row + 1}, ${where}: ${term}`)
                .join(', ');
        return `${looks}. ${additions(terms)}`;
      },
    };
  },
};

/** One digit misread, one of the next line taken along, or, of three and more, one left out. */
function slipped(
  terms: readonly number[],
  neighbours: readonly number[],
  chance: Chance,
): number[] {
  const at = chance.below(terms.length);
  const kind = chance.float();
  if (kind < 0.12 && terms.length > 2) return terms.filter((_, index) => index !== at);
  if (kind < 0.24) return [...terms, chance.pick(neighbours)];
  return terms.map((term, index) => (index === at ? misread(term, 1, 9, chance) : term));
}

function written(terms: readonly number[]): Writing {
  const text = `The numbers are ${terms.join(', ')}. ${additions(terms)}`;
  return { text, answer: String(terms.reduce((a, b) => a + b, 0)) };
}

/** `9+5=14, 14+7=21.` */
function additions(terms: readonly number[]): string {
  const [first = 0, ...rest] = terms;
  let total = first;
  const sums = rest.map((term) => {
    const before = total;
    total += term;
    return `${before}+${term}=${total}`;
  });
  return `${sums.join(', ')}.`;
}
