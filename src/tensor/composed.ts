/**
 * Operators that old libraries lack (1.13, as Debian ships it, is the oldest), made out of others. The
 * generated wrappers call them where libtorch does not know the name; arguments and results are theirs.
 */
import { TorchError } from './errors.ts';
import { noGrad } from './modes.ts';
import type * as ops from './tensor.generated.ts';
import type { Tensor } from './tensor.generated.ts';

/** `aten::rms_norm`: statistics in f32 for types with fewer bits. */
export function rmsNorm(
  input: Tensor,
  normalizedShape: readonly number[],
  weight?: Tensor | null,
  eps?: number | null,
): Tensor {
  const wide = input.dtype === 'f64' ? input : input.to('f32');
  const axes = normalizedShape.map((_, index) => -1 - index);
  const epsilon = eps ?? (wide.dtype === 'f64' ? Number.EPSILON : 2 ** -23);
  const scaled = wide.mul(wide.square().mean(axes, true).add(epsilon).rsqrt());
  const weighted = weight === null || weight === undefined ? scaled : scaled.mul(weight);
  return weighted.to(input.dtype);
}

/** `aten::scaled_dot_product_attention`: [..., T, d], [..., S, d], [..., S, e] → [..., T, e]. */
export function scaledDotProductAttention(
  ...[query, key, value, attnMask, dropoutP = 0, isCausal = false, options = {}]: Parameters<
    typeof ops.scaledDotProductAttention
  >
): Tensor {
  const copies = options.enableGqa === true ? axis(query, -3) / axis(key, -3) : 1;
  const spread = (x: Tensor): Tensor => (copies === 1 ? x : x.repeatInterleave(copies, -3));
  const scale = options.scale ?? 1 / Math.sqrt(axis(query, -1));
  const scores = query.matmul(spread(key).transpose(-2, -1)).mul(scale);
  const weights = masked(scores, attnMask ?? null, isCausal).softmax(-1);
  const dropped = dropoutP > 0 ? weights.dropout(dropoutP, true) : weights;
  return dropped.matmul(spread(value));
}

function axis(x: Tensor, index: number): number {
  return x.shape.at(index) ?? 1;
}

function masked(scores: Tensor, mask: Tensor | null, causal: boolean): Tensor {
  if (causal) {
    const future = scores.detach().onesLike({ dtype: 'bool' }).triu(1);
    return scores.maskedFill(future, -Infinity);
  }
  if (mask === null) return scores;
  return mask.dtype === 'bool' ? scores.maskedFill(mask.logicalNot(), -Infinity) : scores.add(mask);
}

/** `aten::_fused_adamw_` without `amsgrad` and scaled gradients; waits for the step counters. */
export function fusedAdamw_(
  ...[self, grads, expAvgs, expAvgSqs, , stateSteps, options]: Parameters<typeof ops.fusedAdamw_>
): void {
  const { lr, beta1, beta2, weightDecay, eps } = options;
  if (options.amsgrad || options.gradScale || options.foundInf) {
    throw new TorchError('amsgrad and scaled gradients need the fused kernel of libtorch 2', {
      kind: 'operator',
    });
  }
  noGrad(() => {
    for (const [index, parameter] of self.entries()) {
      const [given, mean, square, steps] = [grads, expAvgs, expAvgSqs, stateSteps].map(
        (list) => list[index],
      );
      if (!given || !mean || !square || !steps) throw new TorchError('lists differ in length');
      const gradient = options.maximize ? given.neg() : given;
      const step = steps.item();
      parameter.mul_(1 - lr * weightDecay);
      mean.lerp_(gradient, 1 - beta1);
      square.mul_(beta2).addcmul_(gradient, gradient, { value: 1 - beta2 });
      const deviation = square
        .sqrt()
        .div(Math.sqrt(1 - beta2 ** step))
        .add(eps);
      parameter.addcdiv_(mean, deviation, { value: -lr / (1 - beta1 ** step) });
    }
  });
}

/** `aten::_foreach_lerp_.Scalar` */
export function foreachLerp_(
  self: readonly Tensor[],
  tensors1: readonly Tensor[],
  weight: number,
): void {
  each(self, tensors1, (own, other) => own.lerp_(other, weight));
}

/** `aten::_foreach_mul_.Tensor` */
export function foreachMul_(self: readonly Tensor[], other: Tensor): void {
  for (const own of self) own.mul_(other);
}

/** `aten::_foreach_copy_` */
export function foreachCopy_(
  self: readonly Tensor[],
  src: readonly Tensor[],
  nonBlocking?: boolean,
): void {
  each(self, src, (own, other) => own.copy_(other, nonBlocking));
}

function each(
  self: readonly Tensor[],
  others: readonly Tensor[],
  body: (own: Tensor, other: Tensor) => void,
): void {
  for (const [index, own] of self.entries()) {
    const other = others[index];
    if (other === undefined) throw new TorchError('lists differ in length', { kind: 'argument' });
    body(own, other);
  }
}
