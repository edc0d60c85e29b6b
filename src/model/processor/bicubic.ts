import type { Size } from './image-grid.ts';

/** Fractional bits of a weight: 8 bits of pixel, 22 of weight and 2 of headroom fill 32. */
const WEIGHT_BITS = 22;
const HALF = 1 << (WEIGHT_BITS - 1);
/** Half the width of the kernel, in source places when nothing shrinks. */
const SUPPORT = 2;
const A = -0.5;
/** Taps taken at once: a picture that hardly changes size has four or five. */
const STEP = 5;
/** Rows that share one load of weights; their sources stay in the first cache. */
const ROWS = 16;

/** Bytes of a picture, [height, width, 3]. One type of array throughout keeps the loops fast. */
type Rgb = Uint8ClampedArray;

/** Which source places make each target place along one side, and by how much. */
interface Taps {
  /** Taps per target place, a multiple of `STEP`; those that do not count weigh nothing. */
  readonly width: number;
  /** [target] first source place; `first + width` stays within max(source, width). */
  readonly first: Int32Array;
  /** [target · width] in units of 2⁻²². */
  readonly weights: Int32Array;
}

/** Keys' cubic convolution kernel with a = −0.5. */
function kernel(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * A;
  return 0;
}

/** Weights along one side, the kernel widened when shrinking: the arithmetic of Pillow up to 12. */
function bicubicTaps(source: number, target: number): Taps {
  const scale = source / target;
  const stretch = Math.max(scale, 1);
  const support = SUPPORT * stretch;
  const centers = Float64Array.from({ length: target }, (_, place) => (place + 0.5) * scale);
  const starts = centers.map((center) => Math.max(0, Math.trunc(center - support + 0.5)));
  const ends = centers.map((center) => Math.min(source, Math.trunc(center + support + 0.5)));
  const most = ends.reduce((most, end, place) => Math.max(most, end - (starts[place] ?? 0)), 0);
  const width = Math.ceil(most / STEP) * STEP;
  const first = new Int32Array(target);
  const weights = new Int32Array(target * width);
  const exact = new Float64Array(most);
  for (let place = 0; place < target; place++) {
    const start = starts[place] ?? 0;
    const count = (ends[place] ?? 0) - start;
    const begin = Math.max(0, Math.min(start, source - width));
    let total = 0;
    for (let i = 0; i < count; i++) {
      const weight = kernel((i + start - (centers[place] ?? 0) + 0.5) * (1 / stretch));
      exact[i] = weight;
      total += weight;
    }
    for (let i = 0; i < count; i++) {
      const weight = ((exact[i] ?? 0) / total) * (1 << WEIGHT_BITS);
      weights[place * width + start - begin + i] = Math.trunc(weight + Math.sign(weight) * 0.5);
    }
    first[place] = begin;
  }
  return { width, first, weights };
}

/** Lays a picture into the upper left corner of a larger black one. */
function padded(rgb: Rgb, { height, width }: Size, to: Size): Rgb {
  if (height === to.height && width === to.width) return rgb;
  const out = new Uint8ClampedArray(to.height * to.width * 3);
  for (let y = 0; y < height; y++) {
    out.set(rgb.subarray(y * width * 3, (y + 1) * width * 3), y * to.width * 3);
  }
  return out;
}

/** Five neighbouring weights, held in registers while many bytes pass. */
interface Weights {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
}

function weightsAt(weights: Int32Array, k: number): Weights {
  return {
    a: weights[k] ?? 0,
    b: weights[k + 1] ?? 0,
    c: weights[k + 2] ?? 0,
    d: weights[k + 3] ?? 0,
    e: weights[k + 4] ?? 0,
  };
}

/** Σ of five bytes `stride` apart from `p` on, weighted, added to `sum`. */
function weigh(rgb: Rgb, p: number, stride: number, { a, b, c, d, e }: Weights): number {
  return (
    (Math.imul(rgb[p] ?? 0, a) +
      Math.imul(rgb[p + stride] ?? 0, b) +
      Math.imul(rgb[p + 2 * stride] ?? 0, c) +
      Math.imul(rgb[p + 3 * stride] ?? 0, d) +
      Math.imul(rgb[p + 4 * stride] ?? 0, e)) |
    0
  );
}

/** Resizes every row: [height, width, 3] → [height, target, 3]. */
function resizeRows(picture: Rgb, size: Size, target: number): Rgb {
  const { height } = size;
  const { width: taps, first, weights } = bicubicTaps(size.width, target);
  const source = Math.max(size.width, taps);
  const rgb = padded(picture, size, { height, width: source });
  const out = new Uint8ClampedArray(height * target * 3);
  const sums = new Int32Array(ROWS * 3);
  for (let top = 0; top < height; top += ROWS) {
    const end = Math.min(ROWS, height - top) * 3;
    for (let x = 0; x < target; x++) {
      let p = (top * source + (first[x] ?? 0)) * 3;
      let k = x * taps;
      sums.fill(HALF);
      for (let rest = taps - STEP; rest > 0; rest -= STEP) {
        const w = weightsAt(weights, k);
        for (let s = 0, q = p; s < end; s += 3, q += source * 3) {
          sums[s] = ((sums[s] ?? 0) + weigh(rgb, q, 3, w)) | 0;
          sums[s + 1] = ((sums[s + 1] ?? 0) + weigh(rgb, q + 1, 3, w)) | 0;
          sums[s + 2] = ((sums[s + 2] ?? 0) + weigh(rgb, q + 2, 3, w)) | 0;
        }
        p += STEP * 3;
        k += STEP;
      }
      const w = weightsAt(weights, k);
      let o = (top * target + x) * 3;
      for (let s = 0; s < end; s += 3, p += source * 3, o += target * 3) {
        out[o] = ((sums[s] ?? 0) + weigh(rgb, p, 3, w)) >> WEIGHT_BITS;
        out[o + 1] = ((sums[s + 1] ?? 0) + weigh(rgb, p + 1, 3, w)) >> WEIGHT_BITS;
        out[o + 2] = ((sums[s + 2] ?? 0) + weigh(rgb, p + 2, 3, w)) >> WEIGHT_BITS;
      }
    }
  }
  return out;
}

/** Resizes every column: [height, width, 3] → [target, width, 3]. */
function resizeColumns(picture: Rgb, size: Size, target: number): Rgb {
  const { width: taps, first, weights } = bicubicTaps(size.height, target);
  const rgb = padded(picture, size, { height: Math.max(size.height, taps), width: size.width });
  const row = size.width * 3;
  const out = new Uint8ClampedArray(target * row);
  const sums = new Int32Array(row);
  for (let y = 0; y < target; y++) {
    let p = (first[y] ?? 0) * row;
    let k = y * taps;
    sums.fill(HALF);
    for (let rest = taps - STEP; rest > 0; rest -= STEP) {
      const w = weightsAt(weights, k);
      for (let x = 0; x < row; x++) sums[x] = ((sums[x] ?? 0) + weigh(rgb, p + x, row, w)) | 0;
      p += STEP * row;
      k += STEP;
    }
    const w = weightsAt(weights, k);
    const o = y * row;
    for (let x = 0; x < row; x++) {
      out[o + x] = ((sums[x] ?? 0) + weigh(rgb, p + x, row, w)) >> WEIGHT_BITS;
    }
  }
  return out;
}

/**
 * Resizes a picture with Pillow's bicubic filter on bytes, to the last bit: rows first, then columns,
 * each pass rounded and clipped to bytes; a pass that would change nothing is left out.
 */
export function resizeBicubic(picture: Uint8Array, from: Size, to: Size): Uint8Array {
  const rgb = new Uint8ClampedArray(picture.buffer, picture.byteOffset, picture.byteLength);
  const rows = from.width === to.width ? rgb : resizeRows(rgb, from, to.width);
  const between = { height: from.height, width: to.width };
  const out = from.height === to.height ? rows : resizeColumns(rows, between, to.height);
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
}
