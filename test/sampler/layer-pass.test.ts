import { expect, test } from 'vitest';
import { type AttentionLayout, textRotary } from '#model';
import { liveTensors, noGrad, ops, TensorScope } from '#tensor';
import { tinyConfig, tinyModel } from '../../src/model/__fixtures__/tiny.ts';
import { forwardPacked } from '../../src/sampler/layer-pass.ts';
import { publishModel } from '../../src/sampler/published.ts';

test('a prefill holds the temporaries of one layer at a time', () => {
  using _scope = new TensorScope('test');
  const { text } = tinyConfig;
  using model = tinyModel();
  const published = publishModel(model, { version: 1, dtype: 'f32', take: false });
  const T = 6;
  const axis = Int32Array.from({ length: T }, (_, position) => position);
  const rotary = textRotary([axis, axis, axis], text, published);
  const tile = { count: 1, queries: T, keys: T, start: 0, mask: null };
  const layout: AttentionLayout = {
    tiles: [{ ...tile, queryRows: null, keyRows: null }],
    back: null,
  };
  const x = ops.ones([T, text.hiddenSize]);
  const before = liveTensors();
  const { hidden, written } = noGrad(() => forwardPacked(x, published, { rotary, layout }));
  expect(liveTensors() - before).toBe(2);
  expect(hidden.shape).toEqual([T, text.hiddenSize]);
  expect(written.shape).toEqual([text.layers, 2, T, text.kvHeads, text.headDim]);
  published.dispose();
});
