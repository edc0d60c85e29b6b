import { createHash } from 'node:crypto';

/** A stream of chance that starts at a key: the same key gives the same stream on every computer. */
export interface Chance {
  /** So many whole numbers in [0, 2³²). */
  words(count: number): Uint32Array;
  /** A whole number in [0, 2³²). */
  uint32(): number;
  /** Uniform in [0, 1), a multiple of 2⁻³². */
  float(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform in {0, …, n − 1}, without modulo bias; n in [1, 2³²]. */
  below(n: number): number;
  /** Normal with mean 0 and deviation 1 (Box and Muller 1958). */
  normal(): number;
  /** One of at least one. */
  pick<T>(from: readonly T[]): T;
  /** All of them, in uniformly random order (Fisher–Yates). */
  shuffled<T>(all: readonly T[]): T[];
}

/** SHA-256 over the parts, each with its kind and length, so that no two lists of parts share a key. */
export function chanceKey(...parts: readonly (string | number)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) {
    const text = String(part);
    hash.update(`${typeof part}:${Buffer.byteLength(text)}:`).update(text);
  }
  return hash.digest();
}

/** xoshiro128** (Blackman and Vigna 2021), seeded by the SHA-256 of the key. */
export function chance(...key: readonly (string | number)[]): Chance {
  const state = firstState(chanceKey(...key));

  const words = (count: number): Uint32Array => {
    const drawn = new Uint32Array(count);
    // Locals, because a state behind a closure would be read and written for every word.
    let [a = 0, b = 0, c = 0, d = 0] = state;
    for (let at = 0; at < count; at++) {
      const times5 = Math.imul(b, 5);
      drawn[at] = Math.imul((times5 << 7) | (times5 >>> 25), 9);
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
    }
    state.set([a, b, c, d]);
    return drawn;
  };
  const uint32 = (): number => {
    const [, b = 0] = state;
    const times5 = Math.imul(b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    advance(state);
    return result;
  };
  const float = (): number => uint32() / 2 ** 32;
  const below = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`expected a whole number of choices in [1, 2^32], found ${n}`);
    }
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const value = uint32();
      if (value < limit) return value % n;
    }
  };
  return {
    words,
    uint32,
    float,
    between: (low, high) => low + (high - low) * float(),
    below,
    normal: () => Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float()),
    pick: <T>(from: readonly T[]): T => from[below(from.length)] as T,
    shuffled: <T>(all: readonly T[]): T[] => {
      const list = [...all];
      for (let last = list.length - 1; last > 0; last--) {
        const other = below(last + 1);
        const kept = list[last] as T;
        list[last] = list[other] as T;
        list[other] = kept;
      }
      return list;
    },
  };
}

function firstState(seed: Buffer): Int32Array {
  const state = Int32Array.from([0, 4, 8, 12], (at) => seed.readInt32LE(at));
  if (state.every((word) => word === 0)) state[3] = 1; // the one state that never changes
  return state;
}

/** One step of the state of xoshiro128**. */
function advance(state: Int32Array): void {
  const [a = 0, b = 0, c = 0, d = 0] = [state[0], state[1], state[2], state[3]];
  const mixed = c ^ a;
  const folded = d ^ b;
  state[0] = a ^ folded;
  state[1] = b ^ mixed;
  state[2] = mixed ^ (b << 9);
  state[3] = (folded << 11) | (folded >>> 21);
}
