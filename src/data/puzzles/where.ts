import type { Chance } from '../random.ts';
import { byRow, colors, itIs, mistakenOption, rowsOf, shapes, threeOptions } from './scene.ts';
import type { Family, Level, Place, Shape, Sketch, Writing } from './scene.ts';

const SIZES = { 1: 2, 2: 3, 3: 4 } as const;
type Thing = Extract<Place, { kind: 'shape' }>;

/** The shape in a place, or beside a thing that is there only once. */
export const where: Family = {
  name: 'where',
  sketch: (level, chance): Sketch => {
    const n = SIZES[level];
    const { places, target, anchor, question } = ask(level, n, chance);
    const thing = (at: number): Thing => places[at] ?? FALLBACK;
    const answer = thing(target).shape;
    const options = threeOptions(answer, shapes, chance);
    const rows = rowsOf(places.map(nameOf), n);
    const numbered = rows.map((row) => row.map((name, column) => `${column + 1} ${name}`));
    const found = (at: number, seen: Thing): Writing => {
      const row = Math.floor(at / n) + 1;
      const place = `ow ${row}, column ${(at % n) + 1}`;
      const shown = `R${place} has a ${nameOf(seen)}.`;
      if (anchor === undefined) return { text: shown, answer: seen.shape };
      const start = `row ${Math.floor(anchor / n) + 1}, column ${(anchor % n) + 1}`;
      return {
        text: `The ${nameOf(thing(anchor))} is in ${start}. ${shown}`,
        answer: seen.shape,
      };
    };
    return {
      scene: { n, places },
      question,
      options,
      answer,
      key: `${question}|${rows.flat().join(', ')}`,
      glance: itIs,
      mistaken: mistakenOption(answer, options),
      steps: (slip) =>
        slip === undefined
          ? found(target, thing(target))
          : found(target, misseen(places, { target, n }, options, slip)),
      careful: () =>
        `${looks(numbered, level, [target, anchor ?? target])} ${found(target, thing(target)).text}`,
    };
  },
};

const FALLBACK: Thing = { kind: 'shape', shape: 'circle', color: 'red' };
const nameOf = ({ color, shape }: Thing): string => `${color} ${shape}`;

const DIRECTIONS = [
  { words: 'left of', rows: 0, columns: -1 },
  { words: 'right of', rows: 0, columns: 1 },
  { words: 'above', rows: -1, columns: 0 },
  { words: 'below', rows: 1, columns: 0 },
] as const;

interface Asked {
  readonly places: readonly Thing[];
  readonly target: number;
  readonly anchor?: number;
  readonly question: string;
}

function ask(level: Level, n: number, chance: Chance): Asked {
  for (;;) {
    const places = Array.from({ length: n * n }, (): Thing => ({
      kind: 'shape',
      shape: chance.pick(shapes),
      color: chance.pick(colors),
    }));
    const at = chance.below(n * n);
    const [row, column] = [Math.floor(at / n), at % n];
    if (level === 1) {
      const question = `What is the shape in row ${row + 1}, column ${column + 1}?`;
      return { places, target: at, question };
    }
    const anchor = nameOf(places[at] ?? FALLBACK);
    if (places.filter((place) => nameOf(place) === anchor).length > 1) continue;
    const { words, rows, columns } = chance.pick(DIRECTIONS);
    const [toRow, toColumn] = [row + rows, column + columns];
    if (toRow < 0 || toRow >= n || toColumn < 0 || toColumn >= n) continue;
    const question = `Which shape is ${words} the ${anchor}?`;
    return { places, target: toRow * n + toColumn, anchor: at, question };
  }
}

/** What stands in a place next to the right one, of another shape; else the shape itself misread. */
function misseen(
  places: readonly Thing[],
  { target, n }: { readonly target: number; readonly n: number },
  options: readonly string[],
  chance: Chance,
): Thing {
  const right = places[target] ?? FALLBACK;
  const [row, column] = [Math.floor(target / n), target % n];
  const beside = DIRECTIONS.flatMap(({ rows, columns }) => {
    const [r, c] = [row + rows, column + columns];
    const place = r < 0 || r >= n || c < 0 || c >= n ? undefined : places[r * n + c];
    return place === undefined || place.shape === right.shape ? [] : [place];
  }).filter(({ shape }) => options.includes(shape));
  if (beside.length > 0 && chance.float() < 0.8) return chance.pick(beside);
  const wrong = options.filter((option) => option !== right.shape) as Shape[];
  return { ...right, shape: chance.pick(wrong) };
}

/** All rows; at level 3 only the ones that matter, each a sentence. */
function looks(rows: readonly string[][], level: Level, places: readonly number[]): string {
  if (level < 3) return `${byRow(rows, (row) => row.join(', '))}.`;
  const concerned = new Set(places.map((at) => Math.floor(at / rows.length)));
  return rows
    .flatMap((row, at) => (concerned.has(at) ? [`Row ${at + 1}: ${row.join(', ')}.`] : []))
    .join(' ');
}
