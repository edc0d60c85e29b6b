const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/**
 * One block of Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"):
 * turns the counter [4] into four random words, in place, under the key (k0, k1).
 */
export function philox4x32(counter: Uint32Array, k0: number, k1: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = counter;
  let key0 = k0;
  let key1 = k1;
  for (let round = 0; round < 10; round++) {
    const high0 = highWord(MULTIPLIER_0, a);
    const low0 = Math.imul(MULTIPLIER_0, a) >>> 0;
    const high1 = highWord(MULTIPLIER_1, c);
    const low1 = Math.imul(MULTIPLIER_1, c) >>> 0;
    [a, b, c, d] = [(high1 ^ b ^ key0) >>> 0, low1, (high0 ^ d ^ key1) >>> 0, low0];
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  counter.set([a, b, c, d]);
}

/** The upper 32 bits of a 32 × 32 bit product, from four 16-bit products. */
function highWord(x: number, y: number): number {
  const xLow = x & 0xffff;
  const xHigh = x >>> 16;
  const yLow = y & 0xffff;
  const yHigh = y >>> 16;
  const middle = xHigh * yLow + Math.floor((xLow * yLow) / 0x10000);
  const carry = xLow * yHigh + (middle % 0x10000);
  return xHigh * yHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
}
