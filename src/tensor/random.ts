import { native } from './native.ts';
import { Tensor } from './tensor.generated.ts';

/** Sets the default generators of all devices. The same seed gives the same tensors. */
export function seedTorch(seed: number): void {
  native.seed(seed);
}

/** The state of a device's generator, to be given back to `setRngState`; the scope owns it. */
export function rngState(device = 'cpu'): Tensor {
  return new Tensor(native.rngState(device));
}

export function setRngState(state: Tensor, device = 'cpu'): void {
  native.setRngState(device, state.handle);
}
