import { bytesOf, dtypeName, type DType } from './dtype.ts';
import { dimsOf, type Dims } from './dims.ts';
import { native } from './native.ts';
import { type Owned, type Owner, register, release } from './scope.ts';

interface Meta {
  readonly dtype: DType;
  readonly device: string;
  readonly shape: readonly number[];
}

/** Arrays that hold a tensor's elements as they are; bf16 and f16 as their bits. */
export type TensorArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint16Array;

const arrays: Record<DType, new (buffer: ArrayBuffer) => TensorArray> = {
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
  i32: Int32Array,
  i16: Int16Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
  bf16: Uint16Array,
  f16: Uint16Array,
};

/**
 * What every tensor has beside its operators: identity, shape, data out, gradients, an end.
 * `Tensor` (generated) adds the operators.
 */
export abstract class TensorCore implements Disposable, Owned {
  /** Number in the native table; stale after `dispose`. */
  readonly handle: number;
  owner: Owner | null = null;
  #disposed = false;
  #meta: Meta | undefined;

  constructor(handle: number) {
    this.handle = handle;
    register(this);
  }

  get #described(): Meta {
    if (this.#meta === undefined) {
      const [dtype, device, , ...shape] = native.meta(this.handle);
      this.#meta = { dtype: dtypeName(dtype), device, shape };
    }
    return this.#meta;
  }

  get dtype(): DType {
    return this.#described.dtype;
  }

  get device(): string {
    return this.#described.device;
  }

  get shape(): readonly number[] {
    return this.#described.shape;
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** Bytes of all elements, shared storage counted as if it were not. */
  get byteLength(): number {
    return this.size * bytesOf(this.dtype);
  }

  get requiresGrad(): boolean {
    return native.meta(this.handle)[2];
  }

  /**
   * Sizes by letter: `const { B, T } = x.dims('B T D')`. Throws `ShapeError` when the rank differs,
   * or when a letter that occurs twice, or a number in the pattern, meets another size.
   */
  dims<Pattern extends string>(pattern: Pattern): Dims<Pattern> {
    return dimsOf(pattern, this.shape);
  }

  /** The one element of a tensor of size 1. Waits for the device. */
  item(): number {
    return Number(native.item(this.handle));
  }

  /** A copy of the elements in reading order, typed as stored (i64 as bigint, bf16 as bits). */
  toArray(): TensorArray {
    return new arrays[this.dtype](native.toBuffer(this.handle));
  }

  /** True after `dispose` or the end of its scope. */
  get disposed(): boolean {
    return this.#disposed;
  }

  forget(): void {
    this.#disposed = true;
  }

  /** Frees the tensor before its scope ends; a second call does nothing. */
  dispose(): void {
    if (!this.#disposed) release(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** `Tensor f32[2, 3]`, for messages and the console. */
  toString(): string {
    return this.#disposed ? 'Tensor (disposed)' : `Tensor ${this.dtype}[${this.shape.join(', ')}]`;
  }
}
