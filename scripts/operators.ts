const list = `
  # elementwise
  abs neg exp expm1 log log1p sqrt rsqrt square reciprocal sign sin cos tanh sigmoid relu
  silu gelu erf floor ceil round isfinite isnan logical_and logical_or logical_not
  log_sigmoid minimum maximum atan2 softplus trunc logaddexp add:Scalar,Tensor
  sub:Scalar,Tensor mul:Scalar,Tensor div:Scalar,Tensor rsub:Scalar,Tensor
  pow:Tensor_Scalar,Tensor_Tensor remainder:Scalar,Tensor floor_divide:Scalar,-
  div:Tensor_mode=divMode fmod:Scalar,Tensor eq:Scalar,Tensor ne:Scalar,Tensor
  lt:Scalar,Tensor le:Scalar,Tensor gt:Scalar,Tensor ge:Scalar,Tensor clamp clamp_min
  clamp_max where:ScalarOther,ScalarSelf,Scalar,self addcmul addcdiv lerp:Scalar,Tensor
  bitwise_and:Scalar,Tensor bitwise_or:Scalar,Tensor bitwise_xor:Scalar,Tensor
  bitwise_left_shift:Tensor_Scalar bitwise_right_shift:Tensor_Scalar
  # in place
  add_:Scalar,Tensor sub_:Scalar,Tensor mul_:Scalar,Tensor div_:Scalar,Tensor neg_ exp_
  sqrt_ zero_ clamp_ addcmul_ addcdiv_ lerp_:Scalar,Tensor fill_:Scalar,Tensor copy_
  masked_fill_:Scalar,Tensor index_copy_ index_add_ index_put_ scatter_:value,src
  scatter_add_ requires_grad_ cumsum_ clamp_min_ uniform_ normal_ exponential_
  bernoulli_:float random_:from masked_scatter_ silu_ index_fill_:int_Scalar,int_Tensor
  bitwise_xor_:Scalar,Tensor
  # reductions
  sum:-,dim_IntList mean:-,dim prod:-,dim_int amax amin argmax argmin max max:dim=maxAlong
  min min:dim=minAlong any:-,dim all:-,dim cumsum cumprod logsumexp std:correction
  var:correction=variance linalg_vector_norm count_nonzero:- equal allclose cummax
  # products
  matmul mm bmm addmm baddbmm linear einsum dot outer mv
  # shape
  reshape view view:dtype=viewDtype permute transpose:int t squeeze:-,dim unsqueeze expand
  contiguous flatten:using_ints unflatten:int select:int slice:Tensor narrow split:Tensor
  split_with_sizes chunk unbind:int cat stack repeat repeat_interleave:self_Tensor,self_int
  roll flip tril triu pad constant_pad_nd tile clone detach alias diagonal movedim:int
  to:dtype=toDtype _to_copy pin_memory as_strided unfold broadcast_to
  # indexing
  index:Tensor index_select gather scatter:value,src scatter_add index_put index_add
  index_copy masked_select masked_fill:Scalar,Tensor masked_scatter take take_along_dim
  nonzero embedding one_hot searchsorted:Tensor sort topk argsort kthvalue bucketize:Tensor
  # factories
  zeros ones full empty:memory_format eye:- arange:-,start_step linspace rand randn
  randint:low randperm zeros_like ones_like full_like empty_like rand_like randn_like
  scalar_tensor from_file
  # networks
  softmax:int log_softmax:int layer_norm rms_norm group_norm dropout conv1d conv2d conv3d
  scaled_dot_product_attention cross_entropy_loss nll_loss mse_loss
  binary_cross_entropy_with_logits kl_div smooth_l1_loss glu upsample_bicubic2d:-
  upsample_bilinear2d:- _upsample_bicubic2d_aa:- avg_pool2d
  # chance
  bernoulli:-,p multinomial
  # optimizers
  _fused_adamw_:- _foreach_add_:Scalar,List _foreach_mul_:Scalar,Tensor,List _foreach_copy_
  _foreach_norm:Scalar _foreach_zero_ _foreach_addcdiv_:Scalar _foreach_lerp_:Scalar
  _foreach_sqrt _foreach_div_:Scalar,Tensor,List
  # ours: native/decode.cpp
  decode_attention row_norm gated draw_ids
  # autograd
  _backward=backwardInto
`;

/**
 * The operators that get a typed wrapper. One entry per wrapper: `name`, or `name:overload,overload`
 * (`-` is the overload without a name), or `name:overload=wrapper`. Operators that change a tensor's
 * shape in place stay out, because shapes are cached.
 */
export const operators: readonly string[] = list
  .replaceAll(/#.*/g, '')
  .split(/\s+/)
  .filter((entry) => entry !== '');

/**
 * Overloads that older libraries lack and `src/tensor/composed.ts` makes out of other operators, under
 * the wrapper's name.
 */
export const composed: ReadonlySet<string> = new Set([
  'rms_norm',
  'scaled_dot_product_attention',
  '_fused_adamw_',
  '_foreach_lerp_.Scalar',
  '_foreach_mul_.Tensor',
  '_foreach_copy_',
]);

/** Factories whose element type is f32 unless said otherwise: a JavaScript 1 is no integer. */
export const floatFactories: ReadonlySet<string> = new Set(
  'zeros ones full empty eye arange linspace rand randn scalar_tensor'.split(' '),
);
