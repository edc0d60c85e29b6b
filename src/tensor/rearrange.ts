import { ShapeError } from './errors.ts';
import type { Tensor } from './tensor.generated.ts';

/** One side of a pattern: axes in order, each a group of letters (`(h d)` is one axis of two). */
type Side = readonly (readonly string[])[];

interface Pattern {
  readonly text: string;
  readonly left: Side;
  readonly right: Side;
  /** Position on the left of each letter on the right. */
  readonly order: readonly number[];
  /** Letters of the left in order, groups taken apart. */
  readonly letters: readonly string[];
}

const parsed = new Map<string, Pattern>();

function parseSide(text: string, pattern: string): Side {
  const groups: string[][] = [];
  let open: string[] | undefined;
  for (const token of text.match(/[()]|[^\s()]+/g) ?? []) {
    if (token === '(' && open === undefined) open = [];
    else if (token === ')' && open !== undefined) {
      groups.push(open);
      open = undefined;
    } else if (token === '(' || token === ')') {
      throw new ShapeError(`rearrange '${pattern}': brackets do not match`);
    } else if (open === undefined) groups.push(token === '1' ? [] : [token]);
    else open.push(token);
  }
  if (open !== undefined) throw new ShapeError(`rearrange '${pattern}': a bracket is not closed`);
  return groups;
}

function parse(text: string): Pattern {
  const [leftText, rightText, more] = text.split('->');
  if (leftText === undefined || rightText === undefined || more !== undefined) {
    throw new ShapeError(`rearrange '${text}': expected 'axes -> axes'`);
  }
  const left = parseSide(leftText, text);
  const right = parseSide(rightText, text);
  const letters = left.flat();
  const wanted = right.flat();
  const odd = [...letters, ...wanted].find(
    (letter) =>
      letters.filter((other) => other === letter).length !== 1 ||
      wanted.filter((other) => other === letter).length !== 1,
  );
  if (odd !== undefined) {
    throw new ShapeError(`rearrange '${text}': axis '${odd}' must stand once on each side`);
  }
  return { text, left, right, letters, order: wanted.map((letter) => letters.indexOf(letter)) };
}

function cached(text: string): Pattern {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const pattern = parse(text);
  parsed.set(text, pattern);
  return pattern;
}

/** The size of every letter, one per group inferred from the shape. */
function sizesOf(
  pattern: Pattern,
  shape: readonly number[],
  given: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> {
  const fail = (reason: string): ShapeError =>
    new ShapeError(`rearrange '${pattern.text}': ${reason}; shape [${shape.join(', ')}]`);
  if (shape.length !== pattern.left.length) {
    throw fail(`expected rank ${pattern.left.length}, found ${shape.length}`);
  }
  const unknown = Object.keys(given).find((letter) => !pattern.letters.includes(letter));
  if (unknown !== undefined) throw fail(`there is no axis '${unknown}'`);
  const sizes = new Map(Object.entries(given));
  for (const [axis, group] of pattern.left.entries()) {
    const size = shape[axis] ?? 0;
    const open = group.filter((letter) => !sizes.has(letter));
    const product = group.reduce((sum, letter) => sum * (sizes.get(letter) ?? 1), 1);
    const [letter] = open;
    if (open.length > 1) throw fail(`give a size for one of '${open.join("', '")}'`);
    if (letter !== undefined) sizes.set(letter, size / product);
    if (letter === undefined ? product !== size : size % product !== 0) {
      throw fail(`axis ${axis} of size ${size} is not (${group.join(' ')}) with ${product}`);
    }
  }
  return sizes;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** See `Tensor.rearrange`. */
export function rearrange(
  x: Tensor,
  text: string,
  given: Readonly<Record<string, number>> = {},
): Tensor {
  const pattern = cached(text);
  const sizes = sizesOf(pattern, x.shape, given);
  const size = (letter: string): number => sizes.get(letter) ?? 1;
  const split = pattern.letters.map(size);
  const joined = pattern.right.map((group) => group.reduce((sum, letter) => sum * size(letter), 1));
  const moved = pattern.order.map((axis) => split[axis] ?? 1);
  const apart = same(split, x.shape) ? x : x.reshape(split);
  const turned = pattern.order.every((axis, index) => axis === index)
    ? apart
    : apart.permute(pattern.order);
  return same(moved, joined) ? turned : turned.reshape(joined);
}
