/** One round of MurmurHash3's mixing (Appleby 2011): every bit of `word` moves half the bits of `hash`. */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash ^ 16;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hash(key: readonly [number, number, number, number], start: number): number {
  return finish(mix(mix(mix(mix(start, key[0]), key[1]), key[2]), key[3]));
}

/** A place in the stream of random numbers of one request. */
export interface DrawKey {
  /** The request's seed, up to 2⁵³. */
  readonly seed: number;
  /** Index of the completion in its request. */
  readonly index: number;
  /** Position in the response. */
  readonly drawn: number;
}

/** Where the two numbers of one draw begin: unrelated constants, so that they are independent. */
const starts = [
  [0x9747b28c, 0x3c6ef372],
  [0x510e527f, 0x1f83d9ab],
] as const;

/**
 * A number in [0, 1) with 53 random bits that depends on nothing but its key and on which of the two
 * numbers of a draw it is. Neither neighbours in a batch nor the order of drawing move it.
 */
export function uniform({ seed, index, drawn }: DrawKey, which: 0 | 1 = 0): number {
  const key = [seed | 0, Math.floor(seed / 2 ** 32), index, drawn] as const;
  const [first, second] = starts[which];
  return ((hash(key, first) >>> 5) * 2 ** 26 + (hash(key, second) >>> 6)) / 2 ** 53;
}
