import { noGrad, ops, stack, type Tensor } from '#tensor';

/** The 2-norm of all gradients together, as a scalar tensor in f32. */
export function gradNorm(grads: readonly Tensor[]): Tensor {
  const dtype = grads.every((grad) => grad.dtype === 'f32') ? undefined : 'f32';
  return noGrad(() => stack(ops.foreachNorm(grads, 2, dtype)).linalgVectorNorm());
}

/**
 * Scales gradients in place so that their joint 2-norm is at most `maxNorm`: factor
 * min(1, maxNorm / (norm + 1e-6)), as `torch.nn.utils.clip_grad_norm_`. Returns the norm before.
 */
export function clipGradNorm(grads: readonly Tensor[], maxNorm: number): Tensor {
  return noGrad(() => {
    const norm = gradNorm(grads);
    const factor = norm.add(1e-6).reciprocal().mul(maxNorm).clamp(null, 1);
    ops.foreachMul_(grads, factor);
    return norm;
  });
}
