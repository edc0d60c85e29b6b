import { expect, test } from 'vitest';
import { fromFloats, fromInts, liveTensors, ops, type Tensor, TensorScope } from '#tensor';
import { Embedding, LayerNorm, Linear, Parameters, RMSNorm } from './index.ts';

/** Parameters counted up from 1, so that every layer's arithmetic can be followed by hand. */
function counting(): Parameters {
  return new Parameters((_, shape) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return ops.arange(count).add(1).view(shape);
  });
}

/** What `toEqual` takes for values that are close to these. */
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4));
const numbers = (tensor: Tensor) => [...tensor.to('f32').toArray()];

test('a linear layer multiplies by its weight and adds its bias', () => {
  using _scope = new TensorScope();
  const parameters = counting();
  const layer = new Linear(parameters.at('proj'), 2, 3, { bias: true });
  expect(numbers(layer.forward(fromFloats([1, 1], [1, 2])))).toEqual(
    close([1 + 2 + 1, 3 + 4 + 2, 5 + 6 + 3]),
  );
  expect([...parameters.tensors.keys()]).toEqual(['proj.weight', 'proj.bias']);
  parameters.dispose();
});

test('an embedding gives the row of each id', () => {
  using _scope = new TensorScope();
  const parameters = counting();
  const layer = new Embedding(parameters, 3, 2);
  expect(numbers(layer.forward(fromInts([2, 0])))).toEqual(close([5, 6, 1, 2]));
  parameters.dispose();
});

test('RMSNorm divides by the root of the mean square, in f32 and in bf16 alike', () => {
  using _scope = new TensorScope();
  const parameters = counting();
  const layer = new RMSNorm(parameters, 2, 0);
  const root = Math.sqrt((9 + 16) / 2);
  expect(numbers(layer.forward(fromFloats([3, 4])))).toEqual(close([3 / root, (2 * 4) / root]));
  const narrow = layer.forward(fromFloats([3, 4]).to('bf16'));
  expect(narrow.to('f32').toArray()[0]).toBeCloseTo(3 / root, 2);
  parameters.dispose();
});

test('LayerNorm subtracts the mean and divides by the deviation', () => {
  using _scope = new TensorScope();
  const parameters = counting();
  const layer = new LayerNorm(parameters, 2, 0);
  expect(numbers(layer.forward(fromFloats([3, 5])))).toEqual(close([-1 + 1, 2 + 2]));
  parameters.dispose();
});

test('parameters are named like a checkpoint, belong to no scope, and all problems are told at once', () => {
  const before = liveTensors();
  const parameters = new Parameters((name, shape) =>
    name.includes('missing') ? undefined : ops.zeros(name.includes('wrong') ? [7] : shape),
  );
  {
    using _scope = new TensorScope();
    const places = [
      parameters.at('layers').at(3).at('good'),
      parameters.at('wrong'),
      parameters.at('missing'),
    ];
    const layers = places.map((place) => new Linear(place, 2, 2));
    expect(layers[0]!.weight.shape).toEqual([2, 2]);
  }
  expect([...parameters.tensors]).toEqual([
    ['layers.3.good.weight', expect.objectContaining({ disposed: false })],
  ]);
  expect(parameters.problems).toEqual([
    'wrong.weight: expected [2, 2], found [7]',
    'missing.weight: expected [2, 2], found nothing',
  ]);
  parameters.dispose();
  expect(liveTensors()).toBe(before);
});
