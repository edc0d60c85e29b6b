import { enableGrad, noGrad } from './modes.ts';
import { rngState, setRngState } from './random.ts';
import { TensorScope } from './scope.ts';
import type { Tensor } from './tensor.generated.ts';

/** One part of a network: tensors in, tensors out. Everything that needs a gradient passes here. */
export type Segment = (inputs: readonly Tensor[]) => readonly Tensor[];

/** A pass through segments that keeps only the tensors at their borders. */
export interface Checkpointed {
  /** Outputs of the last segment, detached, with `requiresGrad` set. */
  readonly outputs: readonly Tensor[];
  /**
   * Continues a backward that has left gradients on `outputs`: recomputes the segments from the last
   * to the first and adds the gradients of their parameters. Returns the gradients of the inputs.
   */
  backward(): readonly (Tensor | null)[];
}

function asLeaf(tensor: Tensor): Tensor {
  const floating = tensor.dtype.includes('f');
  return floating ? tensor.detach().requiresGrad_(true) : tensor.detach();
}

/**
 * Runs `segments` without a graph and remembers only what stands between them (gradient
 * checkpointing, Chen et al. 2016). The gradients equal those of a plain backward bit for bit, also
 * with dropout: the generator's state is restored before each recomputation. Frees nothing itself:
 * the caller's scope owns borders and gradients.
 */
export function checkpointed(
  segments: readonly Segment[],
  inputs: readonly Tensor[],
): Checkpointed {
  const borders: (readonly Tensor[])[] = [inputs];
  const states: Tensor[] = [];
  for (const segment of segments) {
    states.push(rngState());
    borders.push(step(segment, borders.at(-1) ?? []));
  }
  const outputs = (borders.at(-1) ?? []).map(asLeaf);
  return { outputs, backward: () => backwardThrough(segments, borders, states, outputs) };
}

function step(segment: Segment, inputs: readonly Tensor[]): readonly Tensor[] {
  using scope = new TensorScope('segment');
  const outputs = noGrad(() => segment(inputs));
  for (const output of outputs) scope.keep(output);
  return outputs;
}

function backwardThrough(
  segments: readonly Segment[],
  borders: readonly (readonly Tensor[])[],
  states: readonly Tensor[],
  outputs: readonly Tensor[],
): readonly (Tensor | null)[] {
  const after = rngState();
  let grads = outputs.map((output) => output.grad);
  for (let index = segments.length - 1; index >= 0; index--) {
    const segment = segments[index];
    const state = states[index];
    const border = borders[index];
    if (segment === undefined || state === undefined || border === undefined) break;
    setRngState(state);
    state.dispose();
    const next = recompute(segment, border, grads);
    for (const grad of grads) grad?.dispose();
    grads = next;
  }
  setRngState(after);
  after.dispose();
  return grads;
}

function recompute(
  segment: Segment,
  border: readonly Tensor[],
  grads: readonly (Tensor | null)[],
): (Tensor | null)[] {
  using scope = new TensorScope('recomputed segment');
  const inputs = border.map(asLeaf);
  const outputs = enableGrad(() => segment(inputs));
  const pairs = outputs.flatMap((output, index) => {
    const grad = grads[index];
    return grad !== null && grad !== undefined && output.requiresGrad ? [{ output, grad }] : [];
  });
  for (const [index, { output, grad }] of pairs.entries()) {
    output.backward({ grad, retainGraph: index < pairs.length - 1 });
  }
  return inputs.map((input) => {
    const grad = input.grad;
    return grad === null ? null : scope.keep(grad);
  });
}
