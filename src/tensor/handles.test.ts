import { expect, test } from 'vitest';
import {
  fromFloats,
  fromInts,
  liveTensors,
  ops,
  Tensor,
  TensorScope,
  TorchError,
} from './index.ts';
import { native } from './native.ts';

/** A tensor object around any number, without a scope and without registering it. */
function forged(handle: number): Tensor {
  return Object.create(Tensor.prototype, { handle: { value: handle } }) as Tensor;
}

function errorOf(body: () => unknown): TorchError {
  try {
    body();
  } catch (error) {
    if (error instanceof TorchError) return error;
    throw error;
  }
  throw new Error('expected a TorchError, found none');
}

test('a disposed tensor is refused by every kind of access', () => {
  using _scope = new TensorScope();
  const other = fromFloats([1]);
  const gone = fromFloats([1]);
  gone.dispose();
  const uses = [
    () => gone.add(1),
    () => other.add(gone),
    () => ops.cat([other, gone]),
    () => other.index([gone]),
    () => gone.item(),
    () => gone.toArray(),
    () => gone.backward(),
    () => gone.grad,
    () => {
      other.grad = gone;
    },
  ];
  for (const use of uses) {
    const error = errorOf(use);
    expect(error.kind).toBe('disposed');
    expect(error.message).toMatch(/use of a disposed tensor/);
  }
  expect(other.add(1).item()).toBe(2);
});

test('a message about a disposed tensor names the operator and the argument', () => {
  using _scope = new TensorScope();
  const gone = fromFloats([1]);
  gone.dispose();
  const error = errorOf(() => gone.add(1));
  expect(error.message).toMatch(/^argument 'self' \(Tensor\): use of a disposed tensor/);
  expect(error.op).toBe('aten::add');
  expect(error.schema).toMatch(/^aten::add\.Scalar\(/);
});

test.for([-1, -0.5, 0, 0.5, 1.5, 2 ** 26 + 0.5, 2 ** 52, 2 ** 60, 1e300, Number.NaN, Infinity])(
  '%f is no handle',
  (handle) => {
    expect(errorOf(() => forged(handle).exp()).kind).toBe('disposed');
    expect(errorOf(() => native.free(handle)).kind).toBe('disposed');
  },
);

test('freeing a handle twice is refused, and leaves a tensor in the recycled slot alone', () => {
  using _scope = new TensorScope();
  const first = fromFloats([1]);
  const { handle } = first;
  first.dispose();
  const second = fromFloats([2]);
  expect(second.handle % 2 ** 26, 'the slot is used again').toBe(handle % 2 ** 26);
  expect(second.handle).not.toBe(handle);
  expect(errorOf(() => native.free(handle)).message).toMatch(/disposed/);
  expect(errorOf(() => forged(handle).item()).message).toMatch(/disposed/);
  expect(second.item()).toBe(2);
});

test('a list with a bad handle is freed to its end, then the bad one is told', () => {
  const before = liveTensors();
  using _scope = new TensorScope();
  const [a, b] = [fromFloats([1]), fromFloats([2])];
  for (const tensor of [a, b]) tensor.forget();
  expect(errorOf(() => native.free([a.handle, 12345, b.handle])).kind).toBe('disposed');
  expect(liveTensors()).toBe(before);
});

test('a handle given twice in one list is refused the second time', () => {
  using _scope = new TensorScope();
  const x = fromFloats([1]);
  x.forget();
  expect(errorOf(() => native.free([x.handle, x.handle])).kind).toBe('disposed');
});

test('two handles of one tensor live and die apart', () => {
  using _scope = new TensorScope();
  const x = fromFloats([1, 2]);
  const view = x.view([2, 1]);
  x.dispose();
  expect([...view.toArray()]).toEqual([1, 2]);
});

test('a call made from the getter of an argument of another call disturbs neither', () => {
  using _scope = new TensorScope();
  const x = fromFloats([1, 2, 3, 4]);
  const shape = [0, 2];
  Object.defineProperty(shape, 0, {
    get: () => x.exp().sum().argmax().item() + 2,
  });
  expect(x.view(shape).shape).toEqual([2, 2]);
});

test('what a getter throws comes out as it is, and the bridge stays usable', () => {
  using _scope = new TensorScope();
  const x = fromFloats([1, 2]);
  const shape = [0];
  Object.defineProperty(shape, 0, {
    get: () => {
      throw new RangeError('from the getter');
    },
  });
  expect(() => x.view(shape)).toThrow(RangeError);
  expect(x.add(1).toArray()).toEqual(Float32Array.of(2, 3));
});

test('an array that shrinks while its shape is read is not read past its end', () => {
  using _scope = new TensorScope();
  const buffer = new ArrayBuffer(16);
  const data = new Float32Array(buffer);
  const shape = [4];
  Object.defineProperty(shape, 0, {
    get: () => {
      if (buffer.byteLength > 0) structuredClone(buffer, { transfer: [buffer] });
      return 4;
    },
  });
  expect(errorOf(() => native.fromTyped(data, shape, 6)).message).toMatch(
    /expected 16 bytes, got 0/,
  );
});

test('meta describes type, device and shape once and for all', () => {
  using _scope = new TensorScope();
  const x = fromInts([1, 2, 3, 4], [2, 2]);
  expect(x).toMatchObject({ dtype: 'i64', device: 'cpu', shape: [2, 2], size: 4, byteLength: 32 });
  expect(String(x)).toBe('Tensor i64[2, 2]');
  x.dispose();
  expect(String(x)).toBe('Tensor (disposed)');
});
