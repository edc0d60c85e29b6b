import { native } from './native.ts';
import { Tensor } from './tensor.generated.ts';

/**
 * Gradients of `outputs` by `inputs`, without touching `.grad`; null where an output does not depend
 * on an input. For tests and penalties.
 */
export function gradients(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  options: {
    grads?: readonly (Tensor | null)[];
    retainGraph?: boolean;
    createGraph?: boolean;
  } = {},
): readonly (Tensor | null)[] {
  const create = options.createGraph ?? false;
  const handles = native.grad(
    outputs.map((output) => output.handle),
    options.grads?.map((grad) => grad?.handle ?? null) ?? null,
    inputs.map((input) => input.handle),
    options.retainGraph ?? create,
    create,
  );
  return handles.map((handle) => (handle === null ? null : new Tensor(handle)));
}
