// Prints a hash of the gradients of causal attention over 300 places, whose backward pass multiplies
// inside threads. With `set` the number of threads is set first, to what it is anyway.
import { createHash } from 'node:crypto';
import { engineConfig, fromArray, ops, setThreads } from '../index.ts';

if (process.argv[2] === 'set') setThreads(engineConfig().threads);
const places = 300;
const [q, k, v] = [4, 2, 2].map((heads, at) => {
  const values = Float32Array.from({ length: places * heads * 32 }, (_, i) => Math.sin(i * 0.37 + at));
  return fromArray(values, [1, heads, places, 32]).requiresGrad_(true);
});
if (q === undefined || k === undefined || v === undefined) throw new Error('internal');
ops.scaledDotProductAttention(q, k, v, null, 0, true, { enableGqa: true }).square().sum().backward();
const hash = createHash('sha256');
for (const { grad } of [q, k, v]) {
  if (grad === null) throw new Error('internal: no gradient');
  hash.update(grad.toArray());
}
console.log(hash.digest('hex'));
