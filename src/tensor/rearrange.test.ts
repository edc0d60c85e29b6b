import { expect, test } from 'vitest';
import { einsum, liveTensors, ops, ShapeError, type Tensor, TensorScope } from './index.ts';

const counted = (...shape: number[]): Tensor =>
  ops.arange(shape.reduce((product, size) => product * size, 1)).view(shape);
const same = (a: Tensor, b: Tensor): boolean => ops.equal(a, b);

test('rearrange reorders, splits and joins axes', () => {
  using _scope = new TensorScope();
  const x = counted(2, 3, 8);
  expect(x.rearrange('B T (H D) -> B H T D', { H: 4 }).shape).toEqual([2, 4, 3, 2]);
  expect(
    same(x.rearrange('B T (H D) -> B H T D', { H: 4 }), x.view([2, 3, 4, 2]).permute([0, 2, 1, 3])),
  ).toBe(true);
  expect(same(x.rearrange('b t c -> c (b t)'), x.permute([2, 0, 1]).reshape([8, 6]))).toBe(true);
  expect(x.rearrange('b t c -> b 1 t c 1').shape).toEqual([2, 1, 3, 8, 1]);
  const back = x.rearrange('b t (h d) -> b h t d', { d: 2 }).rearrange('b h t d -> b t (h d)');
  expect(same(back, x)).toBe(true);
});

test('steps that change nothing make no tensor', () => {
  using _scope = new TensorScope();
  const x = counted(2, 3);
  const before = liveTensors();
  expect(x.rearrange('a b -> a b')).toBe(x);
  expect(liveTensors()).toBe(before);
  x.rearrange('a b -> b a');
  expect(liveTensors()).toBe(before + 1);
});

test.for([
  ['a b c -> a b c', {}, /expected rank 3, found 2/],
  ['a (b c) -> a b c', {}, /give a size for one of 'b', 'c'/],
  ['a (b c) -> a b c', { b: 4 }, /axis 1 of size 6 is not \(b c\) with 4/],
  ['a b -> a', {}, /axis 'b' must stand once on each side/],
  ['a b -> a b', { z: 2 }, /there is no axis 'z'/],
  ['a b', {}, /expected 'axes -> axes'/],
  ['(a b -> a b', {}, /bracket is not closed/],
  ['a b) -> a b', {}, /brackets do not match/],
  ['a b -> a b -> b a', {}, /expected 'axes -> axes'/],
  ['a (b c) -> a b c', { b: 0 }, /axis 1 of size 6 is not/],
] as const)("the mistake in '%s' is named with the pattern", ([pattern, sizes, message]) => {
  using _scope = new TensorScope();
  const x = counted(2, 6);
  expect(() => x.rearrange(pattern, sizes as Record<string, number>)).toThrow(message);
  expect(() => x.rearrange(pattern, sizes as Record<string, number>)).toThrow(ShapeError);
  expect(() => x.rearrange(pattern, sizes as Record<string, number>)).toThrow(pattern);
});

test('dims names sizes by letter and checks numbers and repeated letters', () => {
  using _scope = new TensorScope();
  const x = counted(2, 3, 3);
  const { B, T } = x.dims('B T T');
  expect([B, T]).toEqual([2, 3]);
  expect(x.dims('_ 3 D')).toEqual({ D: 3 });
  expect(() => x.dims('B T')).toThrow("dims 'B T': expected rank 2, found shape [2, 3, 3]");
  expect(() => x.dims('B B T')).toThrow(
    "dims 'B B T': expected B = 2 on axis 1, found shape [2, 3, 3]",
  );
  expect(() => x.dims('B 4 T')).toThrow(ShapeError);
});

test('einsum contracts over the letters that the result lacks', () => {
  using _scope = new TensorScope();
  const [a, b] = [counted(2, 3), counted(4, 3)];
  expect(same(einsum('ik,jk->ij', [a, b]), a.matmul(b.t()))).toBe(true);
  expect(() => einsum('ik,kj->ij', [a, b])).toThrow(/einsum|subscript/);
});
