import { numbersOf, textOfValue } from './values.ts';

/** Boxes `[x1, y1, x2, y2]`, one or several, as data, text, or `<x1>0.1</x1>…` marks. */
export function boxes(value: unknown): readonly (readonly number[])[] | undefined {
  const marked = typeof value === 'string' ? marks(value, ['x1', 'y1', 'x2', 'y2']) : undefined;
  const flat = marked ?? numbersOf(value);
  if (flat === undefined || flat.length % 4 !== 0) return undefined;
  return Array.from({ length: flat.length / 4 }, (_, index) =>
    flat.slice(4 * index, 4 * index + 4),
  );
}

function marks(text: string, names: readonly string[]): readonly number[] | undefined {
  const found = names.map((name) => {
    const at = text.lastIndexOf(`<${name}>`);
    const close = text.indexOf(`</${name}>`, at);
    return at < 0 || close < 0
      ? Number.NaN
      : Number(text.slice(at + name.length + 2, close).trim());
  });
  return found.every(Number.isFinite) ? found : undefined;
}

function pointOf(value: unknown): readonly number[] | undefined {
  const found = marks(textOfValue(value), ['x', 'y']) ?? numbersOf(value);
  return found?.length === 2 ? found : undefined;
}

/** Intersection over union of two boxes. */
export function boxOverlap(a: readonly number[], b: readonly number[]): number {
  const [ax1 = 0, ay1 = 0, ax2 = 0, ay2 = 0] = a;
  const [bx1 = 0, by1 = 0, bx2 = 0, by2 = 0] = b;
  const width = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1));
  const height = Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1));
  const union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - width * height;
  return union <= 0 ? 0 : (width * height) / union;
}

/** Mean overlap of boxes matched one to one, best pairs first; boxes left over count as zero. */
export function matchedOverlap(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): number {
  if (a.length === 0 && b.length === 0) return 1;
  const pairs = a
    .flatMap((left, i) => b.map((right, j) => ({ i, j, overlap: boxOverlap(left, right) })))
    .sort((x, y) => y.overlap - x.overlap);
  const [left, right] = [new Set<number>(), new Set<number>()];
  let sum = 0;
  for (const { i, j, overlap } of pairs) {
    if (left.has(i) || right.has(j)) continue;
    left.add(i);
    right.add(j);
    sum += overlap;
  }
  return sum / Math.max(a.length, b.length);
}

/** 1 when the point lies in the reference box; a reference point has to be met. */
export function pointInBox(answer: unknown, gold: unknown): number {
  const point = pointOf(answer);
  const [box] = boxes(gold) ?? [];
  const target = pointOf(gold);
  const [x = Number.NaN, y = Number.NaN] = point ?? [];
  if (box !== undefined) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box;
    const own = boxes(answer)?.[0];
    // A reference given back as it is stands for its own middle.
    const [px, py] = own === undefined ? [x, y] : [mean(own[0], own[2]), mean(own[1], own[3])];
    return px >= x1 && px <= x2 && py >= y1 && py <= y2 ? 1 : 0;
  }
  return target !== undefined && x === target[0] && y === target[1] ? 1 : 0;
}

const mean = (a = 0, b = 0): number => (a + b) / 2;

/** 1 at the reference point, falling with the distance to 0 at the unit square's side. */
export function distanceScore(answer: unknown, gold: unknown): number {
  const [a, b] = [pointOf(answer), pointOf(gold)];
  if (a === undefined || b === undefined) return 0;
  return Math.max(0, 1 - Math.hypot((a[0] ?? 0) - (b[0] ?? 0), (a[1] ?? 0) - (b[1] ?? 0)));
}

/** e^(−r/scale) with r the root mean square difference of two sequences of the same length. */
export function rmseScore(a: readonly number[], b: readonly number[], scale: number): number {
  if (a.length === 0) return 1;
  const sum = a.reduce((total, each, index) => total + (each - (b[index] ?? 0)) ** 2, 0);
  return Math.exp(-Math.sqrt(sum / a.length) / scale);
}
