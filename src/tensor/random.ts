import { native } from './native.ts';
import { outside } from './scope.ts';
import { Tensor } from './tensor.generated.ts';

/** Sets the default generators of all devices. The same seed gives the same tensors. */
export function seedTorch(seed: number): void {
  native.seed(seed);
}

/** The state of a device's generator, to be given back to `setRngState`. */
export function rngState(device = 'cpu'): Tensor {
  return outside(() => new Tensor(native.rngState(device)));
}

export function setRngState(state: Tensor, device = 'cpu'): void {
  native.setRngState(device, state.handle);
}
