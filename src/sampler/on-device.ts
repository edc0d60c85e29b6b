import type { Tensor } from '#tensor';

/** A tensor that was just made from an array, on a device; without a call where it is there already. */
export function onDevice(tensor: Tensor, device: string): Tensor {
  return device === 'cpu' ? tensor : tensor.to(device);
}
