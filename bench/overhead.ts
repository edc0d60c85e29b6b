import { fromFloats, noGrad, type Tensor } from '#tensor';
import type { Bench } from './bench.ts';

const calls = 20_000;

/** Adds two one-element tensors again and again, freeing each result as Python does. */
function addAll(a: Tensor, b: Tensor): void {
  for (let call = 0; call < calls; call++) a.add(b).dispose();
}

export const bench: Bench = {
  name: 'overhead',
  summary: 'one-element add: what a call from TypeScript costs beside one from Python',
  async run(context) {
    const python = await context.python('overhead.py', { modules: ['torch'] });
    using a = fromFloats([1]);
    using b = fromFloats([2]);
    using leaf = fromFloats([1]).requiresGrad_(true);
    const cases = [
      { name: 'no_grad', label: 'add, no grad', ours: () => noGrad(() => addAll(a, b)) },
      { name: 'grad', label: 'add, with grad', ours: () => addAll(leaf, b) },
    ];
    for (const { name, label, ours } of cases) {
      const theirs = python?.timer(name, { calls });
      await context.compare({ label, ours, theirs, repeats: calls, rounds: 25, warmup: 5, bar: 1 });
    }
  },
};
