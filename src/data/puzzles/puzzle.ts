import { createHash } from 'node:crypto';

import { encodePng } from '../png.ts';
import type { Problem } from '../problem.ts';
import { chance, chanceKey } from '../random.ts';
import { bars } from './bars.ts';
import { count } from './count.ts';
import { draw } from './draw.ts';
import { missing } from './missing.ts';
import { most } from './most.ts';
import { pattern } from './pattern.ts';
import { PLACE } from './place-size.ts';
import { levels } from './scene.ts';
import type { Family, Level, Place, Sketch } from './scene.ts';
import { sum } from './sum.ts';
import { where } from './where.ts';

export const families = [
  count,
  sum,
  most,
  bars,
  missing,
  where,
  pattern,
] as const satisfies readonly Family[];
export type FamilyName = 'count' | 'sum' | 'most' | 'bars' | 'missing' | 'where' | 'pattern';

export const splits = ['train', 'validation', 'test'] as const;
export type Split = (typeof splits)[number];

export const styles = ['quick', 'steps', 'careful'] as const;
/** A glance, the usual first look, the slow look place by place. */
export type Style = (typeof styles)[number];

/** One procedural puzzle; everything about it follows from seed, split and index. */
export interface Puzzle {
  /** Its one picture holds the bytes of a PNG file; made when first asked for. */
  readonly problem: Problem;
  /** [size, size, 3] bytes: red, green, blue. */
  readonly pixels: Uint8Array;
  /** Pixels across: 28 for each of the n places. */
  readonly size: number;
  /** Places across and down. */
  readonly n: number;
  /** [n · n] what stands in each place, row by row: one visual token each. */
  readonly places: readonly Place[];
  readonly family: FamilyName;
  readonly level: Level;
  /**
   * A written solution that ends in `\boxed{…}`. With the seed of a slip, a first look misreads
   * something early and works on correctly (`steps`) or guesses wrong (`quick`); `careful` never slips.
   */
  solution(style: Style, slip?: number | string): Solution;
}

export interface Solution {
  readonly text: string;
  /** What stands in the box. */
  readonly answer: string;
  readonly correct: boolean;
}

/** Which of the families and levels to draw, in the order in which the index goes through them. */
export interface PuzzleKinds {
  readonly families?: readonly FamilyName[];
  readonly levels?: readonly Level[];
}

/**
 * The puzzle at an index of an endless stream. Families and levels take turns: of f families, index i
 * is of family i mod f and of level ⌊i / f⌋ mod the number of levels.
 *
 * What is asked about what is shown belongs to one split alone, whatever the seed: three quarters of
 * all such pairs to train, an eighth each to validation and test. A draw that belongs elsewhere is
 * drawn again, so no scene with its question is ever seen in two splits.
 */
export function puzzle(
  seed: number | string,
  split: Split,
  index: number,
  kinds: PuzzleKinds = {},
): Puzzle {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new RangeError(
      `expected the index of a puzzle, a whole number from 0 on, found ${index}`,
    );
  }
  const chosen = kinds.families ?? families.map(({ name }) => name as FamilyName);
  const name = chosen[index % chosen.length];
  const family = families.find((each) => each.name === name);
  const among = kinds.levels ?? levels;
  const level = among[Math.floor(index / chosen.length) % among.length];
  if (family === undefined || name === undefined || level === undefined) {
    throw new RangeError(
      `expected families and levels of puzzles, found ${String(name)}, level ${level}`,
    );
  }
  const key = [seed, split, index, name, level] as const;
  const sketch = sketchOfSplit(family, level, split, key);
  const chosenKinds = kinds.families !== undefined || kinds.levels !== undefined;
  // An id names one puzzle: with fewer kinds, another stands at the same index.
  const id = `puzzle-${split}-${seed}-${index}${chosenKinds ? `-${name}-${level}` : ''}`;
  return new DrawnPuzzle({
    sketch,
    id,
    family: name,
    level,
    pixels: draw(sketch.scene, chance('draw', ...key)),
  });
}

function sketchOfSplit(
  family: Family,
  level: Level,
  split: Split,
  key: readonly (string | number)[],
): Sketch {
  const stream = chance('sketch', ...key);
  for (;;) {
    const sketch = family.sketch(level, stream);
    if (splitOf(`${family.name}|${sketch.key}`) === split) return sketch;
  }
}

/** The split that a scene with its question belongs to. */
function splitOf(content: string): Split {
  const eighth = (chanceKey('split', content)[0] ?? 0) % 8;
  if (eighth === 6) return 'validation';
  return eighth === 7 ? 'test' : 'train';
}

interface Drawn {
  readonly sketch: Sketch;
  readonly id: string;
  readonly family: FamilyName;
  readonly level: Level;
  readonly pixels: Uint8Array;
}

class DrawnPuzzle implements Puzzle {
  readonly pixels: Uint8Array;
  readonly size: number;
  readonly n: number;
  readonly places: readonly Place[];
  readonly family: FamilyName;
  readonly level: Level;
  readonly #drawn: Drawn;
  #problem: Problem | undefined;

  constructor(drawn: Drawn) {
    this.#drawn = drawn;
    this.pixels = drawn.pixels;
    this.n = drawn.sketch.scene.n;
    this.size = this.n * PLACE;
    this.places = drawn.sketch.scene.places;
    this.family = drawn.family;
    this.level = drawn.level;
  }

  get problem(): Problem {
    this.#problem ??= this.#makeProblem();
    return this.#problem;
  }

  solution(style: Style, slip?: number | string): Solution {
    const { sketch, id } = this.#drawn;
    if (style === 'careful') return boxed(sketch.careful(), sketch.answer, sketch);
    const stream = slip === undefined ? undefined : chance('slip', id, style, slip);
    if (style === 'quick') {
      const answer = stream === undefined ? sketch.answer : sketch.mistaken(stream);
      return boxed(sketch.glance(answer), answer, sketch);
    }
    const { text, answer } = sketch.steps(stream);
    return boxed(text, answer, sketch);
  }

  #makeProblem(): Problem {
    const { sketch, id, family, level } = this.#drawn;
    const source = encodePng(this.pixels, this.size, this.size);
    const hash = createHash('sha256').update(source).digest('hex');
    const { options } = sketch;
    return {
      id,
      question: `<image>\n${sketch.question}${options === undefined ? '' : `\nChoices:${options.map(lettered).join('')}`}`,
      images: [{ hash, source, width: this.size, height: this.size }],
      answer: sketch.answer,
      ...(options === undefined ? {} : { options }),
      category: family,
      source: `level ${level}`,
    };
  }
}

const lettered = (option: string, index: number): string =>
  `\n(${String.fromCodePoint(65 + index)}) ${option}`;

function boxed(text: string, answer: string, sketch: Sketch): Solution {
  return { text: `${text}\n\\boxed{${answer}}`, answer, correct: answer === sketch.answer };
}

/** What a second look begins with, after each of the paper's triggers; `careful` follows. */
export const joints = {
  self_questioning: ' Let me look again. ',
  self_correction: '. Let me look again. ',
  self_verification: '. ',
} as const;
