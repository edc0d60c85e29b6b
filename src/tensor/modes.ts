import { TorchError } from './errors.ts';
import { native } from './native.ts';
import type { Tensor } from './tensor.generated.ts';

function synchronous<T>(result: T, name: string): T {
  if (result instanceof Promise) {
    throw new TorchError(`${name} needs a synchronous function, got one that returns a promise`);
  }
  return result;
}

function withGradMode<T>(on: boolean, body: () => T, name: string): T {
  const before = native.gradMode(on);
  try {
    return synchronous(body(), name);
  } finally {
    native.gradMode(before);
  }
}

/** Runs `body` without recording for backward. Per thread; restored on a throw. */
export function noGrad<T>(body: () => T): T {
  return withGradMode(false, body, 'noGrad');
}

/** Runs `body` with recording on, also inside `noGrad`. */
export function enableGrad<T>(body: () => T): T {
  return withGradMode(true, body, 'enableGrad');
}

/**
 * Runs `body` in inference mode, a little faster than `noGrad`. A tensor made inside can never be
 * saved for a later backward: results leave as typed arrays, or through `clone()` made outside.
 */
export function inferenceMode<T>(body: () => T): T {
  native.inferenceEnter();
  try {
    return synchronous(body(), 'inferenceMode');
  } finally {
    native.inferenceLeave();
  }
}

/** Adds the gradients of several outputs (scalars unless `grads` are given) to their leaves. */
export function backward(
  outputs: readonly Tensor[],
  options: { grads?: readonly (Tensor | null)[]; retainGraph?: boolean } = {},
): void {
  const grads = options.grads?.map((grad) => grad?.handle ?? null) ?? null;
  const handles = outputs.map((output) => output.handle);
  native.backward(handles, grads, null, options.retainGraph ?? false, false);
}
