import { backward, enableGrad, noGrad } from './modes.ts';
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

/** Generator states by device: the processor's, and those of the devices that the inputs lie on. */
type GeneratorStates = ReadonlyMap<string, Tensor>;

function saveStates(inputs: readonly Tensor[]): GeneratorStates {
  const devices = new Set(['cpu', ...inputs.map(({ device }) => device)]);
  return new Map([...devices].map((device) => [device, rngState(device)]));
}

/** Sets the generators back and frees the states. */
function restoreStates(states: GeneratorStates): void {
  for (const [device, state] of states) {
    setRngState(state, device);
    state.dispose();
  }
}

function asLeaf(tensor: Tensor): Tensor {
  const floating = tensor.dtype.includes('f');
  return floating ? tensor.detach().requiresGrad_(true) : tensor.detach();
}

/**
 * Runs `segments` without a graph and remembers only what stands between them (gradient
 * checkpointing, Chen et al. 2016). The gradients equal those of a plain backward bit for bit, also
 * with dropout: the generators' states are restored before each recomputation. Frees nothing itself:
 * the caller's scope owns borders, states and gradients.
 */
export function checkpointed(
  segments: readonly Segment[],
  inputs: readonly Tensor[],
): Checkpointed {
  const borders: (readonly Tensor[])[] = [inputs];
  const states: GeneratorStates[] = [];
  for (const segment of segments) {
    states.push(saveStates(inputs));
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
  states: readonly GeneratorStates[],
  outputs: readonly Tensor[],
): readonly (Tensor | null)[] {
  const after = saveStates(borders[0] ?? []);
  let grads = outputs.map((output) => output.grad);
  for (let index = segments.length - 1; index >= 0; index--) {
    const segment = segments[index];
    const state = states[index];
    const border = borders[index];
    if (segment === undefined || state === undefined || border === undefined) break;
    restoreStates(state);
    const next = recompute(segment, border, grads);
    for (const grad of grads) grad?.dispose();
    grads = next;
  }
  restoreStates(after);
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
  if (pairs.length > 0) {
    backward(
      pairs.map(({ output }) => output),
      { grads: pairs.map(({ grad }) => grad) },
    );
  }
  return inputs.map((input) => {
    const grad = input.grad;
    return grad === null ? null : scope.keep(grad);
  });
}
