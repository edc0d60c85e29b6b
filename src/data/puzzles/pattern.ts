import { byRow, colors, itIs, mistakenOption, rowsOf, shapes } from './scene.ts';
import type { Color, Family, Level, Place, Sketch, Writing } from './scene.ts';

const N = 3;
const RULES: Readonly<Record<Level, string>> = {
  1: 'Each row has one color.',
  2: 'All rows are the same.',
  3: 'Each row shifts by one.', // to the right or to the left
};

/** Nine colours that follow a rule, one of them hidden. */
export const pattern: Family = {
  name: 'pattern',
  sketch: (level, chance): Sketch => {
    const three = chance.shuffled(colors).slice(0, N);
    const shift = 1 + chance.below(2);
    const colorAt = (row: number, column: number): Color =>
      three[level === 1 ? row : level === 2 ? column : (column + row * shift) % N] ?? 'red';
    const hidden = chance.below(N * N);
    const shown = Array.from({ length: N * N }, (_, at) => colorAt(Math.floor(at / N), at % N));
    const places = shown.map((color, at): Place => {
      const shape = level === 3 ? chance.pick(shapes) : 'circle';
      return at === hidden ? { kind: 'unknown' } : { kind: 'shape', shape, color };
    });
    const answer = colorAt(Math.floor(hidden / N), hidden % N);
    const options = chance.shuffled(three);
    const words = shown.map((color, at) => (at === hidden ? '?' : color));
    const rows = rowsOf(words, N);
    const row = Math.floor(hidden / N);
    const written = (read: readonly string[], taken: string): Writing => ({
      text: `Row ${row + 1}: ${read.join(' ')}. ${RULES[level]} So it is ${taken}.`,
      answer: taken,
    });
    const own = rows[row] ?? [];
    return {
      scene: { n: N, places },
      question: 'What is the missing color?',
      options,
      answer,
      key: words.join(' '),
      glance: itIs,
      mistaken: mistakenOption(answer, options),
      steps: (slip) => {
        if (slip === undefined) return written(own, answer);
        // A colour of the row is taken for another one, and the rule then gives a wrong answer.
        const seen = own.filter((word) => word !== '?');
        const mixed = slip.pick(level === 1 ? three.filter((color) => color !== answer) : seen);
        if (level === 1)
          return written(
            own.map((word) => (word === '?' ? '?' : mixed)),
            mixed,
          );
        return written(
          own.map((word) => (word === mixed ? answer : word)),
          mixed,
        );
      },
      careful: () =>
        `${byRow(rows, (cells) => cells.join(' '))}. ${RULES[level]} So it is ${answer}.`,
    };
  },
};
