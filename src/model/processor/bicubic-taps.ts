/** Fractional bits of a weight: 8 bits of pixel, 22 of weight and 2 of headroom fill 32. */
const WEIGHT_BITS = 22;
/** Half the width of the kernel, in source places when nothing shrinks. */
const SUPPORT = 2;
const A = -0.5;

/** Which source places make each target place along one side, and by how much. */
export interface Taps {
  /** The most source places that any target place has; those that do not count weigh nothing. */
  readonly count: number;
  /** [target] first source place. */
  readonly first: Int32Array;
  /** [target · count] in units of 2⁻²². */
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
export function bicubicTaps(source: number, target: number): Taps {
  const scale = source / target;
  const stretch = Math.max(scale, 1);
  const support = SUPPORT * stretch;
  const centers = Float64Array.from({ length: target }, (_, place) => (place + 0.5) * scale);
  const starts = centers.map((center) => Math.max(0, Math.trunc(center - support + 0.5)));
  const ends = centers.map((center) => Math.min(source, Math.trunc(center + support + 0.5)));
  const count = ends.reduce((most, end, place) => Math.max(most, end - (starts[place] ?? 0)), 0);
  const weights = new Int32Array(target * count);
  const exact = new Float64Array(count);
  for (let place = 0; place < target; place++) {
    const start = starts[place] ?? 0;
    const own = (ends[place] ?? 0) - start;
    let total = 0;
    for (let i = 0; i < own; i++) {
      const weight = kernel((i + start - (centers[place] ?? 0) + 0.5) * (1 / stretch));
      exact[i] = weight;
      total += weight;
    }
    for (let i = 0; i < own; i++) {
      const weight = ((exact[i] ?? 0) / total) * (1 << WEIGHT_BITS);
      weights[place * count + i] = Math.trunc(weight + Math.sign(weight) * 0.5);
    }
  }
  return { count, first: Int32Array.from(starts), weights };
}
