import { tidy } from './scope.ts';
import type { Tensor } from './tensor.generated.ts';

/**
 * Sends x through steps, one after the other, and frees what each has made besides its result as soon as
 * it is done; the result belongs to the open scope. A graph that is recorded holds what it needs.
 */
export function inTurn(x: Tensor, steps: Iterable<(x: Tensor) => Tensor>): Tensor {
  let last = x;
  for (const step of steps) {
    const next = tidy(() => step(last), 'step');
    if (last !== x && last !== next) last.dispose();
    last = next;
  }
  return last;
}
