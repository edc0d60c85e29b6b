import { concat, fromArray, fromFloats, fromInts, ops, type DType, type Tensor } from '#tensor';
import type { TextConfig, VisionConfig } from './config.ts';

/** Cosines and signed sines of one angle per token and pair, laid out for `rotate`. */
export interface Rotary {
  /** [T, 1, D] */
  readonly cos: Tensor;
  /** [T, 1, D], the first half negated */
  readonly sin: Tensor;
}

/** 1 / base^(2i / width) for i < width / 2, in f32 as upstream computes it. */
function frequencies(width: number, base: number): readonly number[] {
  return Array.from({ length: width / 2 }, (_, index) =>
    Math.fround(1 / Math.fround(base ** Math.fround((2 * index) / width))),
  );
}

/** angles [T, D / 2] f32 → tables */
function tables(angles: Tensor, dtype: DType): Rotary {
  const cos = angles.cos();
  const sin = angles.sin();
  return {
    cos: concat([cos, cos], -1).to(dtype).unsqueeze(1),
    sin: concat([sin.neg(), sin], -1).to(dtype).unsqueeze(1),
  };
}

/**
 * Rotary tables of the language model (Qwen2-VL's M-RoPE): pair i of a head turns with axis t, h or w
 * as `mropeSection` assigns it. `axes` [3][T].
 */
export function textRotary(
  axes: readonly Int32Array[],
  config: TextConfig,
  like: { readonly dtype: DType; readonly device: string },
): Rotary {
  const total = axes[0]?.length ?? 0;
  const positions = new Float32Array(3 * total);
  axes.forEach((axis, index) => positions.set(axis, index * total));
  const byAxis = fromArray(positions, [3, total]).to(like.device);
  const axisOfPair = config.mropeSection.flatMap((size, axis) => Array<number>(size).fill(axis));
  const chosen = byAxis.indexSelect(0, fromInts(axisOfPair).to(like.device)).t();
  const frequency = fromFloats(frequencies(config.headDim, config.ropeTheta)).to(like.device);
  return tables(chosen.mul(frequency), like.dtype);
}

/** Rotary tables of the vision tower: the first half of the pairs turns with rows, the second with columns. */
export function visionRotary(
  rows: Int32Array,
  columns: Int32Array,
  config: VisionConfig,
  device: string,
): Rotary {
  const headDim = config.hiddenSize / config.heads;
  const frequency = fromFloats(frequencies(headDim / 2, config.ropeTheta)).to(device);
  const angle = (axis: Int32Array): Tensor =>
    fromArray(Float32Array.from(axis), [axis.length, 1]).to(device).mul(frequency);
  return tables(concat([angle(rows), angle(columns)], -1), 'f32');
}

/** x [T, heads, D]: turns the pairs (i, i + D / 2). */
export function rotate(x: Tensor, { cos, sin }: Rotary): Tensor {
  const half = (x.shape[2] ?? 0) / 2;
  return ops.addcmul(x.mul(cos), x.roll([half], [-1]), sin);
}
