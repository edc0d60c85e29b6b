import { ShapeError } from './errors.ts';

type Letters<Pattern extends string> = Pattern extends `${infer Head} ${infer Tail}`
  ? Head | Letters<Tail>
  : Pattern;

/** The sizes a pattern such as `'B T D'` names; `_` and numbers name nothing. */
export type Dims<Pattern extends string> = {
  readonly [Letter in Exclude<Letters<Pattern>, '' | '_' | `${number}`>]: number;
};

/** Sizes by letter; see `Tensor.dims`. */
export function dimsOf<Pattern extends string>(
  pattern: Pattern,
  shape: readonly number[],
): Dims<Pattern> {
  const letters = pattern.split(' ').filter((letter) => letter !== '');
  if (letters.length !== shape.length) throw mismatch(pattern, shape, `rank ${letters.length}`);
  const sizes: Record<string, number> = {};
  for (const [axis, letter] of letters.entries()) {
    const size = shape[axis] ?? 0;
    if (letter === '_') continue;
    const number = /^\d+$/.test(letter);
    const expected = number ? Number(letter) : sizes[letter];
    if (expected !== undefined && expected !== size) {
      throw mismatch(pattern, shape, `${letter} = ${expected} on axis ${axis}`);
    }
    if (!number) sizes[letter] = size;
  }
  return sizes as Dims<Pattern>;
}

function mismatch(pattern: string, shape: readonly number[], expected: string): ShapeError {
  return new ShapeError(
    `dims '${pattern}': expected ${expected}, found shape [${shape.join(', ')}]`,
  );
}
