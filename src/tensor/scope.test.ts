import { beforeEach, expect, test } from 'vitest';
import {
  AsyncScope,
  fromFloats,
  liveTensors,
  memory,
  outside,
  type Tensor,
  TensorScope,
  tidy,
  TorchError,
} from './index.ts';

let before = 0;
beforeEach(() => {
  before = liveTensors();
});
const made = (): number => liveTensors() - before;

test('a scope frees what was created inside, on return and on throw', () => {
  const body = (fail: boolean): void => {
    using _scope = new TensorScope();
    fromFloats([1]).add(1);
    expect(made()).toBe(2);
    if (fail) throw new Error('out');
  };
  body(false);
  expect(made()).toBe(0);
  expect(() => body(true)).toThrow('out');
  expect(made()).toBe(0);
});

test('scopes nest: the inner one frees its own and leaves the outer one alone', () => {
  using _outer = new TensorScope();
  const x = fromFloats([1]);
  {
    using _inner = new TensorScope();
    x.add(1);
  }
  expect(x.disposed).toBe(false);
  expect(made()).toBe(1);
});

test('keep hands a tensor to the enclosing scope, which frees it', () => {
  let kept: Tensor | undefined;
  {
    using _outer = new TensorScope();
    {
      using inner = new TensorScope();
      kept = inner.keep(fromFloats([1]).add(1));
    }
    expect(kept.item()).toBe(2);
    expect(made()).toBe(1);
  }
  expect(kept.disposed).toBe(true);
  expect(made()).toBe(0);
});

test('keep leaves the tensors of other scopes where they are', () => {
  using _outer = new TensorScope();
  const x = fromFloats([1]);
  {
    using inner = new TensorScope();
    inner.keep(x);
  }
  expect(x.disposed).toBe(false);
});

test('what the outermost scope keeps belongs to nobody and is freed by hand', () => {
  const kept = ((): Tensor => {
    using scope = new TensorScope();
    return scope.keep(fromFloats([1]));
  })();
  expect(made()).toBe(1);
  kept.dispose();
  expect(made()).toBe(0);
});

test('tidy moves the tensors of its result, in arrays and plain objects, to the outer scope', () => {
  using _outer = new TensorScope();
  const result = tidy(() => {
    const x = fromFloats([1]);
    x.exp();
    return { x, list: [x.add(1), null, 'text'], deep: { y: x.add(2) } };
  });
  expect(made()).toBe(3);
  expect(result.deep.y.item()).toBe(3);
});

test('tidy frees everything when its body throws or returns a promise', () => {
  expect(() =>
    tidy(() => {
      fromFloats([1]);
      throw new Error('out');
    }),
  ).toThrow('out');
  expect(() => tidy(async () => fromFloats([1]))).toThrow(
    /synchronous function; use an AsyncScope/,
  );
  expect(made()).toBe(0);
});

test('a tensor disposed early is not freed again when its scope ends', () => {
  {
    using _scope = new TensorScope();
    const x = fromFloats([1]);
    x.dispose();
    x.dispose();
    expect(made()).toBe(0);
    fromFloats([2]);
  }
  expect(made()).toBe(0);
});

test('what outside creates belongs to no scope, but a scope opened inside it owns its own', () => {
  const kept = ((): Tensor => {
    using _scope = new TensorScope();
    return outside(() => {
      const x = tidy(() => fromFloats([1]).add(1).mul(2));
      expect(made()).toBe(1);
      return x;
    });
  })();
  expect(made()).toBe(1);
  expect(kept.item()).toBe(4);
  kept.dispose();
});

test('an AsyncScope owns what run creates, across awaits, and nothing else', async () => {
  using scope = new AsyncScope();
  const x = scope.run(() => fromFloats([1]));
  await Promise.resolve();
  const y = scope.run(() => tidy(() => x.add(1).mul(3)));
  expect(made()).toBe(2);
  expect(y.item()).toBe(6);
  scope[Symbol.dispose]();
  expect(made()).toBe(0);
  expect(x.disposed).toBe(true);
});

test('run and outside refuse a function that returns a promise, and give the scope back', () => {
  using scope = new AsyncScope();
  expect(() => scope.run(async () => 1)).toThrow(TorchError);
  expect(() => outside(async () => 1)).toThrow(TorchError);
  using _outer = new TensorScope();
  fromFloats([1]);
  expect(memory().unscoped).toBe(memory().unscoped);
  expect(made()).toBe(1);
});

test('closing a scope before one inside it throws, frees its own and leaves the inner one usable', () => {
  const outer = new TensorScope('outer');
  const x = fromFloats([1]);
  const inner = new TensorScope('inner');
  const y = fromFloats([2]);
  expect(() => outer[Symbol.dispose]()).toThrow(
    "scope 'outer' closed before a scope opened inside it",
  );
  expect(x.disposed).toBe(true);
  expect(y.item()).toBe(2);
  const unscoped = memory().unscoped;
  fromFloats([3]);
  expect(memory().unscoped).toBe(unscoped);
  inner[Symbol.dispose]();
  inner[Symbol.dispose]();
  expect(made()).toBe(0);
  fromFloats([4]).dispose();
  expect(memory().unscoped).toBe(unscoped + 1);
});

test('a tensor made with no scope open counts as unscoped', () => {
  const unscoped = memory().unscoped;
  const x = fromFloats([1]);
  outside(() => fromFloats([1])).dispose();
  expect(memory().unscoped).toBe(unscoped + 1);
  x.dispose();
});

test('a scope that lives long forgets the tensors that were freed before its end', () => {
  using scope = new AsyncScope();
  const kept = scope.run(() => fromFloats([7]));
  for (let count = 0; count < 10_000; count++) scope.run(() => fromFloats([count])).dispose();
  expect(scope.owned.length).toBeLessThan(2100);
  expect(kept.item()).toBe(7);
  expect(scope.owned).toContain(kept);
});
