// Written by scripts/generate-ops.ts from libtorch's schemas; do not edit.
import * as composed from './composed.ts';
import { TensorCore } from './core.ts';
import { dtypeCode, type DType } from './dtype.ts';
import { native } from './native.ts';
import { rearrange } from './rearrange.ts';

const { call, resolve } = native;
/** The number of an operator, -1 where this libtorch lacks it. */
const find = (name: string, overload: string): number => {
  try {
    return resolve(name, overload);
  } catch {
    return -1;
  }
};
const wrap = (handle: unknown): Tensor => new Tensor(handle as number);
const wrapAll = (handles: unknown): Tensor[] => (handles as number[]).map(wrap);
const handleOf = (tensor: Tensor | null): number | null => tensor?.handle ?? null;

let id_abs: number | undefined;
let id_neg: number | undefined;
let id_exp: number | undefined;
let id_expm1: number | undefined;
let id_log: number | undefined;
let id_log1p: number | undefined;
let id_sqrt: number | undefined;
let id_rsqrt: number | undefined;
let id_square: number | undefined;
let id_reciprocal: number | undefined;
let id_sign: number | undefined;
let id_sin: number | undefined;
let id_cos: number | undefined;
let id_tanh: number | undefined;
let id_sigmoid: number | undefined;
let id_relu: number | undefined;
let id_silu: number | undefined;
let id_gelu: number | undefined;
let id_erf: number | undefined;
let id_floor: number | undefined;
let id_ceil: number | undefined;
let id_round: number | undefined;
let id_isfinite: number | undefined;
let id_isnan: number | undefined;
let id_logical_and: number | undefined;
let id_logical_or: number | undefined;
let id_logical_not: number | undefined;
let id_log_sigmoid: number | undefined;
let id_minimum: number | undefined;
let id_maximum: number | undefined;
let id_atan2: number | undefined;
let id_softplus: number | undefined;
let id_trunc: number | undefined;
let id_logaddexp: number | undefined;
let id_add_Scalar: number | undefined;
let id_add_Tensor: number | undefined;
let id_sub_Scalar: number | undefined;
let id_sub_Tensor: number | undefined;
let id_mul_Scalar: number | undefined;
let id_mul_Tensor: number | undefined;
let id_div_Scalar: number | undefined;
let id_div_Tensor: number | undefined;
let id_rsub_Scalar: number | undefined;
let id_rsub_Tensor: number | undefined;
let id_pow_Tensor_Scalar: number | undefined;
let id_pow_Tensor_Tensor: number | undefined;
let id_remainder_Scalar: number | undefined;
let id_remainder_Tensor: number | undefined;
let id_floor_divide_Scalar: number | undefined;
let id_floor_divide: number | undefined;
let id_div_Tensor_mode: number | undefined;
let id_fmod_Scalar: number | undefined;
let id_fmod_Tensor: number | undefined;
let id_eq_Scalar: number | undefined;
let id_eq_Tensor: number | undefined;
let id_ne_Scalar: number | undefined;
let id_ne_Tensor: number | undefined;
let id_lt_Scalar: number | undefined;
let id_lt_Tensor: number | undefined;
let id_le_Scalar: number | undefined;
let id_le_Tensor: number | undefined;
let id_gt_Scalar: number | undefined;
let id_gt_Tensor: number | undefined;
let id_ge_Scalar: number | undefined;
let id_ge_Tensor: number | undefined;
let id_clamp: number | undefined;
let id_clamp_min: number | undefined;
let id_clamp_max: number | undefined;
let id_where_ScalarOther: number | undefined;
let id_where_ScalarSelf: number | undefined;
let id_where_Scalar: number | undefined;
let id_where_self: number | undefined;
let id_addcmul: number | undefined;
let id_addcdiv: number | undefined;
let id_lerp_Scalar: number | undefined;
let id_lerp_Tensor: number | undefined;
let id_bitwise_and_Scalar: number | undefined;
let id_bitwise_and_Tensor: number | undefined;
let id_bitwise_or_Scalar: number | undefined;
let id_bitwise_or_Tensor: number | undefined;
let id_bitwise_xor_Scalar: number | undefined;
let id_bitwise_xor_Tensor: number | undefined;
let id_bitwise_left_shift_Tensor_Scalar: number | undefined;
let id_bitwise_right_shift_Tensor_Scalar: number | undefined;
let id_add__Scalar: number | undefined;
let id_add__Tensor: number | undefined;
let id_sub__Scalar: number | undefined;
let id_sub__Tensor: number | undefined;
let id_mul__Scalar: number | undefined;
let id_mul__Tensor: number | undefined;
let id_div__Scalar: number | undefined;
let id_div__Tensor: number | undefined;
let id_neg_: number | undefined;
let id_exp_: number | undefined;
let id_sqrt_: number | undefined;
let id_zero_: number | undefined;
let id_clamp_: number | undefined;
let id_addcmul_: number | undefined;
let id_addcdiv_: number | undefined;
let id_lerp__Scalar: number | undefined;
let id_lerp__Tensor: number | undefined;
let id_fill__Scalar: number | undefined;
let id_fill__Tensor: number | undefined;
let id_copy_: number | undefined;
let id_masked_fill__Scalar: number | undefined;
let id_masked_fill__Tensor: number | undefined;
let id_index_copy_: number | undefined;
let id_index_add_: number | undefined;
let id_index_put_: number | undefined;
let id_scatter__value: number | undefined;
let id_scatter__src: number | undefined;
let id_scatter_add_: number | undefined;
let id_requires_grad_: number | undefined;
let id_cumsum_: number | undefined;
let id_clamp_min_: number | undefined;
let id_uniform_: number | undefined;
let id_normal_: number | undefined;
let id_exponential_: number | undefined;
let id_bernoulli__float: number | undefined;
let id_random__from: number | undefined;
let id_masked_scatter_: number | undefined;
let id_silu_: number | undefined;
let id_index_fill__int_Scalar: number | undefined;
let id_index_fill__int_Tensor: number | undefined;
let id_bitwise_xor__Scalar: number | undefined;
let id_bitwise_xor__Tensor: number | undefined;
let id_sum: number | undefined;
let id_sum_dim_IntList: number | undefined;
let id_mean: number | undefined;
let id_mean_dim: number | undefined;
let id_prod: number | undefined;
let id_prod_dim_int: number | undefined;
let id_amax: number | undefined;
let id_amin: number | undefined;
let id_argmax: number | undefined;
let id_argmin: number | undefined;
let id_max: number | undefined;
let id_max_dim: number | undefined;
let id_min: number | undefined;
let id_min_dim: number | undefined;
let id_any: number | undefined;
let id_any_dim: number | undefined;
let id_all: number | undefined;
let id_all_dim: number | undefined;
let id_cumsum: number | undefined;
let id_cumprod: number | undefined;
let id_logsumexp: number | undefined;
let id_std_correction: number | undefined;
let id_var_correction: number | undefined;
let id_linalg_vector_norm: number | undefined;
let id_count_nonzero: number | undefined;
let id_equal: number | undefined;
let id_allclose: number | undefined;
let id_cummax: number | undefined;
let id_matmul: number | undefined;
let id_mm: number | undefined;
let id_bmm: number | undefined;
let id_addmm: number | undefined;
let id_baddbmm: number | undefined;
let id_linear: number | undefined;
let id_einsum: number | undefined;
let id_dot: number | undefined;
let id_outer: number | undefined;
let id_mv: number | undefined;
let id_reshape: number | undefined;
let id_view: number | undefined;
let id_view_dtype: number | undefined;
let id_permute: number | undefined;
let id_transpose_int: number | undefined;
let id_t: number | undefined;
let id_squeeze: number | undefined;
let id_squeeze_dim: number | undefined;
let id_unsqueeze: number | undefined;
let id_expand: number | undefined;
let id_contiguous: number | undefined;
let id_flatten_using_ints: number | undefined;
let id_unflatten_int: number | undefined;
let id_select_int: number | undefined;
let id_slice_Tensor: number | undefined;
let id_narrow: number | undefined;
let id_split_Tensor: number | undefined;
let id_split_with_sizes: number | undefined;
let id_chunk: number | undefined;
let id_unbind_int: number | undefined;
let id_cat: number | undefined;
let id_stack: number | undefined;
let id_repeat: number | undefined;
let id_repeat_interleave_self_Tensor: number | undefined;
let id_repeat_interleave_self_int: number | undefined;
let id_roll: number | undefined;
let id_flip: number | undefined;
let id_tril: number | undefined;
let id_triu: number | undefined;
let id_pad: number | undefined;
let id_constant_pad_nd: number | undefined;
let id_tile: number | undefined;
let id_clone: number | undefined;
let id_detach: number | undefined;
let id_alias: number | undefined;
let id_diagonal: number | undefined;
let id_movedim_int: number | undefined;
let id_to_dtype: number | undefined;
let id__to_copy: number | undefined;
let id_pin_memory: number | undefined;
let id_as_strided: number | undefined;
let id_unfold: number | undefined;
let id_broadcast_to: number | undefined;
let id_index_Tensor: number | undefined;
let id_index_select: number | undefined;
let id_gather: number | undefined;
let id_scatter_value: number | undefined;
let id_scatter_src: number | undefined;
let id_scatter_add: number | undefined;
let id_index_put: number | undefined;
let id_index_add: number | undefined;
let id_index_copy: number | undefined;
let id_masked_select: number | undefined;
let id_masked_fill_Scalar: number | undefined;
let id_masked_fill_Tensor: number | undefined;
let id_masked_scatter: number | undefined;
let id_take: number | undefined;
let id_take_along_dim: number | undefined;
let id_nonzero: number | undefined;
let id_embedding: number | undefined;
let id_one_hot: number | undefined;
let id_searchsorted_Tensor: number | undefined;
let id_sort: number | undefined;
let id_topk: number | undefined;
let id_argsort: number | undefined;
let id_kthvalue: number | undefined;
let id_bucketize_Tensor: number | undefined;
let id_zeros: number | undefined;
let id_ones: number | undefined;
let id_full: number | undefined;
let id_empty_memory_format: number | undefined;
let id_eye: number | undefined;
let id_arange: number | undefined;
let id_arange_start_step: number | undefined;
let id_linspace: number | undefined;
let id_rand: number | undefined;
let id_randn: number | undefined;
let id_randint_low: number | undefined;
let id_randperm: number | undefined;
let id_zeros_like: number | undefined;
let id_ones_like: number | undefined;
let id_full_like: number | undefined;
let id_empty_like: number | undefined;
let id_rand_like: number | undefined;
let id_randn_like: number | undefined;
let id_scalar_tensor: number | undefined;
let id_from_file: number | undefined;
let id_softmax_int: number | undefined;
let id_log_softmax_int: number | undefined;
let id_layer_norm: number | undefined;
let id_rms_norm: number | undefined;
let id_group_norm: number | undefined;
let id_dropout: number | undefined;
let id_conv1d: number | undefined;
let id_conv2d: number | undefined;
let id_conv3d: number | undefined;
let id_scaled_dot_product_attention: number | undefined;
let id_cross_entropy_loss: number | undefined;
let id_nll_loss: number | undefined;
let id_mse_loss: number | undefined;
let id_binary_cross_entropy_with_logits: number | undefined;
let id_kl_div: number | undefined;
let id_smooth_l1_loss: number | undefined;
let id_glu: number | undefined;
let id_upsample_bicubic2d: number | undefined;
let id_upsample_bilinear2d: number | undefined;
let id__upsample_bicubic2d_aa: number | undefined;
let id_avg_pool2d: number | undefined;
let id_bernoulli: number | undefined;
let id_bernoulli_p: number | undefined;
let id_multinomial: number | undefined;
let id__fused_adamw_: number | undefined;
let id__foreach_add__Scalar: number | undefined;
let id__foreach_add__List: number | undefined;
let id__foreach_mul__Scalar: number | undefined;
let id__foreach_mul__Tensor: number | undefined;
let id__foreach_mul__List: number | undefined;
let id__foreach_copy_: number | undefined;
let id__foreach_norm_Scalar: number | undefined;
let id__foreach_zero_: number | undefined;
let id__foreach_addcdiv__Scalar: number | undefined;
let id__foreach_lerp__Scalar: number | undefined;
let id__foreach_sqrt: number | undefined;
let id__foreach_div__Scalar: number | undefined;
let id__foreach_div__Tensor: number | undefined;
let id__foreach_div__List: number | undefined;
let id_decode_attention: number | undefined;
let id_row_norm: number | undefined;
let id_gated: number | undefined;
let id_draw_ids: number | undefined;
let id__backward: number | undefined;

/** `aten::abs` */
export function abs(self: Tensor): Tensor {
  return wrap(call((id_abs ??= resolve('aten::abs', '')), self.handle));
}

/** `aten::neg` */
export function neg(self: Tensor): Tensor {
  return wrap(call((id_neg ??= resolve('aten::neg', '')), self.handle));
}

/** `aten::exp` */
export function exp(self: Tensor): Tensor {
  return wrap(call((id_exp ??= resolve('aten::exp', '')), self.handle));
}

/** `aten::expm1` */
export function expm1(self: Tensor): Tensor {
  return wrap(call((id_expm1 ??= resolve('aten::expm1', '')), self.handle));
}

/** `aten::log` */
export function log(self: Tensor): Tensor {
  return wrap(call((id_log ??= resolve('aten::log', '')), self.handle));
}

/** `aten::log1p` */
export function log1p(self: Tensor): Tensor {
  return wrap(call((id_log1p ??= resolve('aten::log1p', '')), self.handle));
}

/** `aten::sqrt` */
export function sqrt(self: Tensor): Tensor {
  return wrap(call((id_sqrt ??= resolve('aten::sqrt', '')), self.handle));
}

/** `aten::rsqrt` */
export function rsqrt(self: Tensor): Tensor {
  return wrap(call((id_rsqrt ??= resolve('aten::rsqrt', '')), self.handle));
}

/** `aten::square` */
export function square(self: Tensor): Tensor {
  return wrap(call((id_square ??= resolve('aten::square', '')), self.handle));
}

/** `aten::reciprocal` */
export function reciprocal(self: Tensor): Tensor {
  return wrap(call((id_reciprocal ??= resolve('aten::reciprocal', '')), self.handle));
}

/** `aten::sign` */
export function sign(self: Tensor): Tensor {
  return wrap(call((id_sign ??= resolve('aten::sign', '')), self.handle));
}

/** `aten::sin` */
export function sin(self: Tensor): Tensor {
  return wrap(call((id_sin ??= resolve('aten::sin', '')), self.handle));
}

/** `aten::cos` */
export function cos(self: Tensor): Tensor {
  return wrap(call((id_cos ??= resolve('aten::cos', '')), self.handle));
}

/** `aten::tanh` */
export function tanh(self: Tensor): Tensor {
  return wrap(call((id_tanh ??= resolve('aten::tanh', '')), self.handle));
}

/** `aten::sigmoid` */
export function sigmoid(self: Tensor): Tensor {
  return wrap(call((id_sigmoid ??= resolve('aten::sigmoid', '')), self.handle));
}

/** `aten::relu` */
export function relu(self: Tensor): Tensor {
  return wrap(call((id_relu ??= resolve('aten::relu', '')), self.handle));
}

/** `aten::silu` */
export function silu(self: Tensor): Tensor {
  return wrap(call((id_silu ??= resolve('aten::silu', '')), self.handle));
}

/** `aten::gelu` */
export function gelu(self: Tensor, options?: { approximate?: string | undefined }): Tensor {
  return wrap(call((id_gelu ??= resolve('aten::gelu', '')), self.handle, options?.approximate));
}

/** `aten::erf` */
export function erf(self: Tensor): Tensor {
  return wrap(call((id_erf ??= resolve('aten::erf', '')), self.handle));
}

/** `aten::floor` */
export function floor(self: Tensor): Tensor {
  return wrap(call((id_floor ??= resolve('aten::floor', '')), self.handle));
}

/** `aten::ceil` */
export function ceil(self: Tensor): Tensor {
  return wrap(call((id_ceil ??= resolve('aten::ceil', '')), self.handle));
}

/** `aten::round` */
export function round(self: Tensor): Tensor {
  return wrap(call((id_round ??= resolve('aten::round', '')), self.handle));
}

/** `aten::isfinite` */
export function isfinite(self: Tensor): Tensor {
  return wrap(call((id_isfinite ??= resolve('aten::isfinite', '')), self.handle));
}

/** `aten::isnan` */
export function isnan(self: Tensor): Tensor {
  return wrap(call((id_isnan ??= resolve('aten::isnan', '')), self.handle));
}

/** `aten::logical_and` */
export function logicalAnd(self: Tensor, other: Tensor): Tensor {
  return wrap(call((id_logical_and ??= resolve('aten::logical_and', '')), self.handle, other.handle));
}

/** `aten::logical_or` */
export function logicalOr(self: Tensor, other: Tensor): Tensor {
  return wrap(call((id_logical_or ??= resolve('aten::logical_or', '')), self.handle, other.handle));
}

/** `aten::logical_not` */
export function logicalNot(self: Tensor): Tensor {
  return wrap(call((id_logical_not ??= resolve('aten::logical_not', '')), self.handle));
}

/** `aten::log_sigmoid` */
export function logSigmoid(self: Tensor): Tensor {
  return wrap(call((id_log_sigmoid ??= resolve('aten::log_sigmoid', '')), self.handle));
}

/** `aten::minimum` */
export function minimum(self: Tensor, other: Tensor): Tensor {
  return wrap(call((id_minimum ??= resolve('aten::minimum', '')), self.handle, other.handle));
}

/** `aten::maximum` */
export function maximum(self: Tensor, other: Tensor): Tensor {
  return wrap(call((id_maximum ??= resolve('aten::maximum', '')), self.handle, other.handle));
}

/** `aten::atan2` */
export function atan2(self: Tensor, other: Tensor): Tensor {
  return wrap(call((id_atan2 ??= resolve('aten::atan2', '')), self.handle, other.handle));
}

/** `aten::softplus` */
export function softplus(self: Tensor, beta?: number, threshold?: number): Tensor {
  return wrap(call((id_softplus ??= resolve('aten::softplus', '')), self.handle, beta, threshold));
}

/** `aten::trunc` */
export function trunc(self: Tensor): Tensor {
  return wrap(call((id_trunc ??= resolve('aten::trunc', '')), self.handle));
}

/** `aten::logaddexp` */
export function logaddexp(self: Tensor, other: Tensor): Tensor {
  return wrap(call((id_logaddexp ??= resolve('aten::logaddexp', '')), self.handle, other.handle));
}

/** `aten::add.Scalar`, `aten::add.Tensor` */
export function add(self: Tensor, other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_add_Scalar ??= resolve('aten::add', 'Scalar')), self.handle, other, options?.alpha));
  }
  return wrap(call((id_add_Tensor ??= resolve('aten::add', 'Tensor')), self.handle, (other as Tensor).handle, options?.alpha));
}

/** `aten::sub.Scalar`, `aten::sub.Tensor` */
export function sub(self: Tensor, other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_sub_Scalar ??= resolve('aten::sub', 'Scalar')), self.handle, other, options?.alpha));
  }
  return wrap(call((id_sub_Tensor ??= resolve('aten::sub', 'Tensor')), self.handle, (other as Tensor).handle, options?.alpha));
}

/** `aten::mul.Scalar`, `aten::mul.Tensor` */
export function mul(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_mul_Scalar ??= resolve('aten::mul', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_mul_Tensor ??= resolve('aten::mul', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::div.Scalar`, `aten::div.Tensor` */
export function div(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_div_Scalar ??= resolve('aten::div', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_div_Tensor ??= resolve('aten::div', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::rsub.Scalar`, `aten::rsub.Tensor` */
export function rsub(self: Tensor, other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_rsub_Scalar ??= resolve('aten::rsub', 'Scalar')), self.handle, other, options?.alpha));
  }
  return wrap(call((id_rsub_Tensor ??= resolve('aten::rsub', 'Tensor')), self.handle, (other as Tensor).handle, options?.alpha));
}

/** `aten::pow.Tensor_Scalar`, `aten::pow.Tensor_Tensor` */
export function pow(self: Tensor, exponent: number | Tensor): Tensor {
  if (typeof exponent === 'number') {
    return wrap(call((id_pow_Tensor_Scalar ??= resolve('aten::pow', 'Tensor_Scalar')), self.handle, exponent));
  }
  return wrap(call((id_pow_Tensor_Tensor ??= resolve('aten::pow', 'Tensor_Tensor')), self.handle, (exponent as Tensor).handle));
}

/** `aten::remainder.Scalar`, `aten::remainder.Tensor` */
export function remainder(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_remainder_Scalar ??= resolve('aten::remainder', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_remainder_Tensor ??= resolve('aten::remainder', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::floor_divide.Scalar`, `aten::floor_divide` */
export function floorDivide(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_floor_divide_Scalar ??= resolve('aten::floor_divide', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_floor_divide ??= resolve('aten::floor_divide', '')), self.handle, (other as Tensor).handle));
}

/** `aten::div.Tensor_mode` */
export function divMode(self: Tensor, other: Tensor, options: { roundingMode: string | null }): Tensor {
  return wrap(call((id_div_Tensor_mode ??= resolve('aten::div', 'Tensor_mode')), self.handle, other.handle, options.roundingMode));
}

/** `aten::fmod.Scalar`, `aten::fmod.Tensor` */
export function fmod(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_fmod_Scalar ??= resolve('aten::fmod', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_fmod_Tensor ??= resolve('aten::fmod', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::eq.Scalar`, `aten::eq.Tensor` */
export function eq(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_eq_Scalar ??= resolve('aten::eq', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_eq_Tensor ??= resolve('aten::eq', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::ne.Scalar`, `aten::ne.Tensor` */
export function ne(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_ne_Scalar ??= resolve('aten::ne', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_ne_Tensor ??= resolve('aten::ne', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::lt.Scalar`, `aten::lt.Tensor` */
export function lt(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_lt_Scalar ??= resolve('aten::lt', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_lt_Tensor ??= resolve('aten::lt', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::le.Scalar`, `aten::le.Tensor` */
export function le(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_le_Scalar ??= resolve('aten::le', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_le_Tensor ??= resolve('aten::le', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::gt.Scalar`, `aten::gt.Tensor` */
export function gt(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_gt_Scalar ??= resolve('aten::gt', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_gt_Tensor ??= resolve('aten::gt', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::ge.Scalar`, `aten::ge.Tensor` */
export function ge(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_ge_Scalar ??= resolve('aten::ge', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_ge_Tensor ??= resolve('aten::ge', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::clamp` */
export function clamp(self: Tensor, min?: number | null, max?: number | null): Tensor {
  return wrap(call((id_clamp ??= resolve('aten::clamp', '')), self.handle, min, max));
}

/** `aten::clamp_min` */
export function clampMin(self: Tensor, min: number): Tensor {
  return wrap(call((id_clamp_min ??= resolve('aten::clamp_min', '')), self.handle, min));
}

/** `aten::clamp_max` */
export function clampMax(self: Tensor, max: number): Tensor {
  return wrap(call((id_clamp_max ??= resolve('aten::clamp_max', '')), self.handle, max));
}

/** `aten::where.ScalarOther`, `aten::where.ScalarSelf`, `aten::where.Scalar`, `aten::where.self` */
export function where(condition: Tensor, self: Tensor | number, other: number | Tensor): Tensor {
  if (self instanceof Tensor && typeof other === 'number') {
    return wrap(call((id_where_ScalarOther ??= resolve('aten::where', 'ScalarOther')), condition.handle, (self as Tensor).handle, other));
  }
  if (other instanceof Tensor && typeof self === 'number') {
    return wrap(call((id_where_ScalarSelf ??= resolve('aten::where', 'ScalarSelf')), condition.handle, self, (other as Tensor).handle));
  }
  if (typeof self === 'number') {
    return wrap(call((id_where_Scalar ??= resolve('aten::where', 'Scalar')), condition.handle, self, other));
  }
  return wrap(call((id_where_self ??= resolve('aten::where', 'self')), condition.handle, (self as Tensor).handle, (other as Tensor).handle));
}

/** `aten::addcmul` */
export function addcmul(self: Tensor, tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): Tensor {
  return wrap(call((id_addcmul ??= resolve('aten::addcmul', '')), self.handle, tensor1.handle, tensor2.handle, options?.value));
}

/** `aten::addcdiv` */
export function addcdiv(self: Tensor, tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): Tensor {
  return wrap(call((id_addcdiv ??= resolve('aten::addcdiv', '')), self.handle, tensor1.handle, tensor2.handle, options?.value));
}

/** `aten::lerp.Scalar`, `aten::lerp.Tensor` */
export function lerp(self: Tensor, end: Tensor, weight: number | Tensor): Tensor {
  if (typeof weight === 'number') {
    return wrap(call((id_lerp_Scalar ??= resolve('aten::lerp', 'Scalar')), self.handle, end.handle, weight));
  }
  return wrap(call((id_lerp_Tensor ??= resolve('aten::lerp', 'Tensor')), self.handle, end.handle, (weight as Tensor).handle));
}

/** `aten::bitwise_and.Scalar`, `aten::bitwise_and.Tensor` */
export function bitwiseAnd(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_bitwise_and_Scalar ??= resolve('aten::bitwise_and', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_bitwise_and_Tensor ??= resolve('aten::bitwise_and', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::bitwise_or.Scalar`, `aten::bitwise_or.Tensor` */
export function bitwiseOr(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_bitwise_or_Scalar ??= resolve('aten::bitwise_or', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_bitwise_or_Tensor ??= resolve('aten::bitwise_or', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::bitwise_xor.Scalar`, `aten::bitwise_xor.Tensor` */
export function bitwiseXor(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    return wrap(call((id_bitwise_xor_Scalar ??= resolve('aten::bitwise_xor', 'Scalar')), self.handle, other));
  }
  return wrap(call((id_bitwise_xor_Tensor ??= resolve('aten::bitwise_xor', 'Tensor')), self.handle, (other as Tensor).handle));
}

/** `aten::bitwise_left_shift.Tensor_Scalar` */
export function bitwiseLeftShift(self: Tensor, other: number): Tensor {
  return wrap(call((id_bitwise_left_shift_Tensor_Scalar ??= resolve('aten::bitwise_left_shift', 'Tensor_Scalar')), self.handle, other));
}

/** `aten::bitwise_right_shift.Tensor_Scalar` */
export function bitwiseRightShift(self: Tensor, other: number): Tensor {
  return wrap(call((id_bitwise_right_shift_Tensor_Scalar ??= resolve('aten::bitwise_right_shift', 'Tensor_Scalar')), self.handle, other));
}

/** `aten::add_.Scalar`, `aten::add_.Tensor` */
export function add_(self: Tensor, other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
  if (typeof other === 'number') {
    call((id_add__Scalar ??= resolve('aten::add_', 'Scalar')), self.handle, other, options?.alpha);
  return self;
  }
  call((id_add__Tensor ??= resolve('aten::add_', 'Tensor')), self.handle, (other as Tensor).handle, options?.alpha);
  return self;
}

/** `aten::sub_.Scalar`, `aten::sub_.Tensor` */
export function sub_(self: Tensor, other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
  if (typeof other === 'number') {
    call((id_sub__Scalar ??= resolve('aten::sub_', 'Scalar')), self.handle, other, options?.alpha);
  return self;
  }
  call((id_sub__Tensor ??= resolve('aten::sub_', 'Tensor')), self.handle, (other as Tensor).handle, options?.alpha);
  return self;
}

/** `aten::mul_.Scalar`, `aten::mul_.Tensor` */
export function mul_(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    call((id_mul__Scalar ??= resolve('aten::mul_', 'Scalar')), self.handle, other);
  return self;
  }
  call((id_mul__Tensor ??= resolve('aten::mul_', 'Tensor')), self.handle, (other as Tensor).handle);
  return self;
}

/** `aten::div_.Scalar`, `aten::div_.Tensor` */
export function div_(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    call((id_div__Scalar ??= resolve('aten::div_', 'Scalar')), self.handle, other);
  return self;
  }
  call((id_div__Tensor ??= resolve('aten::div_', 'Tensor')), self.handle, (other as Tensor).handle);
  return self;
}

/** `aten::neg_` */
export function neg_(self: Tensor): Tensor {
  call((id_neg_ ??= resolve('aten::neg_', '')), self.handle);
  return self;
}

/** `aten::exp_` */
export function exp_(self: Tensor): Tensor {
  call((id_exp_ ??= resolve('aten::exp_', '')), self.handle);
  return self;
}

/** `aten::sqrt_` */
export function sqrt_(self: Tensor): Tensor {
  call((id_sqrt_ ??= resolve('aten::sqrt_', '')), self.handle);
  return self;
}

/** `aten::zero_` */
export function zero_(self: Tensor): Tensor {
  call((id_zero_ ??= resolve('aten::zero_', '')), self.handle);
  return self;
}

/** `aten::clamp_` */
export function clamp_(self: Tensor, min?: number | null, max?: number | null): Tensor {
  call((id_clamp_ ??= resolve('aten::clamp_', '')), self.handle, min, max);
  return self;
}

/** `aten::addcmul_` */
export function addcmul_(self: Tensor, tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): Tensor {
  call((id_addcmul_ ??= resolve('aten::addcmul_', '')), self.handle, tensor1.handle, tensor2.handle, options?.value);
  return self;
}

/** `aten::addcdiv_` */
export function addcdiv_(self: Tensor, tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): Tensor {
  call((id_addcdiv_ ??= resolve('aten::addcdiv_', '')), self.handle, tensor1.handle, tensor2.handle, options?.value);
  return self;
}

/** `aten::lerp_.Scalar`, `aten::lerp_.Tensor` */
export function lerp_(self: Tensor, end: Tensor, weight: number | Tensor): Tensor {
  if (typeof weight === 'number') {
    call((id_lerp__Scalar ??= resolve('aten::lerp_', 'Scalar')), self.handle, end.handle, weight);
  return self;
  }
  call((id_lerp__Tensor ??= resolve('aten::lerp_', 'Tensor')), self.handle, end.handle, (weight as Tensor).handle);
  return self;
}

/** `aten::fill_.Scalar`, `aten::fill_.Tensor` */
export function fill_(self: Tensor, value: number | Tensor): Tensor {
  if (typeof value === 'number') {
    call((id_fill__Scalar ??= resolve('aten::fill_', 'Scalar')), self.handle, value);
  return self;
  }
  call((id_fill__Tensor ??= resolve('aten::fill_', 'Tensor')), self.handle, (value as Tensor).handle);
  return self;
}

/** `aten::copy_` */
export function copy_(self: Tensor, src: Tensor, nonBlocking?: boolean): Tensor {
  call((id_copy_ ??= resolve('aten::copy_', '')), self.handle, src.handle, nonBlocking);
  return self;
}

/** `aten::masked_fill_.Scalar`, `aten::masked_fill_.Tensor` */
export function maskedFill_(self: Tensor, mask: Tensor, value: number | Tensor): Tensor {
  if (typeof value === 'number') {
    call((id_masked_fill__Scalar ??= resolve('aten::masked_fill_', 'Scalar')), self.handle, mask.handle, value);
  return self;
  }
  call((id_masked_fill__Tensor ??= resolve('aten::masked_fill_', 'Tensor')), self.handle, mask.handle, (value as Tensor).handle);
  return self;
}

/** `aten::index_copy_` */
export function indexCopy_(self: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  call((id_index_copy_ ??= resolve('aten::index_copy_', '')), self.handle, dim, index.handle, source.handle);
  return self;
}

/** `aten::index_add_` */
export function indexAdd_(self: Tensor, dim: number, index: Tensor, source: Tensor, options?: { alpha?: number | undefined }): Tensor {
  call((id_index_add_ ??= resolve('aten::index_add_', '')), self.handle, dim, index.handle, source.handle, options?.alpha);
  return self;
}

/** `aten::index_put_` */
export function indexPut_(self: Tensor, indices: readonly (Tensor | null)[], values: Tensor, accumulate?: boolean): Tensor {
  call((id_index_put_ ??= resolve('aten::index_put_', '')), self.handle, indices.map(handleOf), values.handle, accumulate);
  return self;
}

/** `aten::scatter_.value`, `aten::scatter_.src` */
export function scatter_(self: Tensor, dim: number, index: Tensor, value: number | Tensor): Tensor {
  if (typeof value === 'number') {
    call((id_scatter__value ??= resolve('aten::scatter_', 'value')), self.handle, dim, index.handle, value);
  return self;
  }
  call((id_scatter__src ??= resolve('aten::scatter_', 'src')), self.handle, dim, index.handle, (value as Tensor).handle);
  return self;
}

/** `aten::scatter_add_` */
export function scatterAdd_(self: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  call((id_scatter_add_ ??= resolve('aten::scatter_add_', '')), self.handle, dim, index.handle, src.handle);
  return self;
}

/** `aten::requires_grad_` */
export function requiresGrad_(self: Tensor, requiresGrad?: boolean): Tensor {
  call((id_requires_grad_ ??= resolve('aten::requires_grad_', '')), self.handle, requiresGrad);
  return self;
}

/** `aten::cumsum_` */
export function cumsum_(self: Tensor, dim: number, options?: { dtype?: DType | null | undefined }): Tensor {
  call((id_cumsum_ ??= resolve('aten::cumsum_', '')), self.handle, dim, dtypeCode(options?.dtype));
  return self;
}

/** `aten::clamp_min_` */
export function clampMin_(self: Tensor, min: number): Tensor {
  call((id_clamp_min_ ??= resolve('aten::clamp_min_', '')), self.handle, min);
  return self;
}

/** `aten::uniform_` */
export function uniform_(self: Tensor, from?: number, to?: number): Tensor {
  call((id_uniform_ ??= resolve('aten::uniform_', '')), self.handle, from, to);
  return self;
}

/** `aten::normal_` */
export function normal_(self: Tensor, mean?: number, std?: number): Tensor {
  call((id_normal_ ??= resolve('aten::normal_', '')), self.handle, mean, std);
  return self;
}

/** `aten::exponential_` */
export function exponential_(self: Tensor, lambd?: number): Tensor {
  call((id_exponential_ ??= resolve('aten::exponential_', '')), self.handle, lambd);
  return self;
}

/** `aten::bernoulli_.float` */
export function bernoulli_(self: Tensor, p?: number): Tensor {
  call((id_bernoulli__float ??= resolve('aten::bernoulli_', 'float')), self.handle, p);
  return self;
}

/** `aten::random_.from` */
export function random_(self: Tensor, from: number, to: number | null): Tensor {
  call((id_random__from ??= resolve('aten::random_', 'from')), self.handle, from, to);
  return self;
}

/** `aten::masked_scatter_` */
export function maskedScatter_(self: Tensor, mask: Tensor, source: Tensor): Tensor {
  call((id_masked_scatter_ ??= resolve('aten::masked_scatter_', '')), self.handle, mask.handle, source.handle);
  return self;
}

/** `aten::silu_` */
export function silu_(self: Tensor): Tensor {
  call((id_silu_ ??= resolve('aten::silu_', '')), self.handle);
  return self;
}

/** `aten::index_fill_.int_Scalar`, `aten::index_fill_.int_Tensor` */
export function indexFill_(self: Tensor, dim: number, index: Tensor, value: number | Tensor): Tensor {
  if (typeof value === 'number') {
    call((id_index_fill__int_Scalar ??= resolve('aten::index_fill_', 'int_Scalar')), self.handle, dim, index.handle, value);
  return self;
  }
  call((id_index_fill__int_Tensor ??= resolve('aten::index_fill_', 'int_Tensor')), self.handle, dim, index.handle, (value as Tensor).handle);
  return self;
}

/** `aten::bitwise_xor_.Scalar`, `aten::bitwise_xor_.Tensor` */
export function bitwiseXor_(self: Tensor, other: number | Tensor): Tensor {
  if (typeof other === 'number') {
    call((id_bitwise_xor__Scalar ??= resolve('aten::bitwise_xor_', 'Scalar')), self.handle, other);
  return self;
  }
  call((id_bitwise_xor__Tensor ??= resolve('aten::bitwise_xor_', 'Tensor')), self.handle, (other as Tensor).handle);
  return self;
}

/** `aten::sum`, `aten::sum.dim_IntList` */
export function sum(self: Tensor, dim?: number | readonly number[], keepdim?: boolean, options?: { dtype?: DType | null | undefined }): Tensor {
  if (dim === undefined) {
    return wrap(call((id_sum ??= resolve('aten::sum', '')), self.handle, dtypeCode(options?.dtype)));
  }
  return wrap(call((id_sum_dim_IntList ??= resolve('aten::sum', 'dim_IntList')), self.handle, dim, keepdim, dtypeCode(options?.dtype)));
}

/** `aten::mean`, `aten::mean.dim` */
export function mean(self: Tensor, dim?: number | readonly number[], keepdim?: boolean, options?: { dtype?: DType | null | undefined }): Tensor {
  if (dim === undefined) {
    return wrap(call((id_mean ??= resolve('aten::mean', '')), self.handle, dtypeCode(options?.dtype)));
  }
  return wrap(call((id_mean_dim ??= resolve('aten::mean', 'dim')), self.handle, dim, keepdim, dtypeCode(options?.dtype)));
}

/** `aten::prod`, `aten::prod.dim_int` */
export function prod(self: Tensor, dim?: number, keepdim?: boolean, options?: { dtype?: DType | null | undefined }): Tensor {
  if (dim === undefined) {
    return wrap(call((id_prod ??= resolve('aten::prod', '')), self.handle, dtypeCode(options?.dtype)));
  }
  return wrap(call((id_prod_dim_int ??= resolve('aten::prod', 'dim_int')), self.handle, dim, keepdim, dtypeCode(options?.dtype)));
}

/** `aten::amax` */
export function amax(self: Tensor, dim?: number | readonly number[], keepdim?: boolean): Tensor {
  return wrap(call((id_amax ??= resolve('aten::amax', '')), self.handle, dim, keepdim));
}

/** `aten::amin` */
export function amin(self: Tensor, dim?: number | readonly number[], keepdim?: boolean): Tensor {
  return wrap(call((id_amin ??= resolve('aten::amin', '')), self.handle, dim, keepdim));
}

/** `aten::argmax` */
export function argmax(self: Tensor, dim?: number | null, keepdim?: boolean): Tensor {
  return wrap(call((id_argmax ??= resolve('aten::argmax', '')), self.handle, dim, keepdim));
}

/** `aten::argmin` */
export function argmin(self: Tensor, dim?: number | null, keepdim?: boolean): Tensor {
  return wrap(call((id_argmin ??= resolve('aten::argmin', '')), self.handle, dim, keepdim));
}

/** `aten::max` */
export function max(self: Tensor): Tensor {
  return wrap(call((id_max ??= resolve('aten::max', '')), self.handle));
}

/** `aten::max.dim` */
export function maxAlong(self: Tensor, dim: number, keepdim?: boolean): [Tensor, Tensor] {
  return wrapAll(call((id_max_dim ??= resolve('aten::max', 'dim')), self.handle, dim, keepdim)) as [Tensor, Tensor];
}

/** `aten::min` */
export function min(self: Tensor): Tensor {
  return wrap(call((id_min ??= resolve('aten::min', '')), self.handle));
}

/** `aten::min.dim` */
export function minAlong(self: Tensor, dim: number, keepdim?: boolean): [Tensor, Tensor] {
  return wrapAll(call((id_min_dim ??= resolve('aten::min', 'dim')), self.handle, dim, keepdim)) as [Tensor, Tensor];
}

/** `aten::any`, `aten::any.dim` */
export function any(self: Tensor, dim?: number, keepdim?: boolean): Tensor {
  if (dim === undefined) {
    return wrap(call((id_any ??= resolve('aten::any', '')), self.handle));
  }
  return wrap(call((id_any_dim ??= resolve('aten::any', 'dim')), self.handle, dim, keepdim));
}

/** `aten::all`, `aten::all.dim` */
export function all(self: Tensor, dim?: number, keepdim?: boolean): Tensor {
  if (dim === undefined) {
    return wrap(call((id_all ??= resolve('aten::all', '')), self.handle));
  }
  return wrap(call((id_all_dim ??= resolve('aten::all', 'dim')), self.handle, dim, keepdim));
}

/** `aten::cumsum` */
export function cumsum(self: Tensor, dim: number, options?: { dtype?: DType | null | undefined }): Tensor {
  return wrap(call((id_cumsum ??= resolve('aten::cumsum', '')), self.handle, dim, dtypeCode(options?.dtype)));
}

/** `aten::cumprod` */
export function cumprod(self: Tensor, dim: number, options?: { dtype?: DType | null | undefined }): Tensor {
  return wrap(call((id_cumprod ??= resolve('aten::cumprod', '')), self.handle, dim, dtypeCode(options?.dtype)));
}

/** `aten::logsumexp` */
export function logsumexp(self: Tensor, dim: number | readonly number[], keepdim?: boolean): Tensor {
  return wrap(call((id_logsumexp ??= resolve('aten::logsumexp', '')), self.handle, dim, keepdim));
}

/** `aten::std.correction` */
export function std(self: Tensor, dim?: number | readonly number[], options?: { correction?: number | null | undefined; keepdim?: boolean | undefined }): Tensor {
  return wrap(call((id_std_correction ??= resolve('aten::std', 'correction')), self.handle, dim, options?.correction, options?.keepdim));
}

/** `aten::var.correction` */
export function variance(self: Tensor, dim?: number | readonly number[], options?: { correction?: number | null | undefined; keepdim?: boolean | undefined }): Tensor {
  return wrap(call((id_var_correction ??= resolve('aten::var', 'correction')), self.handle, dim, options?.correction, options?.keepdim));
}

/** `aten::linalg_vector_norm` */
export function linalgVectorNorm(self: Tensor, ord?: number, dim?: number | readonly number[], keepdim?: boolean, options?: { dtype?: DType | null | undefined }): Tensor {
  return wrap(call((id_linalg_vector_norm ??= resolve('aten::linalg_vector_norm', '')), self.handle, ord, dim, keepdim, dtypeCode(options?.dtype)));
}

/** `aten::count_nonzero` */
export function countNonzero(self: Tensor, dim?: number | null): Tensor {
  return wrap(call((id_count_nonzero ??= resolve('aten::count_nonzero', '')), self.handle, dim));
}

/** `aten::equal` */
export function equal(self: Tensor, other: Tensor): boolean {
  return call((id_equal ??= resolve('aten::equal', '')), self.handle, other.handle) as boolean;
}

/** `aten::allclose` */
export function allclose(self: Tensor, other: Tensor, rtol?: number, atol?: number, equalNan?: boolean): boolean {
  return call((id_allclose ??= resolve('aten::allclose', '')), self.handle, other.handle, rtol, atol, equalNan) as boolean;
}

/** `aten::cummax` */
export function cummax(self: Tensor, dim: number): [Tensor, Tensor] {
  return wrapAll(call((id_cummax ??= resolve('aten::cummax', '')), self.handle, dim)) as [Tensor, Tensor];
}

/** `aten::matmul` */
export function matmul(self: Tensor, other: Tensor): Tensor {
  return wrap(call((id_matmul ??= resolve('aten::matmul', '')), self.handle, other.handle));
}

/** `aten::mm` */
export function mm(self: Tensor, mat2: Tensor): Tensor {
  return wrap(call((id_mm ??= resolve('aten::mm', '')), self.handle, mat2.handle));
}

/** `aten::bmm` */
export function bmm(self: Tensor, mat2: Tensor): Tensor {
  return wrap(call((id_bmm ??= resolve('aten::bmm', '')), self.handle, mat2.handle));
}

/** `aten::addmm` */
export function addmm(self: Tensor, mat1: Tensor, mat2: Tensor, options?: { beta?: number | undefined; alpha?: number | undefined }): Tensor {
  return wrap(call((id_addmm ??= resolve('aten::addmm', '')), self.handle, mat1.handle, mat2.handle, options?.beta, options?.alpha));
}

/** `aten::baddbmm` */
export function baddbmm(self: Tensor, batch1: Tensor, batch2: Tensor, options?: { beta?: number | undefined; alpha?: number | undefined }): Tensor {
  return wrap(call((id_baddbmm ??= resolve('aten::baddbmm', '')), self.handle, batch1.handle, batch2.handle, options?.beta, options?.alpha));
}

/** `aten::linear` */
export function linear(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return wrap(call((id_linear ??= resolve('aten::linear', '')), input.handle, weight.handle, bias?.handle));
}

/** `aten::einsum` */
export function einsum(equation: string, tensors: readonly Tensor[], options?: { path?: readonly number[] | undefined }): Tensor {
  return wrap(call((id_einsum ??= resolve('aten::einsum', '')), equation, tensors.map((tensor) => tensor.handle), options?.path));
}

/** `aten::dot` */
export function dot(self: Tensor, tensor: Tensor): Tensor {
  return wrap(call((id_dot ??= resolve('aten::dot', '')), self.handle, tensor.handle));
}

/** `aten::outer` */
export function outer(self: Tensor, vec2: Tensor): Tensor {
  return wrap(call((id_outer ??= resolve('aten::outer', '')), self.handle, vec2.handle));
}

/** `aten::mv` */
export function mv(self: Tensor, vec: Tensor): Tensor {
  return wrap(call((id_mv ??= resolve('aten::mv', '')), self.handle, vec.handle));
}

/** `aten::reshape` */
export function reshape(self: Tensor, shape: readonly number[]): Tensor {
  return wrap(call((id_reshape ??= resolve('aten::reshape', '')), self.handle, shape));
}

/** `aten::view` */
export function view(self: Tensor, size: readonly number[]): Tensor {
  return wrap(call((id_view ??= resolve('aten::view', '')), self.handle, size));
}

/** `aten::view.dtype` */
export function viewDtype(self: Tensor, dtype: DType): Tensor {
  return wrap(call((id_view_dtype ??= resolve('aten::view', 'dtype')), self.handle, dtypeCode(dtype)));
}

/** `aten::permute` */
export function permute(self: Tensor, dims: readonly number[]): Tensor {
  return wrap(call((id_permute ??= resolve('aten::permute', '')), self.handle, dims));
}

/** `aten::transpose.int` */
export function transpose(self: Tensor, dim0: number, dim1: number): Tensor {
  return wrap(call((id_transpose_int ??= resolve('aten::transpose', 'int')), self.handle, dim0, dim1));
}

/** `aten::t` */
export function t(self: Tensor): Tensor {
  return wrap(call((id_t ??= resolve('aten::t', '')), self.handle));
}

/** `aten::squeeze`, `aten::squeeze.dim` */
export function squeeze(self: Tensor, dim?: number): Tensor {
  if (dim === undefined) {
    return wrap(call((id_squeeze ??= resolve('aten::squeeze', '')), self.handle));
  }
  return wrap(call((id_squeeze_dim ??= resolve('aten::squeeze', 'dim')), self.handle, dim));
}

/** `aten::unsqueeze` */
export function unsqueeze(self: Tensor, dim: number): Tensor {
  return wrap(call((id_unsqueeze ??= resolve('aten::unsqueeze', '')), self.handle, dim));
}

/** `aten::expand` */
export function expand(self: Tensor, size: readonly number[], options?: { implicit?: boolean | undefined }): Tensor {
  return wrap(call((id_expand ??= resolve('aten::expand', '')), self.handle, size, options?.implicit));
}

/** `aten::contiguous` */
export function contiguous(self: Tensor): Tensor {
  return wrap(call((id_contiguous ??= resolve('aten::contiguous', '')), self.handle));
}

/** `aten::flatten.using_ints` */
export function flatten(self: Tensor, startDim?: number, endDim?: number): Tensor {
  return wrap(call((id_flatten_using_ints ??= resolve('aten::flatten', 'using_ints')), self.handle, startDim, endDim));
}

/** `aten::unflatten.int` */
export function unflatten(self: Tensor, dim: number, sizes: readonly number[]): Tensor {
  return wrap(call((id_unflatten_int ??= resolve('aten::unflatten', 'int')), self.handle, dim, sizes));
}

/** `aten::select.int` */
export function select(self: Tensor, dim: number, index: number): Tensor {
  return wrap(call((id_select_int ??= resolve('aten::select', 'int')), self.handle, dim, index));
}

/** `aten::slice.Tensor` */
export function slice(self: Tensor, dim?: number, start?: number | null, end?: number | null, step?: number): Tensor {
  return wrap(call((id_slice_Tensor ??= resolve('aten::slice', 'Tensor')), self.handle, dim, start, end, step));
}

/** `aten::narrow` */
export function narrow(self: Tensor, dim: number, start: number, length: number): Tensor {
  return wrap(call((id_narrow ??= resolve('aten::narrow', '')), self.handle, dim, start, length));
}

/** `aten::split.Tensor` */
export function split(self: Tensor, splitSize: number, dim?: number): Tensor[] {
  return wrapAll(call((id_split_Tensor ??= resolve('aten::split', 'Tensor')), self.handle, splitSize, dim));
}

/** `aten::split_with_sizes` */
export function splitWithSizes(self: Tensor, splitSizes: readonly number[], dim?: number): Tensor[] {
  return wrapAll(call((id_split_with_sizes ??= resolve('aten::split_with_sizes', '')), self.handle, splitSizes, dim));
}

/** `aten::chunk` */
export function chunk(self: Tensor, chunks: number, dim?: number): Tensor[] {
  return wrapAll(call((id_chunk ??= resolve('aten::chunk', '')), self.handle, chunks, dim));
}

/** `aten::unbind.int` */
export function unbind(self: Tensor, dim?: number): Tensor[] {
  return wrapAll(call((id_unbind_int ??= resolve('aten::unbind', 'int')), self.handle, dim));
}

/** `aten::cat` */
export function cat(tensors: readonly Tensor[], dim?: number): Tensor {
  return wrap(call((id_cat ??= resolve('aten::cat', '')), tensors.map((tensor) => tensor.handle), dim));
}

/** `aten::stack` */
export function stack(tensors: readonly Tensor[], dim?: number): Tensor {
  return wrap(call((id_stack ??= resolve('aten::stack', '')), tensors.map((tensor) => tensor.handle), dim));
}

/** `aten::repeat` */
export function repeat(self: Tensor, repeats: readonly number[]): Tensor {
  return wrap(call((id_repeat ??= resolve('aten::repeat', '')), self.handle, repeats));
}

/** `aten::repeat_interleave.self_Tensor`, `aten::repeat_interleave.self_int` */
export function repeatInterleave(self: Tensor, repeats: Tensor | number, dim?: number | null, options?: { outputSize?: number | null | undefined }): Tensor {
  if (repeats instanceof Tensor) {
    return wrap(call((id_repeat_interleave_self_Tensor ??= resolve('aten::repeat_interleave', 'self_Tensor')), self.handle, (repeats as Tensor).handle, dim, options?.outputSize));
  }
  return wrap(call((id_repeat_interleave_self_int ??= resolve('aten::repeat_interleave', 'self_int')), self.handle, repeats, dim, options?.outputSize));
}

/** `aten::roll` */
export function roll(self: Tensor, shifts: number | readonly number[], dims?: number | readonly number[]): Tensor {
  return wrap(call((id_roll ??= resolve('aten::roll', '')), self.handle, shifts, dims));
}

/** `aten::flip` */
export function flip(self: Tensor, dims: readonly number[]): Tensor {
  return wrap(call((id_flip ??= resolve('aten::flip', '')), self.handle, dims));
}

/** `aten::tril` */
export function tril(self: Tensor, diagonal?: number): Tensor {
  return wrap(call((id_tril ??= resolve('aten::tril', '')), self.handle, diagonal));
}

/** `aten::triu` */
export function triu(self: Tensor, diagonal?: number): Tensor {
  return wrap(call((id_triu ??= resolve('aten::triu', '')), self.handle, diagonal));
}

/** `aten::pad` */
export function pad(self: Tensor, pads: readonly number[], mode?: string, value?: number | null): Tensor {
  return wrap(call((id_pad ??= resolve('aten::pad', '')), self.handle, pads, mode, value));
}

/** `aten::constant_pad_nd` */
export function constantPadNd(self: Tensor, pad: readonly number[], value?: number): Tensor {
  return wrap(call((id_constant_pad_nd ??= resolve('aten::constant_pad_nd', '')), self.handle, pad, value));
}

/** `aten::tile` */
export function tile(self: Tensor, dims: readonly number[]): Tensor {
  return wrap(call((id_tile ??= resolve('aten::tile', '')), self.handle, dims));
}

/** `aten::clone` */
export function clone(self: Tensor): Tensor {
  return wrap(call((id_clone ??= resolve('aten::clone', '')), self.handle));
}

/** `aten::detach` */
export function detach(self: Tensor): Tensor {
  return wrap(call((id_detach ??= resolve('aten::detach', '')), self.handle));
}

/** `aten::alias` */
export function alias(self: Tensor): Tensor {
  return wrap(call((id_alias ??= resolve('aten::alias', '')), self.handle));
}

/** `aten::diagonal` */
export function diagonal(self: Tensor, offset?: number, dim1?: number, dim2?: number): Tensor {
  return wrap(call((id_diagonal ??= resolve('aten::diagonal', '')), self.handle, offset, dim1, dim2));
}

/** `aten::movedim.int` */
export function movedim(self: Tensor, source: number, destination: number): Tensor {
  return wrap(call((id_movedim_int ??= resolve('aten::movedim', 'int')), self.handle, source, destination));
}

/** `aten::to.dtype` */
export function toDtype(self: Tensor, dtype: DType, nonBlocking?: boolean, copy?: boolean): Tensor {
  return wrap(call((id_to_dtype ??= resolve('aten::to', 'dtype')), self.handle, dtypeCode(dtype), nonBlocking, copy));
}

/** `aten::_to_copy` */
export function toCopy(self: Tensor, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined; nonBlocking?: boolean | undefined }): Tensor {
  return wrap(call((id__to_copy ??= resolve('aten::_to_copy', '')), self.handle, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory, options?.nonBlocking));
}

/** `aten::pin_memory` */
export function pinMemory(self: Tensor, device?: string | null): Tensor {
  return wrap(call((id_pin_memory ??= resolve('aten::pin_memory', '')), self.handle, device));
}

/** `aten::as_strided` */
export function asStrided(self: Tensor, size: readonly number[], stride: readonly number[], storageOffset?: number | null): Tensor {
  return wrap(call((id_as_strided ??= resolve('aten::as_strided', '')), self.handle, size, stride, storageOffset));
}

/** `aten::unfold` */
export function unfold(self: Tensor, dimension: number, size: number, step: number): Tensor {
  return wrap(call((id_unfold ??= resolve('aten::unfold', '')), self.handle, dimension, size, step));
}

/** `aten::broadcast_to` */
export function broadcastTo(self: Tensor, size: readonly number[]): Tensor {
  return wrap(call((id_broadcast_to ??= resolve('aten::broadcast_to', '')), self.handle, size));
}

/** `aten::index.Tensor` */
export function index(self: Tensor, indices: readonly (Tensor | null)[]): Tensor {
  return wrap(call((id_index_Tensor ??= resolve('aten::index', 'Tensor')), self.handle, indices.map(handleOf)));
}

/** `aten::index_select` */
export function indexSelect(self: Tensor, dim: number, index: Tensor): Tensor {
  return wrap(call((id_index_select ??= resolve('aten::index_select', '')), self.handle, dim, index.handle));
}

/** `aten::gather` */
export function gather(self: Tensor, dim: number, index: Tensor, options?: { sparseGrad?: boolean | undefined }): Tensor {
  return wrap(call((id_gather ??= resolve('aten::gather', '')), self.handle, dim, index.handle, options?.sparseGrad));
}

/** `aten::scatter.value`, `aten::scatter.src` */
export function scatter(self: Tensor, dim: number, index: Tensor, value: number | Tensor): Tensor {
  if (typeof value === 'number') {
    return wrap(call((id_scatter_value ??= resolve('aten::scatter', 'value')), self.handle, dim, index.handle, value));
  }
  return wrap(call((id_scatter_src ??= resolve('aten::scatter', 'src')), self.handle, dim, index.handle, (value as Tensor).handle));
}

/** `aten::scatter_add` */
export function scatterAdd(self: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  return wrap(call((id_scatter_add ??= resolve('aten::scatter_add', '')), self.handle, dim, index.handle, src.handle));
}

/** `aten::index_put` */
export function indexPut(self: Tensor, indices: readonly (Tensor | null)[], values: Tensor, accumulate?: boolean): Tensor {
  return wrap(call((id_index_put ??= resolve('aten::index_put', '')), self.handle, indices.map(handleOf), values.handle, accumulate));
}

/** `aten::index_add` */
export function indexAdd(self: Tensor, dim: number, index: Tensor, source: Tensor, options?: { alpha?: number | undefined }): Tensor {
  return wrap(call((id_index_add ??= resolve('aten::index_add', '')), self.handle, dim, index.handle, source.handle, options?.alpha));
}

/** `aten::index_copy` */
export function indexCopy(self: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  return wrap(call((id_index_copy ??= resolve('aten::index_copy', '')), self.handle, dim, index.handle, source.handle));
}

/** `aten::masked_select` */
export function maskedSelect(self: Tensor, mask: Tensor): Tensor {
  return wrap(call((id_masked_select ??= resolve('aten::masked_select', '')), self.handle, mask.handle));
}

/** `aten::masked_fill.Scalar`, `aten::masked_fill.Tensor` */
export function maskedFill(self: Tensor, mask: Tensor, value: number | Tensor): Tensor {
  if (typeof value === 'number') {
    return wrap(call((id_masked_fill_Scalar ??= resolve('aten::masked_fill', 'Scalar')), self.handle, mask.handle, value));
  }
  return wrap(call((id_masked_fill_Tensor ??= resolve('aten::masked_fill', 'Tensor')), self.handle, mask.handle, (value as Tensor).handle));
}

/** `aten::masked_scatter` */
export function maskedScatter(self: Tensor, mask: Tensor, source: Tensor): Tensor {
  return wrap(call((id_masked_scatter ??= resolve('aten::masked_scatter', '')), self.handle, mask.handle, source.handle));
}

/** `aten::take` */
export function take(self: Tensor, index: Tensor): Tensor {
  return wrap(call((id_take ??= resolve('aten::take', '')), self.handle, index.handle));
}

/** `aten::take_along_dim` */
export function takeAlongDim(self: Tensor, indices: Tensor, dim?: number | null): Tensor {
  return wrap(call((id_take_along_dim ??= resolve('aten::take_along_dim', '')), self.handle, indices.handle, dim));
}

/** `aten::nonzero` */
export function nonzero(self: Tensor): Tensor {
  return wrap(call((id_nonzero ??= resolve('aten::nonzero', '')), self.handle));
}

/** `aten::embedding` */
export function embedding(weight: Tensor, indices: Tensor, paddingIdx?: number, scaleGradByFreq?: boolean, sparse?: boolean): Tensor {
  return wrap(call((id_embedding ??= resolve('aten::embedding', '')), weight.handle, indices.handle, paddingIdx, scaleGradByFreq, sparse));
}

/** `aten::one_hot` */
export function oneHot(self: Tensor, numClasses?: number): Tensor {
  return wrap(call((id_one_hot ??= resolve('aten::one_hot', '')), self.handle, numClasses));
}

/** `aten::searchsorted.Tensor` */
export function searchsorted(sortedSequence: Tensor, self: Tensor, options?: { outInt32?: boolean | undefined; right?: boolean | undefined; side?: string | null | undefined; sorter?: Tensor | null | undefined }): Tensor {
  return wrap(call((id_searchsorted_Tensor ??= resolve('aten::searchsorted', 'Tensor')), sortedSequence.handle, self.handle, options?.outInt32, options?.right, options?.side, options?.sorter?.handle));
}

/** `aten::sort` */
export function sort(self: Tensor, dim?: number, descending?: boolean): [Tensor, Tensor] {
  return wrapAll(call((id_sort ??= resolve('aten::sort', '')), self.handle, dim, descending)) as [Tensor, Tensor];
}

/** `aten::topk` */
export function topk(self: Tensor, k: number, dim?: number, largest?: boolean, sorted?: boolean): [Tensor, Tensor] {
  return wrapAll(call((id_topk ??= resolve('aten::topk', '')), self.handle, k, dim, largest, sorted)) as [Tensor, Tensor];
}

/** `aten::argsort` */
export function argsort(self: Tensor, dim?: number, descending?: boolean): Tensor {
  return wrap(call((id_argsort ??= resolve('aten::argsort', '')), self.handle, dim, descending));
}

/** `aten::kthvalue` */
export function kthvalue(self: Tensor, k: number, dim?: number, keepdim?: boolean): [Tensor, Tensor] {
  return wrapAll(call((id_kthvalue ??= resolve('aten::kthvalue', '')), self.handle, k, dim, keepdim)) as [Tensor, Tensor];
}

/** `aten::bucketize.Tensor` */
export function bucketize(self: Tensor, boundaries: Tensor, options?: { outInt32?: boolean | undefined; right?: boolean | undefined }): Tensor {
  return wrap(call((id_bucketize_Tensor ??= resolve('aten::bucketize', 'Tensor')), self.handle, boundaries.handle, options?.outInt32, options?.right));
}

/** `aten::zeros` */
export function zeros(size: readonly number[], options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_zeros ??= resolve('aten::zeros', '')), size, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::ones` */
export function ones(size: readonly number[], options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_ones ??= resolve('aten::ones', '')), size, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::full` */
export function full(size: readonly number[], fillValue: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_full ??= resolve('aten::full', '')), size, fillValue, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::empty.memory_format` */
export function empty(size: readonly number[], options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_empty_memory_format ??= resolve('aten::empty', 'memory_format')), size, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::eye` */
export function eye(n: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_eye ??= resolve('aten::eye', '')), n, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::arange`, `aten::arange.start_step` */
export function arange(start: number, end?: number, step?: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  if (end === undefined) {
    return wrap(call((id_arange ??= resolve('aten::arange', '')), start, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
  }
  return wrap(call((id_arange_start_step ??= resolve('aten::arange', 'start_step')), start, end, step, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::linspace` */
export function linspace(start: number, end: number, steps: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_linspace ??= resolve('aten::linspace', '')), start, end, steps, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::rand` */
export function rand(size: readonly number[], options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_rand ??= resolve('aten::rand', '')), size, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::randn` */
export function randn(size: readonly number[], options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_randn ??= resolve('aten::randn', '')), size, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::randint.low` */
export function randint(low: number, high: number, size: readonly number[], options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_randint_low ??= resolve('aten::randint', 'low')), low, high, size, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory));
}

/** `aten::randperm` */
export function randperm(n: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_randperm ??= resolve('aten::randperm', '')), n, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory));
}

/** `aten::zeros_like` */
export function zerosLike(self: Tensor, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_zeros_like ??= resolve('aten::zeros_like', '')), self.handle, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory));
}

/** `aten::ones_like` */
export function onesLike(self: Tensor, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_ones_like ??= resolve('aten::ones_like', '')), self.handle, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory));
}

/** `aten::full_like` */
export function fullLike(self: Tensor, fillValue: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_full_like ??= resolve('aten::full_like', '')), self.handle, fillValue, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory));
}

/** `aten::empty_like` */
export function emptyLike(self: Tensor, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_empty_like ??= resolve('aten::empty_like', '')), self.handle, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory));
}

/** `aten::rand_like` */
export function randLike(self: Tensor, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_rand_like ??= resolve('aten::rand_like', '')), self.handle, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory));
}

/** `aten::randn_like` */
export function randnLike(self: Tensor, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_randn_like ??= resolve('aten::randn_like', '')), self.handle, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory));
}

/** `aten::scalar_tensor` */
export function scalarTensor(s: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_scalar_tensor ??= resolve('aten::scalar_tensor', '')), s, dtypeCode(options?.dtype ?? 'f32'), undefined, options?.device, options?.pinMemory));
}

/** `aten::from_file` */
export function fromFile(filename: string, shared?: boolean | null, size?: number | null, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
  return wrap(call((id_from_file ??= resolve('aten::from_file', '')), filename, shared, size, dtypeCode(options?.dtype), undefined, options?.device, options?.pinMemory));
}

/** `aten::softmax.int` */
export function softmax(self: Tensor, dim: number, dtype?: DType | null): Tensor {
  return wrap(call((id_softmax_int ??= resolve('aten::softmax', 'int')), self.handle, dim, dtypeCode(dtype)));
}

/** `aten::log_softmax.int` */
export function logSoftmax(self: Tensor, dim: number, dtype?: DType | null): Tensor {
  return wrap(call((id_log_softmax_int ??= resolve('aten::log_softmax', 'int')), self.handle, dim, dtypeCode(dtype)));
}

/** `aten::layer_norm` */
export function layerNorm(input: Tensor, normalizedShape: readonly number[], weight?: Tensor | null, bias?: Tensor | null, eps?: number, cudnnEnable?: boolean): Tensor {
  return wrap(call((id_layer_norm ??= resolve('aten::layer_norm', '')), input.handle, normalizedShape, weight?.handle, bias?.handle, eps, cudnnEnable));
}

/** `aten::rms_norm` */
export function rmsNorm(input: Tensor, normalizedShape: readonly number[], weight?: Tensor | null, eps?: number | null): Tensor {
  id_rms_norm ??= find('aten::rms_norm', '');
  if (id_rms_norm < 0) return composed.rmsNorm(input, normalizedShape, weight, eps);
  return wrap(call(id_rms_norm, input.handle, normalizedShape, weight?.handle, eps));
}

/** `aten::group_norm` */
export function groupNorm(input: Tensor, numGroups: number, weight?: Tensor | null, bias?: Tensor | null, eps?: number, cudnnEnabled?: boolean): Tensor {
  return wrap(call((id_group_norm ??= resolve('aten::group_norm', '')), input.handle, numGroups, weight?.handle, bias?.handle, eps, cudnnEnabled));
}

/** `aten::dropout` */
export function dropout(input: Tensor, p: number, train: boolean): Tensor {
  return wrap(call((id_dropout ??= resolve('aten::dropout', '')), input.handle, p, train));
}

/** `aten::conv1d` */
export function conv1d(input: Tensor, weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], groups?: number): Tensor {
  return wrap(call((id_conv1d ??= resolve('aten::conv1d', '')), input.handle, weight.handle, bias?.handle, stride, padding, dilation, groups));
}

/** `aten::conv2d` */
export function conv2d(input: Tensor, weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], groups?: number): Tensor {
  return wrap(call((id_conv2d ??= resolve('aten::conv2d', '')), input.handle, weight.handle, bias?.handle, stride, padding, dilation, groups));
}

/** `aten::conv3d` */
export function conv3d(input: Tensor, weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], groups?: number): Tensor {
  return wrap(call((id_conv3d ??= resolve('aten::conv3d', '')), input.handle, weight.handle, bias?.handle, stride, padding, dilation, groups));
}

/** `aten::scaled_dot_product_attention` */
export function scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, attnMask?: Tensor | null, dropoutP?: number, isCausal?: boolean, options?: { scale?: number | null | undefined; enableGqa?: boolean | undefined }): Tensor {
  id_scaled_dot_product_attention ??= find('aten::scaled_dot_product_attention', '');
  if (id_scaled_dot_product_attention < 0) return composed.scaledDotProductAttention(query, key, value, attnMask, dropoutP, isCausal, options);
  return wrap(call(id_scaled_dot_product_attention, query.handle, key.handle, value.handle, attnMask?.handle, dropoutP, isCausal, options?.scale, options?.enableGqa));
}

/** `aten::cross_entropy_loss` */
export function crossEntropyLoss(self: Tensor, target: Tensor, weight?: Tensor | null, reduction?: number, ignoreIndex?: number, labelSmoothing?: number): Tensor {
  return wrap(call((id_cross_entropy_loss ??= resolve('aten::cross_entropy_loss', '')), self.handle, target.handle, weight?.handle, reduction, ignoreIndex, labelSmoothing));
}

/** `aten::nll_loss` */
export function nllLoss(self: Tensor, target: Tensor, weight?: Tensor | null, reduction?: number, ignoreIndex?: number): Tensor {
  return wrap(call((id_nll_loss ??= resolve('aten::nll_loss', '')), self.handle, target.handle, weight?.handle, reduction, ignoreIndex));
}

/** `aten::mse_loss` */
export function mseLoss(self: Tensor, target: Tensor, reduction?: number): Tensor {
  return wrap(call((id_mse_loss ??= resolve('aten::mse_loss', '')), self.handle, target.handle, reduction));
}

/** `aten::binary_cross_entropy_with_logits` */
export function binaryCrossEntropyWithLogits(self: Tensor, target: Tensor, weight?: Tensor | null, posWeight?: Tensor | null, reduction?: number): Tensor {
  return wrap(call((id_binary_cross_entropy_with_logits ??= resolve('aten::binary_cross_entropy_with_logits', '')), self.handle, target.handle, weight?.handle, posWeight?.handle, reduction));
}

/** `aten::kl_div` */
export function klDiv(self: Tensor, target: Tensor, reduction?: number, options?: { logTarget?: boolean | undefined }): Tensor {
  return wrap(call((id_kl_div ??= resolve('aten::kl_div', '')), self.handle, target.handle, reduction, options?.logTarget));
}

/** `aten::smooth_l1_loss` */
export function smoothL1Loss(self: Tensor, target: Tensor, reduction?: number, beta?: number): Tensor {
  return wrap(call((id_smooth_l1_loss ??= resolve('aten::smooth_l1_loss', '')), self.handle, target.handle, reduction, beta));
}

/** `aten::glu` */
export function glu(self: Tensor, dim?: number): Tensor {
  return wrap(call((id_glu ??= resolve('aten::glu', '')), self.handle, dim));
}

/** `aten::upsample_bicubic2d` */
export function upsampleBicubic2d(self: Tensor, outputSize: number | readonly number[], alignCorners: boolean, scalesH?: number | null, scalesW?: number | null): Tensor {
  return wrap(call((id_upsample_bicubic2d ??= resolve('aten::upsample_bicubic2d', '')), self.handle, outputSize, alignCorners, scalesH, scalesW));
}

/** `aten::upsample_bilinear2d` */
export function upsampleBilinear2d(self: Tensor, outputSize: number | readonly number[], alignCorners: boolean, scalesH?: number | null, scalesW?: number | null): Tensor {
  return wrap(call((id_upsample_bilinear2d ??= resolve('aten::upsample_bilinear2d', '')), self.handle, outputSize, alignCorners, scalesH, scalesW));
}

/** `aten::_upsample_bicubic2d_aa` */
export function upsampleBicubic2dAa(self: Tensor, outputSize: number | readonly number[], alignCorners: boolean, scalesH?: number | null, scalesW?: number | null): Tensor {
  return wrap(call((id__upsample_bicubic2d_aa ??= resolve('aten::_upsample_bicubic2d_aa', '')), self.handle, outputSize, alignCorners, scalesH, scalesW));
}

/** `aten::avg_pool2d` */
export function avgPool2d(self: Tensor, kernelSize: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], ceilMode?: boolean, countIncludePad?: boolean, divisorOverride?: number | null): Tensor {
  return wrap(call((id_avg_pool2d ??= resolve('aten::avg_pool2d', '')), self.handle, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride));
}

/** `aten::bernoulli`, `aten::bernoulli.p` */
export function bernoulli(self: Tensor, p?: number): Tensor {
  if (p === undefined) {
    return wrap(call((id_bernoulli ??= resolve('aten::bernoulli', '')), self.handle));
  }
  return wrap(call((id_bernoulli_p ??= resolve('aten::bernoulli', 'p')), self.handle, p));
}

/** `aten::multinomial` */
export function multinomial(self: Tensor, numSamples: number, replacement?: boolean): Tensor {
  return wrap(call((id_multinomial ??= resolve('aten::multinomial', '')), self.handle, numSamples, replacement));
}

/** `aten::_fused_adamw_` */
export function fusedAdamw_(self: readonly Tensor[], grads: readonly Tensor[], expAvgs: readonly Tensor[], expAvgSqs: readonly Tensor[], maxExpAvgSqs: readonly Tensor[], stateSteps: readonly Tensor[], options: { lr: number; beta1: number; beta2: number; weightDecay: number; eps: number; amsgrad: boolean; maximize: boolean; gradScale?: Tensor | null | undefined; foundInf?: Tensor | null | undefined }): void {
  id__fused_adamw_ ??= find('aten::_fused_adamw_', '');
  if (id__fused_adamw_ < 0) return composed.fusedAdamw_(self, grads, expAvgs, expAvgSqs, maxExpAvgSqs, stateSteps, options);
  call(id__fused_adamw_, self.map((tensor) => tensor.handle), grads.map((tensor) => tensor.handle), expAvgs.map((tensor) => tensor.handle), expAvgSqs.map((tensor) => tensor.handle), maxExpAvgSqs.map((tensor) => tensor.handle), stateSteps.map((tensor) => tensor.handle), options.lr, options.beta1, options.beta2, options.weightDecay, options.eps, options.amsgrad, options.maximize, options?.gradScale?.handle, options?.foundInf?.handle);
}

/** `aten::_foreach_add_.Scalar`, `aten::_foreach_add_.List` */
export function foreachAdd_(self: readonly Tensor[], scalar: number | readonly Tensor[], options?: { alpha?: number | undefined }): void {
  if (typeof scalar === 'number') {
    call((id__foreach_add__Scalar ??= resolve('aten::_foreach_add_', 'Scalar')), self.map((tensor) => tensor.handle), scalar);
    return;
  }
  call((id__foreach_add__List ??= resolve('aten::_foreach_add_', 'List')), self.map((tensor) => tensor.handle), scalar.map((tensor) => tensor.handle), options?.alpha);
}

/** `aten::_foreach_mul_.Scalar`, `aten::_foreach_mul_.Tensor`, `aten::_foreach_mul_.List` */
export function foreachMul_(self: readonly Tensor[], scalar: number | Tensor | readonly Tensor[]): void {
  if (typeof scalar === 'number') {
    call((id__foreach_mul__Scalar ??= resolve('aten::_foreach_mul_', 'Scalar')), self.map((tensor) => tensor.handle), scalar);
    return;
  }
  if (scalar instanceof Tensor) {
    id__foreach_mul__Tensor ??= find('aten::_foreach_mul_', 'Tensor');
    if (id__foreach_mul__Tensor < 0) return composed.foreachMul_(self, scalar as Tensor);
    call(id__foreach_mul__Tensor, self.map((tensor) => tensor.handle), (scalar as Tensor).handle);
    return;
  }
  call((id__foreach_mul__List ??= resolve('aten::_foreach_mul_', 'List')), self.map((tensor) => tensor.handle), scalar.map((tensor) => tensor.handle));
}

/** `aten::_foreach_copy_` */
export function foreachCopy_(self: readonly Tensor[], src: readonly Tensor[], nonBlocking?: boolean): void {
  id__foreach_copy_ ??= find('aten::_foreach_copy_', '');
  if (id__foreach_copy_ < 0) return composed.foreachCopy_(self, src, nonBlocking);
  call(id__foreach_copy_, self.map((tensor) => tensor.handle), src.map((tensor) => tensor.handle), nonBlocking);
}

/** `aten::_foreach_norm.Scalar` */
export function foreachNorm(self: readonly Tensor[], ord?: number, dtype?: DType | null): Tensor[] {
  return wrapAll(call((id__foreach_norm_Scalar ??= resolve('aten::_foreach_norm', 'Scalar')), self.map((tensor) => tensor.handle), ord, dtypeCode(dtype)));
}

/** `aten::_foreach_zero_` */
export function foreachZero_(self: readonly Tensor[]): void {
  call((id__foreach_zero_ ??= resolve('aten::_foreach_zero_', '')), self.map((tensor) => tensor.handle));
}

/** `aten::_foreach_addcdiv_.Scalar` */
export function foreachAddcdiv_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], value?: number): void {
  call((id__foreach_addcdiv__Scalar ??= resolve('aten::_foreach_addcdiv_', 'Scalar')), self.map((tensor) => tensor.handle), tensor1.map((tensor) => tensor.handle), tensor2.map((tensor) => tensor.handle), value);
}

/** `aten::_foreach_lerp_.Scalar` */
export function foreachLerp_(self: readonly Tensor[], tensors1: readonly Tensor[], weight: number): void {
  id__foreach_lerp__Scalar ??= find('aten::_foreach_lerp_', 'Scalar');
  if (id__foreach_lerp__Scalar < 0) return composed.foreachLerp_(self, tensors1, weight);
  call(id__foreach_lerp__Scalar, self.map((tensor) => tensor.handle), tensors1.map((tensor) => tensor.handle), weight);
}

/** `aten::_foreach_sqrt` */
export function foreachSqrt(self: readonly Tensor[]): Tensor[] {
  return wrapAll(call((id__foreach_sqrt ??= resolve('aten::_foreach_sqrt', '')), self.map((tensor) => tensor.handle)));
}

/** `aten::_foreach_div_.Scalar`, `aten::_foreach_div_.Tensor`, `aten::_foreach_div_.List` */
export function foreachDiv_(self: readonly Tensor[], scalar: number | Tensor | readonly Tensor[]): void {
  if (typeof scalar === 'number') {
    call((id__foreach_div__Scalar ??= resolve('aten::_foreach_div_', 'Scalar')), self.map((tensor) => tensor.handle), scalar);
    return;
  }
  if (scalar instanceof Tensor) {
    call((id__foreach_div__Tensor ??= resolve('aten::_foreach_div_', 'Tensor')), self.map((tensor) => tensor.handle), (scalar as Tensor).handle);
    return;
  }
  call((id__foreach_div__List ??= resolve('aten::_foreach_div_', 'List')), self.map((tensor) => tensor.handle), scalar.map((tensor) => tensor.handle));
}

/** `vl_rethinker::decode_attention` */
export function decodeAttention(qkv: Tensor, cos: Tensor, sin: Tensor, own: Tensor, keys: Tensor, values: Tensor, rows: Tensor, now: number): Tensor {
  return wrap(call((id_decode_attention ??= resolve('vl_rethinker::decode_attention', '')), qkv.handle, cos.handle, sin.handle, own.handle, keys.handle, values.handle, rows.handle, now));
}

/** `vl_rethinker::row_norm` */
export function rowNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  return wrap(call((id_row_norm ??= resolve('vl_rethinker::row_norm', '')), x.handle, weight.handle, epsilon));
}

/** `vl_rethinker::gated` */
export function gated(both: Tensor): Tensor {
  return wrap(call((id_gated ??= resolve('vl_rethinker::gated', '')), both.handle));
}

/** `vl_rethinker::draw_ids` */
export function drawIds(logits: Tensor, shares: Tensor): [Tensor, Tensor] {
  return wrapAll(call((id_draw_ids ??= resolve('vl_rethinker::draw_ids', '')), logits.handle, shares.handle)) as [Tensor, Tensor];
}

/** `aten::_backward` */
export function backwardInto(self: Tensor, inputs: readonly Tensor[], gradient?: Tensor | null, retainGraph?: boolean | null, createGraph?: boolean): void {
  call((id__backward ??= resolve('aten::_backward', '')), self.handle, inputs.map((tensor) => tensor.handle), gradient?.handle, retainGraph, createGraph);
}

/** A tensor of libtorch. Methods are its operators; those ending in `_` change it in place. */
export class Tensor extends TensorCore {
  /**
   * Casts or moves; the same tensor when nothing changes: `x.to('bf16')`, `x.to('cuda:0')`.
   */
  to(target: DType | (string & {}), options?: { nonBlocking?: boolean }): Tensor {
    const dtype = dtypeCode(target as DType);
    if (typeof dtype === 'number') return this.dtype === target ? this : toDtype(this, target as DType);
    return this.device === target ? this : toCopy(this, { device: target, ...options });
  }
  /**
   * Reorders, splits and joins axes: `x.rearrange('b t (h d) -> b h t d', { h: 8 })`. Letters without
   * a size are inferred; steps that change nothing are skipped. Errors quote pattern, axis and shape.
   */
  rearrange(pattern: string, sizes?: Readonly<Record<string, number>>): Tensor {
    return rearrange(this, pattern, sizes);
  }
  /** Adds the gradient of this (a scalar unless `grad` is given) to `.grad` of the leaves. */
  backward(options?: { grad?: Tensor; retainGraph?: boolean; createGraph?: boolean; inputs?: readonly Tensor[] }): void {
    const inputs = options?.inputs?.map((input) => input.handle) ?? null;
    const grads = options?.grad === undefined ? null : [options.grad.handle];
    const create = options?.createGraph ?? false;
    native.backward([this.handle], grads, inputs, options?.retainGraph ?? create, create);
  }
  /** The accumulated gradient of a leaf as a tensor of its own, or null. */
  get grad(): Tensor | null {
    const handle = native.gradOf(this.handle);
    return handle === null ? null : wrap(handle);
  }
  set grad(value: Tensor | null) {
    native.setGrad(this.handle, handleOf(value));
  }
  abs(): Tensor {
    return abs(this);
  }
  neg(): Tensor {
    return neg(this);
  }
  exp(): Tensor {
    return exp(this);
  }
  expm1(): Tensor {
    return expm1(this);
  }
  log(): Tensor {
    return log(this);
  }
  log1p(): Tensor {
    return log1p(this);
  }
  sqrt(): Tensor {
    return sqrt(this);
  }
  rsqrt(): Tensor {
    return rsqrt(this);
  }
  square(): Tensor {
    return square(this);
  }
  reciprocal(): Tensor {
    return reciprocal(this);
  }
  sign(): Tensor {
    return sign(this);
  }
  sin(): Tensor {
    return sin(this);
  }
  cos(): Tensor {
    return cos(this);
  }
  tanh(): Tensor {
    return tanh(this);
  }
  sigmoid(): Tensor {
    return sigmoid(this);
  }
  relu(): Tensor {
    return relu(this);
  }
  silu(): Tensor {
    return silu(this);
  }
  gelu(options?: { approximate?: string | undefined }): Tensor {
    return gelu(this, options);
  }
  erf(): Tensor {
    return erf(this);
  }
  floor(): Tensor {
    return floor(this);
  }
  ceil(): Tensor {
    return ceil(this);
  }
  round(): Tensor {
    return round(this);
  }
  isfinite(): Tensor {
    return isfinite(this);
  }
  isnan(): Tensor {
    return isnan(this);
  }
  logicalAnd(other: Tensor): Tensor {
    return logicalAnd(this, other);
  }
  logicalOr(other: Tensor): Tensor {
    return logicalOr(this, other);
  }
  logicalNot(): Tensor {
    return logicalNot(this);
  }
  logSigmoid(): Tensor {
    return logSigmoid(this);
  }
  minimum(other: Tensor): Tensor {
    return minimum(this, other);
  }
  maximum(other: Tensor): Tensor {
    return maximum(this, other);
  }
  atan2(other: Tensor): Tensor {
    return atan2(this, other);
  }
  softplus(beta?: number, threshold?: number): Tensor {
    return softplus(this, beta, threshold);
  }
  trunc(): Tensor {
    return trunc(this);
  }
  logaddexp(other: Tensor): Tensor {
    return logaddexp(this, other);
  }
  add(other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
    return add(this, other, options);
  }
  sub(other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
    return sub(this, other, options);
  }
  mul(other: number | Tensor): Tensor {
    return mul(this, other);
  }
  div(other: number | Tensor): Tensor {
    return div(this, other);
  }
  rsub(other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
    return rsub(this, other, options);
  }
  pow(exponent: number | Tensor): Tensor {
    return pow(this, exponent);
  }
  remainder(other: number | Tensor): Tensor {
    return remainder(this, other);
  }
  floorDivide(other: number | Tensor): Tensor {
    return floorDivide(this, other);
  }
  divMode(other: Tensor, options: { roundingMode: string | null }): Tensor {
    return divMode(this, other, options);
  }
  fmod(other: number | Tensor): Tensor {
    return fmod(this, other);
  }
  eq(other: number | Tensor): Tensor {
    return eq(this, other);
  }
  ne(other: number | Tensor): Tensor {
    return ne(this, other);
  }
  lt(other: number | Tensor): Tensor {
    return lt(this, other);
  }
  le(other: number | Tensor): Tensor {
    return le(this, other);
  }
  gt(other: number | Tensor): Tensor {
    return gt(this, other);
  }
  ge(other: number | Tensor): Tensor {
    return ge(this, other);
  }
  clamp(min?: number | null, max?: number | null): Tensor {
    return clamp(this, min, max);
  }
  clampMin(min: number): Tensor {
    return clampMin(this, min);
  }
  clampMax(max: number): Tensor {
    return clampMax(this, max);
  }
  addcmul(tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): Tensor {
    return addcmul(this, tensor1, tensor2, options);
  }
  addcdiv(tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): Tensor {
    return addcdiv(this, tensor1, tensor2, options);
  }
  lerp(end: Tensor, weight: number | Tensor): Tensor {
    return lerp(this, end, weight);
  }
  bitwiseAnd(other: number | Tensor): Tensor {
    return bitwiseAnd(this, other);
  }
  bitwiseOr(other: number | Tensor): Tensor {
    return bitwiseOr(this, other);
  }
  bitwiseXor(other: number | Tensor): Tensor {
    return bitwiseXor(this, other);
  }
  bitwiseLeftShift(other: number): Tensor {
    return bitwiseLeftShift(this, other);
  }
  bitwiseRightShift(other: number): Tensor {
    return bitwiseRightShift(this, other);
  }
  add_(other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
    return add_(this, other, options);
  }
  sub_(other: number | Tensor, options?: { alpha?: number | undefined }): Tensor {
    return sub_(this, other, options);
  }
  mul_(other: number | Tensor): Tensor {
    return mul_(this, other);
  }
  div_(other: number | Tensor): Tensor {
    return div_(this, other);
  }
  neg_(): Tensor {
    return neg_(this);
  }
  exp_(): Tensor {
    return exp_(this);
  }
  sqrt_(): Tensor {
    return sqrt_(this);
  }
  zero_(): Tensor {
    return zero_(this);
  }
  clamp_(min?: number | null, max?: number | null): Tensor {
    return clamp_(this, min, max);
  }
  addcmul_(tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): Tensor {
    return addcmul_(this, tensor1, tensor2, options);
  }
  addcdiv_(tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): Tensor {
    return addcdiv_(this, tensor1, tensor2, options);
  }
  lerp_(end: Tensor, weight: number | Tensor): Tensor {
    return lerp_(this, end, weight);
  }
  fill_(value: number | Tensor): Tensor {
    return fill_(this, value);
  }
  copy_(src: Tensor, nonBlocking?: boolean): Tensor {
    return copy_(this, src, nonBlocking);
  }
  maskedFill_(mask: Tensor, value: number | Tensor): Tensor {
    return maskedFill_(this, mask, value);
  }
  indexCopy_(dim: number, index: Tensor, source: Tensor): Tensor {
    return indexCopy_(this, dim, index, source);
  }
  indexAdd_(dim: number, index: Tensor, source: Tensor, options?: { alpha?: number | undefined }): Tensor {
    return indexAdd_(this, dim, index, source, options);
  }
  indexPut_(indices: readonly (Tensor | null)[], values: Tensor, accumulate?: boolean): Tensor {
    return indexPut_(this, indices, values, accumulate);
  }
  scatter_(dim: number, index: Tensor, value: number | Tensor): Tensor {
    return scatter_(this, dim, index, value);
  }
  scatterAdd_(dim: number, index: Tensor, src: Tensor): Tensor {
    return scatterAdd_(this, dim, index, src);
  }
  requiresGrad_(requiresGrad?: boolean): Tensor {
    return requiresGrad_(this, requiresGrad);
  }
  cumsum_(dim: number, options?: { dtype?: DType | null | undefined }): Tensor {
    return cumsum_(this, dim, options);
  }
  clampMin_(min: number): Tensor {
    return clampMin_(this, min);
  }
  uniform_(from?: number, to?: number): Tensor {
    return uniform_(this, from, to);
  }
  normal_(mean?: number, std?: number): Tensor {
    return normal_(this, mean, std);
  }
  exponential_(lambd?: number): Tensor {
    return exponential_(this, lambd);
  }
  bernoulli_(p?: number): Tensor {
    return bernoulli_(this, p);
  }
  random_(from: number, to: number | null): Tensor {
    return random_(this, from, to);
  }
  maskedScatter_(mask: Tensor, source: Tensor): Tensor {
    return maskedScatter_(this, mask, source);
  }
  silu_(): Tensor {
    return silu_(this);
  }
  indexFill_(dim: number, index: Tensor, value: number | Tensor): Tensor {
    return indexFill_(this, dim, index, value);
  }
  bitwiseXor_(other: number | Tensor): Tensor {
    return bitwiseXor_(this, other);
  }
  sum(dim?: number | readonly number[], keepdim?: boolean, options?: { dtype?: DType | null | undefined }): Tensor {
    return sum(this, dim, keepdim, options);
  }
  mean(dim?: number | readonly number[], keepdim?: boolean, options?: { dtype?: DType | null | undefined }): Tensor {
    return mean(this, dim, keepdim, options);
  }
  prod(dim?: number, keepdim?: boolean, options?: { dtype?: DType | null | undefined }): Tensor {
    return prod(this, dim, keepdim, options);
  }
  amax(dim?: number | readonly number[], keepdim?: boolean): Tensor {
    return amax(this, dim, keepdim);
  }
  amin(dim?: number | readonly number[], keepdim?: boolean): Tensor {
    return amin(this, dim, keepdim);
  }
  argmax(dim?: number | null, keepdim?: boolean): Tensor {
    return argmax(this, dim, keepdim);
  }
  argmin(dim?: number | null, keepdim?: boolean): Tensor {
    return argmin(this, dim, keepdim);
  }
  max(): Tensor {
    return max(this);
  }
  maxAlong(dim: number, keepdim?: boolean): [Tensor, Tensor] {
    return maxAlong(this, dim, keepdim);
  }
  min(): Tensor {
    return min(this);
  }
  minAlong(dim: number, keepdim?: boolean): [Tensor, Tensor] {
    return minAlong(this, dim, keepdim);
  }
  any(dim?: number, keepdim?: boolean): Tensor {
    return any(this, dim, keepdim);
  }
  all(dim?: number, keepdim?: boolean): Tensor {
    return all(this, dim, keepdim);
  }
  cumsum(dim: number, options?: { dtype?: DType | null | undefined }): Tensor {
    return cumsum(this, dim, options);
  }
  cumprod(dim: number, options?: { dtype?: DType | null | undefined }): Tensor {
    return cumprod(this, dim, options);
  }
  logsumexp(dim: number | readonly number[], keepdim?: boolean): Tensor {
    return logsumexp(this, dim, keepdim);
  }
  std(dim?: number | readonly number[], options?: { correction?: number | null | undefined; keepdim?: boolean | undefined }): Tensor {
    return std(this, dim, options);
  }
  variance(dim?: number | readonly number[], options?: { correction?: number | null | undefined; keepdim?: boolean | undefined }): Tensor {
    return variance(this, dim, options);
  }
  linalgVectorNorm(ord?: number, dim?: number | readonly number[], keepdim?: boolean, options?: { dtype?: DType | null | undefined }): Tensor {
    return linalgVectorNorm(this, ord, dim, keepdim, options);
  }
  countNonzero(dim?: number | null): Tensor {
    return countNonzero(this, dim);
  }
  equal(other: Tensor): boolean {
    return equal(this, other);
  }
  allclose(other: Tensor, rtol?: number, atol?: number, equalNan?: boolean): boolean {
    return allclose(this, other, rtol, atol, equalNan);
  }
  cummax(dim: number): [Tensor, Tensor] {
    return cummax(this, dim);
  }
  matmul(other: Tensor): Tensor {
    return matmul(this, other);
  }
  mm(mat2: Tensor): Tensor {
    return mm(this, mat2);
  }
  bmm(mat2: Tensor): Tensor {
    return bmm(this, mat2);
  }
  addmm(mat1: Tensor, mat2: Tensor, options?: { beta?: number | undefined; alpha?: number | undefined }): Tensor {
    return addmm(this, mat1, mat2, options);
  }
  baddbmm(batch1: Tensor, batch2: Tensor, options?: { beta?: number | undefined; alpha?: number | undefined }): Tensor {
    return baddbmm(this, batch1, batch2, options);
  }
  linear(weight: Tensor, bias?: Tensor | null): Tensor {
    return linear(this, weight, bias);
  }
  dot(tensor: Tensor): Tensor {
    return dot(this, tensor);
  }
  outer(vec2: Tensor): Tensor {
    return outer(this, vec2);
  }
  mv(vec: Tensor): Tensor {
    return mv(this, vec);
  }
  reshape(shape: readonly number[]): Tensor {
    return reshape(this, shape);
  }
  view(size: readonly number[]): Tensor {
    return view(this, size);
  }
  viewDtype(dtype: DType): Tensor {
    return viewDtype(this, dtype);
  }
  permute(dims: readonly number[]): Tensor {
    return permute(this, dims);
  }
  transpose(dim0: number, dim1: number): Tensor {
    return transpose(this, dim0, dim1);
  }
  t(): Tensor {
    return t(this);
  }
  squeeze(dim?: number): Tensor {
    return squeeze(this, dim);
  }
  unsqueeze(dim: number): Tensor {
    return unsqueeze(this, dim);
  }
  expand(size: readonly number[], options?: { implicit?: boolean | undefined }): Tensor {
    return expand(this, size, options);
  }
  contiguous(): Tensor {
    return contiguous(this);
  }
  flatten(startDim?: number, endDim?: number): Tensor {
    return flatten(this, startDim, endDim);
  }
  unflatten(dim: number, sizes: readonly number[]): Tensor {
    return unflatten(this, dim, sizes);
  }
  select(dim: number, index: number): Tensor {
    return select(this, dim, index);
  }
  slice(dim?: number, start?: number | null, end?: number | null, step?: number): Tensor {
    return slice(this, dim, start, end, step);
  }
  narrow(dim: number, start: number, length: number): Tensor {
    return narrow(this, dim, start, length);
  }
  split(splitSize: number, dim?: number): Tensor[] {
    return split(this, splitSize, dim);
  }
  splitWithSizes(splitSizes: readonly number[], dim?: number): Tensor[] {
    return splitWithSizes(this, splitSizes, dim);
  }
  chunk(chunks: number, dim?: number): Tensor[] {
    return chunk(this, chunks, dim);
  }
  unbind(dim?: number): Tensor[] {
    return unbind(this, dim);
  }
  repeat(repeats: readonly number[]): Tensor {
    return repeat(this, repeats);
  }
  repeatInterleave(repeats: Tensor | number, dim?: number | null, options?: { outputSize?: number | null | undefined }): Tensor {
    return repeatInterleave(this, repeats, dim, options);
  }
  roll(shifts: number | readonly number[], dims?: number | readonly number[]): Tensor {
    return roll(this, shifts, dims);
  }
  flip(dims: readonly number[]): Tensor {
    return flip(this, dims);
  }
  tril(diagonal?: number): Tensor {
    return tril(this, diagonal);
  }
  triu(diagonal?: number): Tensor {
    return triu(this, diagonal);
  }
  pad(pads: readonly number[], mode?: string, value?: number | null): Tensor {
    return pad(this, pads, mode, value);
  }
  constantPadNd(pad: readonly number[], value?: number): Tensor {
    return constantPadNd(this, pad, value);
  }
  tile(dims: readonly number[]): Tensor {
    return tile(this, dims);
  }
  clone(): Tensor {
    return clone(this);
  }
  detach(): Tensor {
    return detach(this);
  }
  alias(): Tensor {
    return alias(this);
  }
  diagonal(offset?: number, dim1?: number, dim2?: number): Tensor {
    return diagonal(this, offset, dim1, dim2);
  }
  movedim(source: number, destination: number): Tensor {
    return movedim(this, source, destination);
  }
  toDtype(dtype: DType, nonBlocking?: boolean, copy?: boolean): Tensor {
    return toDtype(this, dtype, nonBlocking, copy);
  }
  toCopy(options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined; nonBlocking?: boolean | undefined }): Tensor {
    return toCopy(this, options);
  }
  pinMemory(device?: string | null): Tensor {
    return pinMemory(this, device);
  }
  asStrided(size: readonly number[], stride: readonly number[], storageOffset?: number | null): Tensor {
    return asStrided(this, size, stride, storageOffset);
  }
  unfold(dimension: number, size: number, step: number): Tensor {
    return unfold(this, dimension, size, step);
  }
  broadcastTo(size: readonly number[]): Tensor {
    return broadcastTo(this, size);
  }
  index(indices: readonly (Tensor | null)[]): Tensor {
    return index(this, indices);
  }
  indexSelect(dim: number, index: Tensor): Tensor {
    return indexSelect(this, dim, index);
  }
  gather(dim: number, index: Tensor, options?: { sparseGrad?: boolean | undefined }): Tensor {
    return gather(this, dim, index, options);
  }
  scatter(dim: number, index: Tensor, value: number | Tensor): Tensor {
    return scatter(this, dim, index, value);
  }
  scatterAdd(dim: number, index: Tensor, src: Tensor): Tensor {
    return scatterAdd(this, dim, index, src);
  }
  indexPut(indices: readonly (Tensor | null)[], values: Tensor, accumulate?: boolean): Tensor {
    return indexPut(this, indices, values, accumulate);
  }
  indexAdd(dim: number, index: Tensor, source: Tensor, options?: { alpha?: number | undefined }): Tensor {
    return indexAdd(this, dim, index, source, options);
  }
  indexCopy(dim: number, index: Tensor, source: Tensor): Tensor {
    return indexCopy(this, dim, index, source);
  }
  maskedSelect(mask: Tensor): Tensor {
    return maskedSelect(this, mask);
  }
  maskedFill(mask: Tensor, value: number | Tensor): Tensor {
    return maskedFill(this, mask, value);
  }
  maskedScatter(mask: Tensor, source: Tensor): Tensor {
    return maskedScatter(this, mask, source);
  }
  take(index: Tensor): Tensor {
    return take(this, index);
  }
  takeAlongDim(indices: Tensor, dim?: number | null): Tensor {
    return takeAlongDim(this, indices, dim);
  }
  nonzero(): Tensor {
    return nonzero(this);
  }
  oneHot(numClasses?: number): Tensor {
    return oneHot(this, numClasses);
  }
  sort(dim?: number, descending?: boolean): [Tensor, Tensor] {
    return sort(this, dim, descending);
  }
  topk(k: number, dim?: number, largest?: boolean, sorted?: boolean): [Tensor, Tensor] {
    return topk(this, k, dim, largest, sorted);
  }
  argsort(dim?: number, descending?: boolean): Tensor {
    return argsort(this, dim, descending);
  }
  kthvalue(k: number, dim?: number, keepdim?: boolean): [Tensor, Tensor] {
    return kthvalue(this, k, dim, keepdim);
  }
  bucketize(boundaries: Tensor, options?: { outInt32?: boolean | undefined; right?: boolean | undefined }): Tensor {
    return bucketize(this, boundaries, options);
  }
  zerosLike(options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
    return zerosLike(this, options);
  }
  onesLike(options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
    return onesLike(this, options);
  }
  fullLike(fillValue: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
    return fullLike(this, fillValue, options);
  }
  emptyLike(options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
    return emptyLike(this, options);
  }
  randLike(options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
    return randLike(this, options);
  }
  randnLike(options?: { dtype?: DType | null | undefined; device?: string | null | undefined; pinMemory?: boolean | null | undefined }): Tensor {
    return randnLike(this, options);
  }
  softmax(dim: number, dtype?: DType | null): Tensor {
    return softmax(this, dim, dtype);
  }
  logSoftmax(dim: number, dtype?: DType | null): Tensor {
    return logSoftmax(this, dim, dtype);
  }
  layerNorm(normalizedShape: readonly number[], weight?: Tensor | null, bias?: Tensor | null, eps?: number, cudnnEnable?: boolean): Tensor {
    return layerNorm(this, normalizedShape, weight, bias, eps, cudnnEnable);
  }
  rmsNorm(normalizedShape: readonly number[], weight?: Tensor | null, eps?: number | null): Tensor {
    return rmsNorm(this, normalizedShape, weight, eps);
  }
  groupNorm(numGroups: number, weight?: Tensor | null, bias?: Tensor | null, eps?: number, cudnnEnabled?: boolean): Tensor {
    return groupNorm(this, numGroups, weight, bias, eps, cudnnEnabled);
  }
  dropout(p: number, train: boolean): Tensor {
    return dropout(this, p, train);
  }
  conv1d(weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], groups?: number): Tensor {
    return conv1d(this, weight, bias, stride, padding, dilation, groups);
  }
  conv2d(weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], groups?: number): Tensor {
    return conv2d(this, weight, bias, stride, padding, dilation, groups);
  }
  conv3d(weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], groups?: number): Tensor {
    return conv3d(this, weight, bias, stride, padding, dilation, groups);
  }
  crossEntropyLoss(target: Tensor, weight?: Tensor | null, reduction?: number, ignoreIndex?: number, labelSmoothing?: number): Tensor {
    return crossEntropyLoss(this, target, weight, reduction, ignoreIndex, labelSmoothing);
  }
  nllLoss(target: Tensor, weight?: Tensor | null, reduction?: number, ignoreIndex?: number): Tensor {
    return nllLoss(this, target, weight, reduction, ignoreIndex);
  }
  mseLoss(target: Tensor, reduction?: number): Tensor {
    return mseLoss(this, target, reduction);
  }
  binaryCrossEntropyWithLogits(target: Tensor, weight?: Tensor | null, posWeight?: Tensor | null, reduction?: number): Tensor {
    return binaryCrossEntropyWithLogits(this, target, weight, posWeight, reduction);
  }
  klDiv(target: Tensor, reduction?: number, options?: { logTarget?: boolean | undefined }): Tensor {
    return klDiv(this, target, reduction, options);
  }
  smoothL1Loss(target: Tensor, reduction?: number, beta?: number): Tensor {
    return smoothL1Loss(this, target, reduction, beta);
  }
  glu(dim?: number): Tensor {
    return glu(this, dim);
  }
  upsampleBicubic2d(outputSize: number | readonly number[], alignCorners: boolean, scalesH?: number | null, scalesW?: number | null): Tensor {
    return upsampleBicubic2d(this, outputSize, alignCorners, scalesH, scalesW);
  }
  upsampleBilinear2d(outputSize: number | readonly number[], alignCorners: boolean, scalesH?: number | null, scalesW?: number | null): Tensor {
    return upsampleBilinear2d(this, outputSize, alignCorners, scalesH, scalesW);
  }
  upsampleBicubic2dAa(outputSize: number | readonly number[], alignCorners: boolean, scalesH?: number | null, scalesW?: number | null): Tensor {
    return upsampleBicubic2dAa(this, outputSize, alignCorners, scalesH, scalesW);
  }
  avgPool2d(kernelSize: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], ceilMode?: boolean, countIncludePad?: boolean, divisorOverride?: number | null): Tensor {
    return avgPool2d(this, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
  }
  bernoulli(p?: number): Tensor {
    return bernoulli(this, p);
  }
  multinomial(numSamples: number, replacement?: boolean): Tensor {
    return multinomial(this, numSamples, replacement);
  }
  backwardInto(inputs: readonly Tensor[], gradient?: Tensor | null, retainGraph?: boolean | null, createGraph?: boolean): void {
    return backwardInto(this, inputs, gradient, retainGraph, createGraph);
  }
}
