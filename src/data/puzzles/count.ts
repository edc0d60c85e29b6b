import type { Chance } from '../random.ts';
import { byRow, colors, misread, mistakenNumber, rowsOf, shapes } from './scene.ts';
import type { Color, Family, Place, Shape, Sketch, Writing } from './scene.ts';

const SIZES = { 1: 2, 2: 3, 3: 4 } as const;

/** How many shapes have a colour, or a form. */
export const count: Family = {
  name: 'count',
  sketch: (level, chance): Sketch => {
    const n = SIZES[level];
    const byColor = chance.float() < 0.5;
    const target = byColor ? chance.pick(colors) : chance.pick(shapes);
    const share = chance.between(0.15, 0.6);
    const places = Array.from({ length: n * n }, () => place(target, share, chance));
    const word = (at: Place): string => {
      if (at.kind !== 'shape') return 'no';
      return byColor ? at.color : at.shape;
    };
    const rows = rowsOf(places.map(word), n);
    const counts = rows.map((row) => row.filter((name) => name === target).length);
    const { answer } = written(counts);
    return {
      scene: { n, places },
      question: `How many ${target} shapes are there?`,
      answer,
      key: `${target}|${rows.flat().join(' ')}`,
      glance: (found) => `There are ${found}.`,
      mistaken: mistakenNumber(answer),
      steps: (slip) => written(slip === undefined ? counts : misreadOne(counts, n, slip)),
      careful: () => {
        // The word that is counted stands beside its count, so that counting looks at text alone.
        const looks = byRow(rows, (row, index) => `${row.join(' ')}: ${target} ${counts[index]}`);
        return `${looks}. ${sum(counts)}.`;
      },
    };
  },
};

function place(target: Color | Shape, share: number, chance: Chance): Place {
  const otherColors = colors.filter((color) => color !== target);
  const otherShapes = shapes.filter((shape) => shape !== target);
  const hit = chance.float() < share;
  if (!hit && chance.float() < 0.12) return { kind: 'empty' };
  const byColor = otherColors.length < colors.length;
  const color = byColor && hit ? (target as Color) : chance.pick(otherColors);
  const shape = !byColor && hit ? (target as Shape) : chance.pick(otherShapes);
  return { kind: 'shape', color, shape };
}

function misreadOne(counts: readonly number[], n: number, chance: Chance): number[] {
  const row = chance.below(counts.length);
  return counts.map((each, index) => (index === row ? misread(each, 0, n, chance) : each));
}

function written(counts: readonly number[]): Writing {
  const text = `${byRow(
    counts.map((each) => [each]),
    ([each]) => String(each),
  )}. ${sum(counts)}.`;
  return { text, answer: String(total(counts)) };
}

const total = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
const sum = (counts: readonly number[]): string => `${counts.join('+')}=${total(counts)}`;
