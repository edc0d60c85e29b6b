import { expect, test } from 'vitest';
import {
  einsum,
  fromArray,
  fromBools,
  fromFloats,
  fromInts,
  ops,
  type Tensor,
  TensorScope,
  TorchError,
} from './index.ts';
import { native } from './native.ts';

function inScope(body: () => void): void {
  using _scope = new TensorScope();
  body();
}

/** Calls an operator past its wrapper: the bridge itself is meant. */
function raw(name: string, overload: string, ...args: readonly unknown[]): unknown {
  return native.call(native.resolve(`aten::${name}`, overload), ...args);
}

function complaint(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof TorchError) return error.message;
    throw error;
  }
  throw new Error('expected a TorchError, found none');
}

const x = (): Tensor => fromFloats([1, 2, 3, 4], [2, 2]);

test('Tensor: a handle; anything else says what it is', () =>
  inScope(() => {
    for (const [value, found] of [
      ['text', 'a string'],
      [true, 'a boolean'],
      [{}, 'an object'],
      [[1], 'an array'],
      [5n, 'a bigint'],
    ] as const) {
      const message = complaint(() => raw('neg', '', value));
      expect(message).toContain(`argument 'self' (Tensor): expected a tensor, got ${found}`);
    }
  }));

test('Tensor?: null is none, undefined takes the default', () =>
  inScope(() => {
    const weight = ops.ones([3, 2]);
    expect(ops.linear(x(), weight, null).shape).toEqual([2, 3]);
    expect(ops.linear(x(), weight).shape).toEqual([2, 3]);
    expect(complaint(() => raw('neg', '', null))).toMatch(
      /argument 'self' \(Tensor\): expected a tensor, got/,
    );
  }));

test('int: integral numbers and bigints; fractions, texts and too large ones are refused by name', () =>
  inScope(() => {
    const { handle } = x();
    expect(fromHandle(raw('select', 'int', handle, 0, 1))).toEqual([3, 4]);
    expect(fromHandle(raw('select', 'int', handle, 0n, 1n))).toEqual([3, 4]);
    expect(complaint(() => raw('softmax', 'int', handle, 1.5))).toMatch(
      /^argument 'dim' \(int\): expected an integer, got 1\.5\n  in aten::softmax\.int\(Tensor self, int dim/,
    );
    expect(complaint(() => raw('softmax', 'int', handle, '1'))).toMatch(
      /expected an integer, got a string/,
    );
    expect(complaint(() => raw('softmax', 'int', handle, 2n ** 64n))).toMatch(
      /expected an integer, got a bigint/,
    );
    expect(complaint(() => raw('softmax', 'int', handle, Number.NaN))).toMatch(
      /expected an integer, got nan/,
    );
    expect(complaint(() => raw('softmax', 'int', handle, null))).toMatch(
      /expected an integer, got null/,
    );
  }));

function fromHandle(handle: unknown): readonly number[] {
  const values = new Float32Array(native.toBuffer(handle as number));
  native.free(handle as number);
  return [...values];
}

test('float: any number and nothing else', () =>
  inScope(() => {
    expect(ops.rmsNorm(x(), [2], null, 1).dtype).toBe('f32');
    expect(complaint(() => raw('dropout', '', x().handle, true, false))).toMatch(
      /argument 'p' \(float\): expected a number, got a boolean/,
    );
  }));

test('bool: booleans only', () =>
  inScope(() => {
    expect(complaint(() => raw('dropout', '', x().handle, 0.5, 1))).toMatch(
      /argument 'train' \(bool\): expected a boolean, got 1/,
    );
  }));

test('Scalar: integral numbers stay integers, others become doubles, bigints and booleans keep their kind', () =>
  inScope(() => {
    const ints = fromInts([1, 2]);
    expect(ints.add(1).dtype).toBe('i64');
    expect(ints.add(1.5).dtype).toBe('f32');
    expect(ints.add(2 ** 60).dtype).toBe('f32');
    const made = (value: unknown): number =>
      native.meta(raw('scalar_tensor', '', value) as number)[0];
    expect(made(1.5)).toBe(6);
    const big = raw('add', 'Scalar', ints.handle, 2n ** 60n) as number;
    expect(new BigInt64Array(native.toBuffer(big))).toEqual(
      BigInt64Array.of(2n ** 60n + 1n, 2n ** 60n + 2n),
    );
    const flagged = raw('add', 'Scalar', fromBools([false]).handle, true) as number;
    expect(native.meta(flagged)[0]).toBe(11);
    native.free([big, flagged]);
    expect(complaint(() => raw('add', 'Scalar', ints.handle, 'one'))).toMatch(
      /argument 'other' \(Scalar\): expected a number, got a string/,
    );
  }));

test('str: texts, also with characters beyond ASCII', () =>
  inScope(() => {
    expect(einsum('ij->ji', [x()]).toArray()).toEqual(Float32Array.of(1, 3, 2, 4));
    expect(complaint(() => raw('einsum', '', 5, [x().handle]))).toMatch(/expected a string, got 5/);
    expect(complaint(() => ops.gelu(x(), { approximate: 'ünbekannt' }))).toMatch(
      /approximate|gelu/,
    );
  }));

test('Device: texts that libtorch knows', () =>
  inScope(() => {
    expect(ops.zeros([1], { device: 'cpu' }).device).toBe('cpu');
    expect(complaint(() => ops.zeros([1], { device: 'nonsense' }))).toMatch(
      /argument 'device' \(Device\?\): .*nonsense/,
    );
  }));

test('ScalarType: numbers that libtorch knows; wrappers take names', () =>
  inScope(() => {
    expect(x().softmax(-1, 'f64').dtype).toBe('f64');
    expect(x().to('bf16').dtype).toBe('bf16');
    for (const code of [99, -1, 1.5]) {
      expect(complaint(() => raw('view', 'dtype', x().handle, code))).toMatch(
        /argument 'dtype' \(ScalarType\)/,
      );
    }
  }));

test('int[]: arrays, a lone number for sized lists, empty lists, no holes', () =>
  inScope(() => {
    expect(x().sum([]).item()).toBe(10);
    expect(x().sum([0, 1]).item()).toBe(10);
    expect(ops.avgPool2d(ops.ones([1, 1, 4, 4]), 2).shape).toEqual([1, 1, 2, 2]);
    expect(ops.avgPool2d(ops.ones([1, 1, 4, 4]), [2, 1]).shape).toEqual([1, 1, 2, 4]);
    expect(complaint(() => raw('permute', '', x().handle, 1))).toMatch(
      /argument 'dims' \(int\[\]\): expected an array, got 1/,
    );
    expect(complaint(() => raw('permute', '', x().handle, [0, 'b']))).toMatch(
      /expected an integer, got a string/,
    );
    // oxlint-disable-next-line no-sparse-arrays
    expect(complaint(() => raw('permute', '', x().handle, [0, ,]))).toMatch(
      /expected an integer, got undefined/,
    );
  }));

test('float[] and bool[] and Scalar[] come through', () =>
  inScope(() => {
    const pooled = raw(
      'upsample_nearest1d',
      'vec',
      ops.ones([1, 1, 2]).handle,
      null,
      [2.5],
    ) as number;
    expect(native.meta(pooled).slice(3)).toEqual([1, 1, 5]);
    const list = [fromFloats([1]), fromFloats([2])];
    raw(
      '_foreach_mul_',
      'ScalarList',
      list.map(({ handle }) => handle),
      [2, 0.5],
    );
    expect(list.map((tensor) => tensor.item())).toEqual([2, 1]);
    const grads = raw(
      'convolution_backward',
      '',
      ops.ones([1, 1, 3]).handle,
      ops.ones([1, 1, 3]).handle,
      ops.ones([1, 1, 1]).handle,
      [1],
      [1],
      [0],
      [1],
      false,
      [0],
      1,
      [true, false, true],
    ) as (number | null)[];
    expect(grads.map((grad) => grad === null)).toEqual([false, true, false]);
    native.free([pooled, ...grads.filter((grad) => grad !== null)]);
  }));

test('Tensor[] takes handles, Tensor?[] also null', () =>
  inScope(() => {
    expect(ops.cat([x(), x()]).shape).toEqual([4, 2]);
    expect(
      x()
        .index([null, fromInts([1])])
        .toArray(),
    ).toEqual(Float32Array.of(2, 4));
    expect(complaint(() => raw('cat', '', [x().handle, null]))).toMatch(
      /argument 'tensors' \(Tensor\[\]\): expected a tensor, got/,
    );
    expect(complaint(() => ops.cat([]))).toMatch(/non-empty/);
  }));

test('Generator?: null or nothing', () =>
  inScope(() => {
    const drawn = raw('bernoulli', '', ops.ones([2]).handle, null) as number;
    native.free(drawn);
    expect(complaint(() => raw('bernoulli', '', ops.ones([2]).handle, 5))).toMatch(
      /only null is accepted/,
    );
  }));

test('a missing argument is named, with the signature; one too many is counted', () =>
  inScope(() => {
    expect(complaint(() => raw('add', 'Tensor', x().handle))).toMatch(
      /^missing argument 'other'\n  in aten::add\.Tensor\(Tensor self, Tensor other, \*, Scalar alpha=1\) -> Tensor/,
    );
    expect(complaint(() => raw('neg', '', x().handle, 1))).toMatch(
      /expected at most 1 arguments, got 2/,
    );
  }));

test('results: several tensors as an array, numbers and booleans as they are, lists as arrays', () =>
  inScope(() => {
    const [values, indices] = x().sort(-1, true);
    expect([values.dtype, indices.dtype]).toEqual(['f32', 'i64']);
    expect(ops.equal(x(), x())).toBe(true);
    expect(raw('size', 'int', x().handle, 0)).toBe(2);
    expect(x().split(1)).toHaveLength(2);
    expect(ops.foreachZero_([x()])).toBe(undefined);
  }));

test('an integer beyond 2^53 is refused rather than rounded, the most negative one too', () =>
  inScope(() => {
    for (const big of [2n ** 53n + 1n, -(2n ** 63n)]) {
      const tensor = fromArray(BigInt64Array.of(big));
      expect(complaint(() => tensor.item())).toMatch(/does not fit a JavaScript number/);
    }
    expect(fromArray(BigInt64Array.of(-(2n ** 53n))).item()).toBe(-(2 ** 53));
  }));

test('typed arrays of every element type come back as they went in', () =>
  inScope(() => {
    const arrays = [
      Float32Array.of(1.5, -2),
      Float64Array.of(0.1, 2),
      BigInt64Array.of(-(2n ** 63n), 5n),
      Int32Array.of(-5, 7),
      Int16Array.of(-5, 7),
      Int8Array.of(-5, 7),
      Uint8Array.of(0, 255),
      Uint16Array.of(0x3f80, 0xc000),
    ];
    for (const array of arrays) expect(fromArray(array).toArray()).toEqual(array);
    expect(fromArray(Uint16Array.of(0x3f80, 0xc000)).to('f32').toArray()).toEqual(
      Float32Array.of(1, -2),
    );
    expect(fromBools([true, false]).dtype).toBe('bool');
    expect(fromArray(Uint16Array.of(0x3c00), [1], 'f16').item()).toBe(1);
  }));

test('an array whose size is not that of its shape is refused with both', () =>
  inScope(() => {
    expect(complaint(() => fromFloats([1, 2, 3], [2, 2]))).toMatch(/expected 16 bytes, got 12/);
    expect(complaint(() => fromInts([1.5]))).toMatch(/expected integers, found 1\.5/);
    expect(complaint(() => fromArray([1] as never, [1], 'f32'))).toMatch(
      /expected a typed array, got an array/,
    );
    expect(complaint(() => fromFloats([1], [-1]))).toMatch(/negative|dimension/);
  }));

test('an empty tensor and one without dimensions cross both ways', () =>
  inScope(() => {
    expect(fromFloats([], [0, 3]).shape).toEqual([0, 3]);
    expect(fromFloats([], [0, 3]).toArray()).toEqual(new Float32Array(0));
    expect(fromFloats([5], []).shape).toEqual([]);
    expect(fromFloats([5], []).item()).toBe(5);
  }));

test('item needs exactly one element', () =>
  inScope(() => {
    expect(complaint(() => x().item())).toMatch(/expected one element, got shape \[2, 2\]/);
    expect(fromBools([true]).item()).toBe(1);
  }));

test('an argument that cannot be made a text is described without running it', () =>
  inScope(() => {
    for (const odd of [
      Object.create(null),
      { toString: 5 },
      Symbol('s'),
      () => 1,
      new Proxy({}, {}),
    ]) {
      expect(complaint(() => raw('add', 'Scalar', x().handle, odd))).toMatch(
        /expected a number, got/,
      );
    }
    const circle: unknown[] = [];
    circle.push(circle);
    expect(complaint(() => raw('permute', '', x().handle, circle))).toMatch(
      /expected an integer, got an array/,
    );
  }));
