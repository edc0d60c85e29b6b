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

/**
 * A number in [0, 1) with 53 random bits that depends on nothing but its key: the seed of a request
 * (up to 2⁵³), the index of the completion, the position in the response. Neither neighbours in a
 * batch nor the order of drawing move it.
 */
export function uniform(seed: number, index: number, position: number): number {
  const key = [seed | 0, Math.floor(seed / 2 ** 32), index, position] as const;
  const high = hash(key, 0x9747b28c) >>> 5;
  const low = hash(key, 0x3c6ef372) >>> 6;
  return (high * 2 ** 26 + low) / 2 ** 53;
}
