import { dtypeCode, type DType } from './dtype.ts';
import { TorchError } from './errors.ts';
import { native } from './native.ts';
import { Tensor } from './tensor.generated.ts';
import type { TensorArray } from './core.ts';

/** The element type a typed array stands for when none is said. */
function natural(array: TensorArray): DType {
  if (array instanceof Float32Array) return 'f32';
  if (array instanceof Float64Array) return 'f64';
  if (array instanceof BigInt64Array) return 'i64';
  if (array instanceof Int32Array) return 'i32';
  if (array instanceof Int16Array) return 'i16';
  if (array instanceof Int8Array) return 'i8';
  if (array instanceof Uint16Array) return 'bf16';
  return 'u8';
}

/**
 * A CPU tensor with a copy of a typed array's elements; bf16 and f16 come as their bits in a
 * `Uint16Array`, booleans as 0 and 1 in a `Uint8Array`. Throws when the sizes disagree.
 */
export function fromArray(array: TensorArray, shape?: readonly number[], dtype?: DType): Tensor {
  const code = dtypeCode(dtype ?? natural(array));
  if (typeof code !== 'number') throw new TorchError(`unknown element type ${dtype}`);
  return new Tensor(native.fromTyped(array, shape ?? [array.length], code));
}

/** An i64 tensor of indices; every number must be an integer. */
export function fromInts(
  values: Int32Array | readonly number[],
  shape?: readonly number[],
): Tensor {
  if (!(values instanceof Int32Array)) {
    const odd = values.find((value) => !Number.isSafeInteger(value));
    if (odd !== undefined) {
      throw new TorchError(`expected integers, found ${odd}`, { kind: 'argument' });
    }
  }
  const wide = BigInt64Array.from(values, (value) => BigInt(value));
  return fromArray(wide, shape ?? [values.length], 'i64');
}

/** An f32 tensor of plain numbers. */
export function fromFloats(values: readonly number[], shape?: readonly number[]): Tensor {
  return fromArray(Float32Array.from(values), shape ?? [values.length]);
}

/** A boolean tensor. */
export function fromBools(values: readonly boolean[], shape?: readonly number[]): Tensor {
  return fromArray(Uint8Array.from(values, Number), shape ?? [values.length], 'bool');
}

/** Takes over a handle that another thread posted; the old number is stale from now on. */
export function adopt(handle: number): Tensor {
  return new Tensor(native.adopt(handle));
}
