import { expect, test } from 'vitest';

import { TensorScope } from '#tensor';

import { tinyConfig } from './__fixtures__/tiny.ts';
import { textRotary, visionRotary } from './rotary.ts';

const cosines = (angles: readonly number[]): readonly unknown[] =>
  [...angles, ...angles].map((angle) => expect.closeTo(Math.cos(angle), 6));

test('a patch turns half of its pairs with its row and half with its column, at the stated base', () => {
  using _scope = new TensorScope('test');
  const config = { ...tinyConfig.vision, hiddenSize: 8, heads: 1, ropeTheta: 100 };
  const { cos } = visionRotary(Int32Array.of(3), Int32Array.of(5), config, 'cpu');
  expect([...cos.toArray()]).toEqual(cosines([3, 0.3, 5, 0.5]));
});

test('a token turns its pairs with the axes that the sections assign', () => {
  using _scope = new TensorScope('test');
  const config = { ...tinyConfig.text, headDim: 8, ropeTheta: 16, mropeSection: [1, 2, 1] };
  const axes = [Int32Array.of(2), Int32Array.of(3), Int32Array.of(5)];
  const { cos } = textRotary(axes, config, { dtype: 'f32', device: 'cpu' });
  expect([...cos.toArray()]).toEqual(cosines([2, 3 / 2, 3 / 4, 5 / 8]));
});
