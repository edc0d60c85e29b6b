import { expect, test } from 'vitest';
import { fromFloats } from './create.ts';
import { inTurn } from './in-turn.ts';
import { liveTensors } from './memory.ts';
import { noGrad } from './modes.ts';
import { TensorScope } from './scope.ts';
import type { Tensor } from './tensor.generated.ts';

test('what a step has made besides its result is freed before the next one begins', () => {
  using _scope = new TensorScope('test');
  const x = fromFloats([1, 2]);
  const start = liveTensors();
  const alive: number[] = [];
  const step = (h: Tensor): Tensor => {
    alive.push(liveTensors() - start);
    return h.mul(3).add(1).sub(1);
  };
  const out = noGrad(() => inTurn(x, [step, step, step, step]));
  expect([...out.toArray()]).toEqual([81, 162]);
  expect(alive).toEqual([0, 1, 1, 1]);
  expect(liveTensors() - start).toBe(1);
  expect([...x.toArray()]).toEqual([1, 2]);
});

test('gradients find their way back, and steps that change nothing give x itself', () => {
  using _scope = new TensorScope('test');
  const x = fromFloats([2]).requiresGrad_(true);
  inTurn(x, [(h) => h.square(), (h) => h, (h) => h.square()]).backward();
  expect(x.grad?.item()).toBe(32);
  expect(inTurn(x, [])).toBe(x);
  expect(inTurn(x, [(h) => h])).toBe(x);
  expect(x.disposed).toBe(false);
});
