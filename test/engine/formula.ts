import { type DType, fromArray, fromBools, fromInts, type Tensor } from '#tensor';

/** 32 well-mixed bits of a position and a seed; the same arithmetic stands in decoder.py. */
export function mixed(index: number, seed: number): number {
  let bits = (Math.imul(index, 2654435761) + Math.imul(seed, 40503)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 2246822519) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 13), 3266489917) >>> 0;
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** An input of a stored reference, described; see scripts/make-engine-fixtures.py. */
export type InputSpec = { readonly shape: readonly number[] } & (
  | { readonly kind: 'real'; readonly low: number; readonly high: number; readonly grad: boolean }
  | { readonly kind: 'index'; readonly below: number }
  | { readonly kind: 'mask' }
  | { readonly kind: 'values'; readonly values: readonly number[] }
);

/** The tensor of a description; real ones are rounded to f32 first, as the references were. */
export function buildInput(spec: InputSpec, seed: number, dtype: DType): Tensor {
  const { shape } = spec;
  const count = shape.reduce((product, size) => product * size, 1);
  const bits = Array.from({ length: count }, (_, index) => mixed(index, seed));
  switch (spec.kind) {
    case 'real': {
      const { low, high, grad } = spec;
      const values = Float32Array.from(bits, (bit) => low + (high - low) * (bit / 4294967296));
      return fromArray(values, shape).to(dtype).requiresGrad_(grad);
    }
    case 'index':
      return fromInts(
        bits.map((bit) => bit % spec.below),
        shape,
      );
    case 'mask':
      return fromBools(
        bits.map((bit) => (bit >>> 7) % 2 === 1),
        shape,
      );
    case 'values':
      return fromInts(spec.values, shape);
  }
}
