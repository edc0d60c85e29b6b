// The two passes of bicubic.ts in AssemblyScript, four to sixteen bytes at a time.
// scripts/build-kernel.ts compiles this file into bicubic-kernel.generated.ts.
//
// Addresses are bytes in the module's memory. For target place x, `first[x]` is the first source place
// and `weights[x · taps …]` are its weights in units of 2⁻²²; taps that do not count weigh nothing, so
// that bytes read beyond a row add nothing. Bytes written beyond a row are overwritten by the next one;
// 16 bytes behind every picture must be free.

const WEIGHT_BITS: i32 = 22;
const HALF: i32 = 1 << 21;

/** Three bytes of a pixel, and one of its neighbour, as integers. */
// @ts-ignore: decorator
@inline
function pixel(address: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(address)));
}

/** Every row: [height, from, 3] → [height, to, 3]. */
export function resizeRows(
  source: usize, target: usize, height: i32, from: i32, to: i32, taps: i32, first: usize, weights: usize,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      let sums = i32x4.splat(HALF);
      let p = source + (y * from + load<i32>(first + (x << 2))) * 3;
      let w = weights + ((x * taps) << 2);
      for (let tap = 0; tap < taps; tap++) {
        sums = i32x4.add(sums, i32x4.mul(pixel(p), v128.load32_splat(w)));
        p += 3;
        w += 4;
      }
      const levels = i32x4.shr_s(sums, WEIGHT_BITS);
      const words = i16x8.narrow_i32x4_s(levels, levels);
      v128.store32_lane(target, i8x16.narrow_i16x8_u(words, words), 0);
      target += 3;
    }
  }
}

/** Every column: [from, row bytes] → [to, row bytes]. */
export function resizeColumns(
  source: usize, target: usize, row: i32, to: i32, taps: i32, first: usize, weights: usize,
): void {
  for (let y = 0; y < to; y++) {
    const top = source + load<i32>(first + (y << 2)) * row;
    for (let x = 0; x < row; x += 16) {
      let a = i32x4.splat(HALF);
      let b = a;
      let c = a;
      let d = a;
      let p = top + x;
      let w = weights + ((y * taps) << 2);
      for (let tap = 0; tap < taps; tap++) {
        const weight = v128.load32_splat(w);
        const bytes = v128.load(p);
        const low = i16x8.extend_low_i8x16_u(bytes);
        const high = i16x8.extend_high_i8x16_u(bytes);
        a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(low), weight));
        b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(low), weight));
        c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), weight));
        d = i32x4.add(d, i32x4.mul(i32x4.extend_high_i16x8_u(high), weight));
        p += row;
        w += 4;
      }
      const low = i16x8.narrow_i32x4_s(i32x4.shr_s(a, WEIGHT_BITS), i32x4.shr_s(b, WEIGHT_BITS));
      const high = i16x8.narrow_i32x4_s(i32x4.shr_s(c, WEIGHT_BITS), i32x4.shr_s(d, WEIGHT_BITS));
      v128.store(target + x, i8x16.narrow_i16x8_u(low, high));
    }
    target += row;
  }
}
