import type { Chance } from '../random.ts';

export const colors = ['red', 'green', 'blue', 'yellow', 'purple', 'orange'] as const;
export type Color = (typeof colors)[number];

export const shapes = ['circle', 'square', 'triangle', 'cross'] as const;
export type Shape = (typeof shapes)[number];

/** What stands in one place of 28 × 28 pixels, which is one visual token. */
export type Place =
  | { readonly kind: 'empty' }
  | { readonly kind: 'shape'; readonly shape: Shape; readonly color: Color }
  | { readonly kind: 'digit'; readonly digit: number; readonly color: Color }
  | { readonly kind: 'unknown' }
  /** A piece of a bar; `height` is that of the whole bar, in units. */
  | { readonly kind: 'bar'; readonly color: Color; readonly height: number };

/** A bar stands on the lower edge of its column. */
export interface Bar {
  readonly color: Color;
  /** Units of `Scene.unit` pixels. */
  readonly height: number;
}

/** What a picture shows: a square grid, or one bar for each column of it. */
export interface Scene {
  /** Places across and down. */
  readonly n: number;
  /** [n · n], row by row; of bars, the places that a bar covers by half and more. */
  readonly places: readonly Place[];
  readonly bars?: readonly Bar[];
  /** Pixels of one unit of height. */
  readonly unit?: number;
}

/** What a writer found, and what it took for the answer. */
export interface Writing {
  readonly text: string;
  readonly answer: string;
}

/** A puzzle before it is drawn: the scene, what is asked, and its written solutions. */
export interface Sketch {
  readonly scene: Scene;
  readonly question: string;
  /** In printed order; the correct one is `answer`. */
  readonly options?: readonly string[];
  readonly answer: string;
  /** What is asked about what: equal keys are the same puzzle, whatever its drawing and options. */
  readonly key: string;
  /** The answer at a glance. */
  readonly glance: (answer: string) => string;
  /** A wrong answer that a glance may give. */
  readonly mistaken: (chance: Chance) => string;
  /** The usual first look; with chance, a misreading early on, carried through correctly. */
  readonly steps: (slip?: Chance) => Writing;
  /** The slow look, place by place; it never slips. */
  readonly careful: () => string;
}

/** One kind of puzzle. */
export interface Family {
  readonly name: string;
  readonly sketch: (level: Level, chance: Chance) => Sketch;
}

export const levels = [1, 2, 3] as const;
export type Level = (typeof levels)[number];

/** Row by row: `Row 1: …, row 2: …` without the full stop. */
export function byRow<T>(
  rows: readonly (readonly T[])[],
  write: (row: readonly T[], index: number) => string,
): string {
  return rows
    .map((row, index) => `${index === 0 ? 'Row' : 'row'} ${index + 1}: ${write(row, index)}`)
    .join(', ');
}

export function rowsOf<T>(items: readonly T[], n: number): T[][] {
  return Array.from({ length: n }, (_, row) => items.slice(row * n, (row + 1) * n));
}

/** The answer and two others of its kind, shuffled. */
export function threeOptions(answer: string, kind: readonly string[], chance: Chance): string[] {
  const others = chance.shuffled(kind.filter((other) => other !== answer)).slice(0, 2);
  return chance.shuffled([answer, ...others]);
}

/** One more or one less, seldom two, within the bounds; never the value itself. */
export function misread(value: number, low: number, high: number, chance: Chance): number {
  const reach = chance.float() < 0.15 ? 2 : 1;
  const near = [value - reach, value + reach].filter((other) => other >= low && other <= high);
  if (near.length > 0) return chance.pick(near);
  return value > low ? value - 1 : value + 1;
}

/** A wrong number close to the answer, not below zero. */
export function mistakenNumber(answer: string): (chance: Chance) => string {
  return (chance) => String(misread(Number(answer), 0, Infinity, chance));
}

/** A wrong option. */
export function mistakenOption(
  answer: string,
  options: readonly string[],
): (chance: Chance) => string {
  return (chance) => chance.pick(options.filter((option) => option !== answer));
}

export const itIs = (answer: string): string => `It is ${answer}.`;
