import type { PythonValue } from '#data';
import { boxesOf, listOf, numbers, pointsOf } from './iterables.ts';
import type { Box } from './iterables.ts';
import { isNumber, jsonOf, literalOf, PythonRaised, strOf } from './python.ts';
import { bit, textOf } from './strings.ts';
import type { MegaMetric } from './strings.ts';

/** Intersection over union of two boxes `[x1, y1, x2, y2]`. */
export function overlap(a: Box, b: Box): number {
  const [ax1 = 0, ay1 = 0, ax2 = 0, ay2 = 0] = a;
  const [bx1 = 0, by1 = 0, bx2 = 0, by2 = 0] = b;
  const width = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1));
  const height = Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1));
  const union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - width * height;
  return union > 0 ? (width * height) / union : 0;
}

/** For each given box its best overlap with any of the reference. */
const best = (given: readonly Box[], wanted: readonly Box[]): readonly number[] =>
  given.map((box) => wanted.reduce((most, each) => Math.max(most, overlap(box, each)), 0));

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Rows of boxes: data as it is (every row has to have four numbers), texts read. */
function rows(value: PythonValue, read: (text: PythonValue) => readonly Box[]): readonly Box[] {
  if (!Array.isArray(value)) return read(value);
  return (value as readonly PythonValue[]).map((row) => {
    const items = Array.isArray(row) ? (row as readonly PythonValue[]) : [];
    const [box] = numbers(items.slice(0, 4), 4);
    if (box === undefined) throw new PythonRaised('no box');
    return box;
  });
}

/** Mean of the best overlaps of the given boxes; none given is nothing. */
export function meanOverlap(
  answer: PythonValue,
  gold: PythonValue,
  read: (text: PythonValue) => readonly Box[],
): number {
  const [given, wanted] = [rows(answer, read), rows(gold, read)];
  return given.length === 0 ? 0 : mean(best(given, wanted));
}

export const boxTuple: MegaMetric = (answer, gold) => meanOverlap(answer, gold, boxesOf);

export const boxSingle: MegaMetric = (answer, gold) => {
  const [given] = numbers(fourOf(textOf(answer)), 4);
  const [wanted] = numbers(fourOf(textOf(gold)), 4);
  return given === undefined || wanted === undefined ? 0 : overlap(given, wanted);
};

/** The first four of a list: only those are looked at. */
function fourOf(text: string): PythonValue {
  const value = literalOf(text);
  return Array.isArray(value) ? (value as readonly PythonValue[]).slice(0, 4) : null;
}

/** Box by box, as many as in the reference. */
export const boxSequence: MegaMetric = (answer, gold) => {
  const given = Array.isArray(answer) ? rows(answer, boxesOf) : boxesOf(strOf(answer));
  const wanted = rows(gold, boxesOf);
  if (given.length !== wanted.length || given.length === 0) return 0;
  return mean(given.map((box, index) => overlap(box, wanted[index] ?? [])));
};

const inTag = (text: string, tag: string): readonly string[] =>
  [...text.matchAll(new RegExp(`<${tag}>([^\\n]*?)</${tag}>`, 'g'))].map((match) => match[1] ?? '');

/** `float()` of each part between commas; undefined where one is none or there are too few. */
function floats(text: string, count: number): Box | undefined {
  const parts = text.split(',').map((part) => part.trim());
  const values = parts.map((part) =>
    /^[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(part)
      ? Number(part.replaceAll('_', ''))
      : Number.NaN,
  );
  return parts.length === count && values.every((value) => !Number.isNaN(value))
    ? values
    : undefined;
}

const xmlBoxes = (value: PythonValue): readonly Box[] =>
  typeof value !== 'string'
    ? []
    : inTag(value, 'box').flatMap((inner) => {
        const box = floats(inner, 4);
        return box === undefined ? [] : [box];
      });

/** `<box>x1, y1, x2, y2</box>` */
export const xmlBox: MegaMetric = (answer, gold) => {
  const single = Array.isArray(answer) && answer.length === 4 && isNumber(answer[0]);
  return meanOverlap(single ? [answer as readonly PythonValue[]] : answer, gold, xmlBoxes);
};

/** `<point>x, y</point>`, the only one, or two numbers. */
function pointOf(value: PythonValue): Box | undefined {
  if (Array.isArray(value)) return numbers(value as readonly PythonValue[], 2)[0];
  const found = typeof value === 'string' ? inTag(value, 'point') : [];
  return found.length === 1 ? floats(found[0] ?? '', 2) : undefined;
}

/** 1 where the point lies in one of the boxes of the query's context. */
export const pointInBox: MegaMetric = (answer, context) => {
  const listed = context instanceof Map ? context.get('bounding_boxes') : undefined;
  if (!Array.isArray(listed) || listed.length === 0) throw new PythonRaised('no boxes');
  const point = pointOf(answer);
  if (point === undefined) return 0;
  const [x = 0, y = 0] = point;
  return bit(
    (listed as readonly PythonValue[]).some((text) => {
      const [box] = boxesOf(text);
      if (box === undefined) throw new PythonRaised('no box');
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box;
      return x1 <= x && x <= x2 && y1 <= y && y <= y2;
    }),
  );
};

/** 1 − distance of two points in the unit square. */
export const pointDistance: MegaMetric = (answer, gold) => {
  const [a, b] = [pointOf(answer), pointOf(gold)];
  const inside = (point: Box | undefined): boolean =>
    point?.every((value) => value >= 0 && value <= 1) ?? false;
  if (a === undefined || b === undefined || !inside(a) || !inside(b)) return 0;
  return Math.max(0, 1 - Math.hypot((a[0] ?? 0) - (b[0] ?? 0), (a[1] ?? 0) - (b[1] ?? 0)));
};

/** Mean over the points of e^(−10 d ÷ √2). */
export const coordinates: MegaMetric = (answer, gold) => {
  const read = (value: PythonValue): readonly Box[] =>
    Array.isArray(value)
      ? (value as readonly PythonValue[]).map((row) => {
          const [point] = numbers(row, 2);
          if (point === undefined) throw new PythonRaised('no point');
          return point;
        })
      : pointsOf(value);
  const [a, b] = [read(answer), read(gold)];
  if (a.length !== b.length) return 0;
  if (a.length === 0) throw new PythonRaised('no axis');
  const distance = (index: number): number =>
    Math.hypot(
      (a[index]?.[0] ?? 0) - (b[index]?.[0] ?? 0),
      (a[index]?.[1] ?? 0) - (b[index]?.[1] ?? 0),
    );
  return mean(a.map((_, index) => Math.exp((-10 * distance(index)) / Math.SQRT2)));
};

/** 1 − mean difference ÷ 10, nothing from 10 on: a root is taken of every square by itself. */
export const angles: MegaMetric = (answer, gold) => {
  const [a, b] = [listOf(answer), listOf(gold)];
  if (a.length !== b.length) return 0;
  if (!a.every(isNumber) || !b.every(isNumber) || a.length === 0) return 0;
  const differences = a.map((value, index) => Math.abs(Number(value) - Number(b[index])));
  return 1 - Math.min(10, mean(differences)) / 10;
};

/** 1 − difference ÷ 0.1, nothing from 0.1 on. */
export const normalizedDifference: MegaMetric = (answer, gold) => {
  const [a, b] = [literalOf(textOf(answer)), literalOf(textOf(gold))];
  if (!isNumber(a) || !isNumber(b)) return 0;
  return 1 - Math.min(0.1, Math.abs(Number(a) - Number(b))) / 0.1;
};

/** A Python or JSON value of a text. */
export const dataOf = (text: string): PythonValue | undefined => literalOf(text) ?? jsonOf(text);
