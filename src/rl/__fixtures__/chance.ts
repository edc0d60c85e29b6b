import type { Random, Seed } from '#run';

/** A small generator for tests of this room (mulberry32): as deterministic as the real one. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const uint32 = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  };
  const float = () => uint32() / 2 ** 32;
  const int = (n: number) => Math.floor(float() * n);
  const permutation = (n: number) => {
    const order = Uint32Array.from({ length: n }, (_, index) => index);
    for (let last = n - 1; last > 0; last--) {
      const other = int(last + 1);
      [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
    }
    return order;
  };
  return { uint32, float, int, permutation };
}

/** A seed whose places are named by their path. */
export function seed(path = 'root'): Seed {
  const number = () => Array.from(path).reduce((hash, letter) => hashed(hash, letter), 7);
  return {
    at: (...parts) => seed([path, ...parts].join('/')),
    stream: () => random(number()),
    toNumber: number,
  };
}

function hashed(hash: number, letter: string): number {
  return (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
}
