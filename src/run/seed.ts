import { createHash } from 'node:crypto';
import { philox4x32 } from './philox.ts';

/**
 * A place in the tree of chance. `at` goes down by names and numbers, and the same path from the same
 * root always leads to the same place, so no draw depends on what was drawn before it.
 *
 * @example createSeed(7).at('replay', 3).stream().int(10) // 2, whatever else was drawn
 */
export interface Seed {
  at(...path: readonly (string | number)[]): Seed;
  /** A fresh generator that starts here; two calls give the same sequence. */
  stream(): Random;
  /** A whole number in [0, 2⁵³) for machines that take their seed as a number. */
  toNumber(): number;
}

/** A small counter-based generator (Philox 4x32-10). */
export interface Random {
  /** A whole number in [0, 2³²). */
  uint32(): number;
  /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
  float(): number;
  /** Uniform in {0, …, n − 1} without modulo bias; n is a whole number in [1, 2⁵³]. */
  int(n: number): number;
  /** All whole numbers below n in uniformly random order (Fisher–Yates). */
  permutation(n: number): Uint32Array;
}

/** The root of all chance of a run. */
export function createSeed(root: number | string): Seed {
  return seedOf(digest(Buffer.alloc(0), root));
}

function seedOf(key: Buffer): Seed {
  return {
    at: (...path) => seedOf(path.reduce<Buffer>(digest, key)),
    stream: () => streamOf(key),
    toNumber: () => streamOf(key).int(2 ** 53),
  };
}

/** SHA-256 over the parent's digest and the tagged part, so that `1` and `'1'` are two places. */
function digest(parent: Buffer, part: string | number): Buffer {
  if (typeof part === 'number' && !Number.isSafeInteger(part)) {
    throw new RangeError(`a seed's path holds texts and whole numbers, found ${part}`);
  }
  return createHash('sha256')
    .update(parent)
    .update(`${typeof part}:${part}`)
    .digest();
}

function streamOf(key: Buffer): Random {
  const words = [0, 4, 8, 12].map((offset) => key.readUInt32LE(offset));
  const [k0 = 0, k1 = 0, c2 = 0, c3 = 0] = words;
  const block = new Uint32Array(4);
  let counter = 0;
  let used = 4;
  const uint32 = () => {
    if (used === 4) {
      block.set([counter >>> 0, Math.floor(counter / 2 ** 32), c2, c3]);
      philox4x32(block, k0, k1);
      counter += 1;
      used = 0;
    }
    return block[used++] ?? 0;
  };
  const uint53 = () => (uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6);
  const int = (n: number) => below(n, uint53);
  const permutation = (n: number) => shuffled(n, int);
  return { uint32, float: () => uint53() / 2 ** 53, int, permutation };
}

function shuffled(n: number, int: (n: number) => number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, index) => index);
  for (let last = n - 1; last > 0; last--) {
    const other = int(last + 1);
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}

/** Rejection: values beyond the last whole multiple of n are drawn again. */
function below(n: number, uint53: () => number): number {
  if (!Number.isInteger(n) || n < 1 || n > 2 ** 53) {
    throw new RangeError(`expected a whole number of choices in [1, 2^53], found ${n}`);
  }
  const limit = 2 ** 53 - (2 ** 53 % n);
  for (;;) {
    const value = uint53();
    if (value < limit) return value % n;
  }
}
