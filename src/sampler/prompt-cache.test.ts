import { expect, test } from 'vitest';
import { ops, type Tensor, TensorScope } from '#tensor';
import { KeyedCache } from './prompt-cache.ts';

test('an entry in use is dropped by nobody', () => {
  using _scope = new TensorScope('test');
  const cache = new KeyedCache<{ key: string; tensor: Tensor }>(({ tensor }) => [tensor]);
  cache.add({ key: 'a', tensor: ops.zeros([4], { dtype: 'f32' }) });
  cache.retain('a');
  cache.drop('a');
  cache.shrinkTo(0);
  expect(cache.bytes).toBe(16);
  cache.release('a');
  cache.drop('a');
  expect(cache.bytes).toBe(0);
  cache.drop('a');
});
