import type { Chance } from '../random.ts';
import { PLACE } from './place-size.ts';
import { colors, itIs, misread, mistakenNumber } from './scene.ts';
import type { Bar, Family, Level, Place, Scene, Sketch, Writing } from './scene.ts';

const RULES = {
  1: { n: 3, highest: 5, unit: 15 },
  2: { n: 3, highest: 6, unit: 13 },
  3: { n: 4, highest: 8, unit: 13 },
} as const;

/** The height of a bar; from level 2 on, the difference or the sum of two. */
export const bars: Family = {
  name: 'bars',
  sketch: (level, chance): Sketch => {
    const { n, highest } = RULES[level];
    const three = chance.shuffled(colors).slice(0, n);
    const all = three.map((color): Bar => ({ color, height: 1 + chance.below(highest) }));
    const { asked, kind } = ask(all, level, chance);
    const { answer } = written(asked, kind);
    return {
      scene: sceneOf(all, RULES[level].unit),
      question: questionOf(asked, kind),
      answer,
      key: `${kind} ${asked.map(({ color }) => color).join(' ')}|${list(all)}`,
      glance: itIs,
      mistaken: mistakenNumber(answer),
      steps: (slip) => written(slip === undefined ? asked : slipped(asked, highest, slip), kind),
      careful: () => {
        const heights = asked.map(({ height }) => height);
        const work = kind === 'height' ? '' : ` ${calculation(heights, kind).text}`;
        return `From left: ${list(all)}. ${list(asked)}.${work}`;
      },
    };
  },
};

type Kind = 'height' | 'difference' | 'total';

function ask(
  all: readonly Bar[],
  level: Level,
  chance: Chance,
): { readonly asked: readonly Bar[]; readonly kind: Kind } {
  const [first, second] = chance.shuffled(all);
  if (first === undefined || second === undefined) throw new Error('internal: no two bars');
  if (level === 1) return { asked: [first], kind: 'height' };
  const wanted = chance.float() < 0.5;
  if (!wanted || first.height === second.height) return { asked: [first, second], kind: 'total' };
  const higherFirst = first.height > second.height ? [first, second] : [second, first];
  return { asked: higherFirst, kind: 'difference' };
}

function questionOf(asked: readonly Bar[], kind: Kind): string {
  const [first, second] = asked.map(({ color }) => `the ${color} bar`);
  if (kind === 'height') return `How tall is ${first}?`;
  if (kind === 'difference') return `How much taller is ${first} than ${second}?`;
  return `What is the total height of ${first} and ${second}?`;
}

/** One height misread; a difference stays above zero. */
function slipped(asked: readonly Bar[], highest: number, chance: Chance): readonly Bar[] {
  const at = chance.below(asked.length);
  const read = asked.map((bar, index) =>
    index === at ? { ...bar, height: misread(bar.height, 1, highest, chance) } : bar,
  );
  const [first, second] = read;
  if (first === undefined || second === undefined || first.height >= second.height) return read;
  // Too small a first one would make the difference negative: the first one is read too high instead.
  return asked.map((bar, index) => (index === 0 ? { ...bar, height: bar.height + 1 } : bar));
}

function written(asked: readonly Bar[], kind: Kind): Writing {
  const heights = asked.map(({ height }) => height);
  const read = `${asked.map(({ color, height }) => `${color} is ${height}`).join(', ')}.`;
  if (kind === 'height') return { text: read, answer: String(heights[0]) };
  const { text, answer } = calculation(heights, kind);
  return { text: `${read} ${text}`, answer };
}

function calculation([a = 0, b = 0]: readonly number[], kind: Kind): Writing {
  const answer = kind === 'difference' ? a - b : a + b;
  return {
    text: `${a}${kind === 'difference' ? '-' : '+'}${b}=${answer}.`,
    answer: String(answer),
  };
}

const list = (all: readonly Bar[]): string =>
  all.map(({ color, height }) => `${color} ${height}`).join(', ');

/** Bars, and for each place whether a bar covers at least half of its height. */
function sceneOf(all: readonly Bar[], unit: number): Scene {
  const n = all.length;
  const places = Array.from({ length: n * n }, (_, at): Place => {
    const bar = all[at % n];
    const middle = (n - Math.floor(at / n) - 0.5) * PLACE; // pixels above the lower edge
    if (bar === undefined || bar.height * unit + 3 < middle) return { kind: 'empty' };
    return { kind: 'bar', ...bar };
  });
  return { n, places, bars: all, unit };
}
