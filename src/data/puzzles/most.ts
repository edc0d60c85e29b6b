import type { Chance } from '../random.ts';
import { byRow, colors, itIs, mistakenOption, rowsOf, shapes } from './scene.ts';
import type { Color, Family, Place, Sketch, Writing } from './scene.ts';

const SIZES = { 1: 2, 2: 3, 3: 4 } as const;

/** Which of three colours is seen most often; the winner is alone and at most two ahead. */
export const most: Family = {
  name: 'most',
  sketch: (level, chance): Sketch => {
    const n = SIZES[level];
    const three = chance.shuffled(colors).slice(0, 3);
    const places = placesWithWinner(three, n, chance);
    const counts = three.map((color) => places.filter((place) => place.color === color).length);
    const { answer } = written(three, counts);
    const rows = rowsOf(
      places.map(({ color }) => color),
      n,
    );
    return {
      scene: { n, places },
      question: 'Which color appears most often?',
      options: three,
      answer,
      key: rows.flat().join(' '),
      glance: itIs,
      mistaken: mistakenOption(answer, three),
      steps: (slip) => written(three, slip === undefined ? counts : slipped(counts, slip)),
      careful: () => `${byRow(rows, (row) => row.join(' '))}. ${written(three, counts).text}`,
    };
  },
};

type Colored = Extract<Place, { kind: 'shape' }>;

function placesWithWinner(three: readonly Color[], n: number, chance: Chance): Colored[] {
  for (;;) {
    const shares = dirichlet3(chance);
    const places = Array.from({ length: n * n }, (): Colored => {
      const at = chance.float();
      const [first, second] = shares;
      const color = three[at < first ? 0 : at < first + second ? 1 : 2] ?? 'red';
      return { kind: 'shape', color, shape: chance.pick(shapes) };
    });
    const ordered = three
      .map((color) => places.filter((place) => place.color === color).length)
      .sort((a, b) => b - a);
    const lead = (ordered[0] ?? 0) - (ordered[1] ?? 0);
    if (lead >= 1 && lead <= 2) return places;
  }
}

/** Shares from Dirichlet(3, 3, 3): three Gamma(3) draws, each the sum of three exponentials, normed. */
function dirichlet3(chance: Chance): readonly [number, number, number] {
  const gamma = (): number =>
    -Math.log((1 - chance.float()) * (1 - chance.float()) * (1 - chance.float()));
  const [a, b, c] = [gamma(), gamma(), gamma()];
  const all = a + b + c;
  return [a / all, b / all, c / all];
}

/** The runner-up is counted too high, the winner perhaps too low, until the runner-up leads by one. */
function slipped(counts: readonly number[], chance: Chance): number[] {
  const best = counts.indexOf(Math.max(...counts));
  const others = counts.map((each, index) => (index === best ? -1 : each));
  const high = Math.max(...others);
  const second = chance.pick(others.flatMap((each, index) => (each === high ? [index] : [])));
  const needed = (counts[best] ?? 0) - high + 1;
  const raised = 1 + chance.below(needed);
  return counts.map((each, index) => {
    if (index === second) return each + raised;
    return index === best ? each - (needed - raised) : each;
  });
}

function written(three: readonly Color[], counts: readonly number[]): Writing {
  const answer = three[counts.indexOf(Math.max(...counts))] ?? 'red';
  const list = three.map((color, index) => `${color} ${counts[index]}`).join(', ');
  return { text: `${list}. The most is ${answer}.`, answer };
}
