import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  fromArray,
  fromFloats,
  liveTensors,
  noGrad,
  outside,
  type Tensor,
  TensorScope,
} from '#tensor';
import { AdamW, clipGradNorm } from './index.ts';

interface Reference {
  readonly masters: readonly (readonly number[])[];
  readonly parameters: readonly (readonly number[])[];
  readonly means: readonly (readonly number[])[];
  readonly squares: readonly (readonly number[])[];
  readonly norms: readonly number[];
}
const file = new URL('../../test/fixtures/engine/adamw.json', import.meta.url);
const references = JSON.parse(readFileSync(file, 'utf8')) as Record<'f32' | 'bf16', Reference>;

/** The bits of test/engine/formula.ts, which made the reference. */
function uniform(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    let bits = (Math.imul(index, 2654435761) + Math.imul(seed, 40503)) >>> 0;
    bits = Math.imul(bits ^ (bits >>> 16), 2246822519) >>> 0;
    bits = Math.imul(bits ^ (bits >>> 13), 3266489917) >>> 0;
    return -1 + (2 * ((bits ^ (bits >>> 16)) >>> 0)) / 4294967296;
  });
}

const shapes = [[4, 3], [5]];
const count = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);
const settings = { learningRate: 1e-2, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 };
const values = (tensor: Tensor): readonly number[] => [
  ...(tensor.detach().to('f64').toArray() as Float64Array),
];

function parameters(dtype: 'f32' | 'bf16'): ReadonlyMap<string, Tensor> {
  return outside(
    () =>
      new Map(
        shapes.map((shape, index) => {
          const wide = fromArray(uniform(count(shape), 40 + index), shape);
          const made = wide.to(dtype);
          if (made !== wide) wide.dispose();
          return [`p${index}`, made.requiresGrad_(true)];
        }),
      ),
  );
}

function disposeAll(tensors: ReadonlyMap<string, Tensor>): void {
  for (const tensor of tensors.values()) tensor.dispose();
}

test.for(['f32', 'bf16'] as const)('twenty clipped steps on %s equal those of PyTorch', (dtype) => {
  const before = liveTensors();
  const reference = references[dtype];
  const tensors = parameters(dtype);
  const optimizer = new AdamW(tensors);
  const norms: number[] = [];
  for (let step = 0; step < 20; step++) {
    using _scope = new TensorScope();
    for (const [index, tensor] of [...tensors.values()].entries()) {
      tensor.grad = fromArray(uniform(tensor.size, 100 + 10 * step + index), tensor.shape).to(
        dtype,
      );
    }
    optimizer.accumulate();
    norms.push(clipGradNorm(optimizer.gradients(), 1).item());
    optimizer.step({ ...settings, learningRate: 1e-2 * (1 - Math.abs(step - 10) / 12) });
  }
  {
    using _scope = new TensorScope();
    const close = (found: readonly number[], wanted: readonly number[]) =>
      expect(found).toEqual(wanted.map((value) => expect.closeTo(value, 6)));
    close(norms, reference.norms);
    for (const [index, name] of [...tensors.keys()].entries()) {
      close(values(optimizer.masters().get(name)!), reference.masters[index]!);
      close(values(optimizer.state().get(`${name}.mean`)!), reference.means[index]!);
      close(values(optimizer.state().get(`${name}.square`)!), reference.squares[index]!);
      expect(optimizer.state().get(`${name}.steps`)!.item()).toBe(20);
      expect(values(tensors.get(name)!)).toEqual(values(optimizer.masters().get(name)!.to(dtype)));
    }
  }
  optimizer[Symbol.dispose]();
  disposeAll(tensors);
  expect(liveTensors()).toBe(before);
});

test('gradients of several microbatches add up in f32, and the parameters keep none', () => {
  using _scope = new TensorScope();
  const w = fromFloats([1, 2]).to('bf16').requiresGrad_(true);
  using optimizer = new AdamW(new Map([['w', w]]));
  for (const scale of [256, 1]) {
    w.mul(scale).sum().backward();
    optimizer.accumulate();
    expect(w.grad).toBe(null);
  }
  const [sum] = optimizer.gradients();
  expect(sum!.dtype).toBe('f32');
  expect(values(sum!)).toEqual([257, 257]); // bf16 would say 256
});

test('updates too small for bf16 gather in the f32 masters', () => {
  using _scope = new TensorScope();
  const w = fromFloats([1]).to('bf16').requiresGrad_(true);
  using optimizer = new AdamW(new Map([['w', w]]));
  for (let step = 0; step < 100; step++) {
    w.grad = fromFloats([1]).to('bf16');
    optimizer.accumulate();
    optimizer.step({ ...settings, learningRate: 1e-4, weightDecay: 0 });
  }
  expect(optimizer.masters().get('w')!.item()).toBeCloseTo(0.99, 4);
  expect(w.item()).toBeCloseTo(0.99, 2);
  expect(w.item()).toBeLessThan(1);
});

test('a parameter without a gradient is left alone, and a step without any does nothing', () => {
  using _scope = new TensorScope();
  const [a, b] = [fromFloats([1]).requiresGrad_(true), fromFloats([1]).requiresGrad_(true)];
  using optimizer = new AdamW(
    new Map([
      ['a', a],
      ['b', b],
    ]),
  );
  optimizer.step(settings);
  a.square().sum().backward();
  optimizer.accumulate();
  optimizer.step(settings);
  expect(a.item()).toBeLessThan(1);
  expect(b.item()).toBe(1);
  expect(optimizer.gradients()).toEqual([]);
});

test('an optimizer restored from masters and state continues as if never stopped', () => {
  using _scope = new TensorScope();
  const run = (
    from: { tensors: ReadonlyMap<string, Tensor>; optimizer: AdamW },
    steps: readonly number[],
  ) => {
    for (const step of steps) {
      for (const tensor of from.tensors.values()) {
        tensor.grad = fromArray(uniform(tensor.size, step), tensor.shape).to(tensor.dtype);
      }
      from.optimizer.accumulate();
      from.optimizer.step(settings);
    }
  };
  const whole = ((tensors) => ({ tensors, optimizer: new AdamW(tensors) }))(parameters('bf16'));
  run(whole, [1, 2]);
  const resumed = ((tensors) => ({ tensors, optimizer: new AdamW(tensors) }))(parameters('bf16'));
  const [state, masters] = [whole.optimizer.state(), whole.optimizer.masters()];
  resumed.optimizer.restore(
    (name) => state.get(name)!,
    (name) => masters.get(name)!,
  );
  for (const one of [whole, resumed]) run(one, [3, 4]);
  const bits = ({ optimizer }: typeof whole) =>
    [...optimizer.masters().values()].map((tensor) => tensor.toArray());
  expect(bits(resumed)).toEqual(bits(whole));
  for (const { optimizer, tensors } of [whole, resumed]) {
    optimizer[Symbol.dispose]();
    disposeAll(tensors);
  }
});

test('clipping scales down to the norm, never up, and gives back the norm before', () => {
  using _scope = new TensorScope();
  const grads = [fromFloats([3]), fromFloats([0, 4])];
  expect(clipGradNorm(grads, 10).item()).toBeCloseTo(5, 6);
  expect(grads.map((grad) => values(grad))).toEqual([[3], [0, 4]]);
  expect(clipGradNorm(grads, 1).item()).toBeCloseTo(5, 6);
  expect(noGrad(() => values(grads[1]!))[1]).toBeCloseTo(0.8, 5);
});
