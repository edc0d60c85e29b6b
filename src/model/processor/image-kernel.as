// Resizing and cutting in AssemblyScript, four to sixteen bytes at a time.
// scripts/build-kernel.ts compiles this file into image-kernel.generated.ts.
//
// Addresses are bytes in the module's memory. Bytes may be read beyond what counts, and in the last two
// functions written beyond it where a later step overwrites them; SLACK bytes (image-kernel.ts) behind
// everything must be free.

const WEIGHT_BITS: i32 = 22;
const HALF: i32 = 1 << 21;

/** Three bytes of a pixel, and one of its neighbour, as integers. */
// @ts-ignore: decorator
@inline
function pixel(address: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(address)));
}

// @ts-ignore: decorator
@inline
function weighed(sums: v128, address: usize, weight: v128): v128 {
  return i32x4.add(sums, i32x4.mul(pixel(address), weight));
}

/** Rounds, clips and stores the three bytes of a pixel. */
// @ts-ignore: decorator
@inline
function storePixel(address: usize, sums: v128): void {
  const levels = i32x4.shr_s(sums, WEIGHT_BITS);
  const words = i16x8.narrow_i32x4_s(levels, levels);
  const bytes = i8x16.narrow_i16x8_u(words, words);
  v128.store16_lane(address, bytes, 0);
  v128.store8_lane(address, bytes, 2, 2);
}

/**
 * Every row: [height, from, 3] → [height, to, 3]. For target place x, `first[x]` is the first source place
 * and `weights[x · taps …]` are its weights in units of 2⁻²²; taps that do not count weigh nothing.
 */
export function resizeRows(
  source: usize, target: usize, height: i32, from: i32, to: i32, taps: i32, first: usize, weights: usize,
): void {
  const line: usize = from * 3;
  const out: usize = to * 3;
  let y = 0;
  // Four rows share each weight.
  for (; y + 4 <= height; y += 4) {
    for (let x = 0; x < to; x++) {
      let a = i32x4.splat(HALF);
      let b = a;
      let c = a;
      let d = a;
      let p = source + load<i32>(first + (x << 2)) * 3;
      let w = weights + ((x * taps) << 2);
      for (let tap = 0; tap < taps; tap++) {
        const weight = v128.load32_splat(w);
        a = weighed(a, p, weight);
        b = weighed(b, p + line, weight);
        c = weighed(c, p + 2 * line, weight);
        d = weighed(d, p + 3 * line, weight);
        p += 3;
        w += 4;
      }
      storePixel(target, a);
      storePixel(target + out, b);
      storePixel(target + 2 * out, c);
      storePixel(target + 3 * out, d);
      target += 3;
    }
    source += 4 * line;
    target += 3 * out;
  }
  for (; y < height; y++) {
    for (let x = 0; x < to; x++) {
      let sums = i32x4.splat(HALF);
      let p = source + load<i32>(first + (x << 2)) * 3;
      let w = weights + ((x * taps) << 2);
      for (let tap = 0; tap < taps; tap++) {
        sums = weighed(sums, p, v128.load32_splat(w));
        p += 3;
        w += 4;
      }
      storePixel(target, sums);
      target += 3;
    }
    source += line;
  }
}

/** Every column: [from, row bytes] → [to, row bytes], with taps as above. */
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

/** Red (0), green (1) or blue (2) of sixteen pixels. */
// @ts-ignore: decorator
@inline
function channelOf(address: usize, channel: i32): v128 {
  const a = v128.load(address);
  const b = v128.load(address, 16);
  const c = v128.load(address, 32);
  if (channel == 0) {
    const ab = i8x16.shuffle(a, b, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0);
    return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29);
  }
  if (channel == 1) {
    const ab = i8x16.shuffle(a, b, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0);
    return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30);
  }
  const ab = i8x16.shuffle(a, b, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31);
}

/** Stores sixteen bytes as numbers, times scale plus offset. */
// @ts-ignore: decorator
@inline
function storeLevels(target: usize, bytes: v128, scale: v128, offset: v128): void {
  const low = i16x8.extend_low_i8x16_u(bytes);
  const high = i16x8.extend_high_i8x16_u(bytes);
  const a = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low));
  const b = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low));
  const c = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high));
  const d = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high));
  v128.store(target, f32x4.add(f32x4.mul(a, scale), offset));
  v128.store(target, f32x4.add(f32x4.mul(b, scale), offset), 16);
  v128.store(target, f32x4.add(f32x4.mul(c, scale), offset), 32);
  v128.store(target, f32x4.add(f32x4.mul(d, scale), offset), 48);
}

/** One channel of one patch; what is stored beyond a line is overwritten by the next one. */
// @ts-ignore: decorator
@inline
function cutPlane(source: usize, target: usize, line: i32, patch: i32, channel: i32, levels: usize): void {
  const scale = v128.load32_splat(levels + (channel << 3));
  const offset = v128.load32_splat(levels + (channel << 3), 4);
  for (let y = 0; y < patch; y++) {
    for (let x = 0; x < patch; x += 16) {
      const bytes = channelOf(source + y * line + x * 3, channel);
      storeLevels(target + ((y * patch + x) << 2), bytes, scale, offset);
    }
  }
}

/** One patch: channel after channel, each in `copies` equal planes. */
function cutPatch(source: usize, target: usize, line: i32, patch: i32, copies: i32, levels: usize): void {
  const plane: usize = (patch * patch) << 2;
  for (let copy = 0; copy < copies; copy++, target += plane) {
    cutPlane(source, target, line, patch, 0, levels);
  }
  for (let copy = 0; copy < copies; copy++, target += plane) {
    cutPlane(source, target, line, patch, 1, levels);
  }
  for (let copy = 0; copy < copies; copy++, target += plane) {
    cutPlane(source, target, line, patch, 2, levels);
  }
}

/**
 * One band, [merge · patch, width, 3] bytes → its patches, block by block, in a block line by line;
 * `levels` holds scale and offset of red, green and blue.
 */
export function cutBand(
  source: usize, target: usize, width: i32, patch: i32, merge: i32, copies: i32, levels: usize,
): void {
  const line = width * 3;
  const size: usize = (3 * copies * patch * patch) << 2;
  for (let left = 0; left < width; left += merge * patch) {
    for (let y = 0; y < merge; y++) {
      for (let x = 0; x < merge; x++) {
        const from = source + y * patch * line + (left + x * patch) * 3;
        cutPatch(from, target, line, patch, copies, levels);
        target += size;
      }
    }
  }
}
