// Kernels of the token step that libtorch has only as chains of small operators: on a CPU those chains
// cost more than the products between them. They are operators of libtorch's dispatcher like all
// others (`vl_rethinker::…`), for CPU tensors and without gradients.

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using at::Tensor;
using Int = int64_t;

#define INLINE __attribute__((always_inline)) inline
#define UNROLL _Pragma("GCC unroll 16")  // so that arrays of vectors stay in registers

// Sixteen numbers at once; the compiler makes of them what the function's target has.
constexpr Int W = 16;
// Numbers that are worth a thread of their own.
constexpr Int grain = 16384;
using Floats = float __attribute__((vector_size(64), aligned(4), may_alias));
using Ints = int32_t __attribute__((vector_size(64), aligned(4), may_alias));
using Bits = uint32_t __attribute__((vector_size(64), aligned(4), may_alias));
using Halves = uint16_t __attribute__((vector_size(32), aligned(2), may_alias));

INLINE Floats load(const float* from) {
  Floats x;
  std::memcpy(&x, from, sizeof x);
  return x;
}
INLINE Floats load(const c10::BFloat16* from) {
  Halves x;
  std::memcpy(&x, from, sizeof x);
  const Ints bits = __builtin_convertvector(x, Ints) << 16;
  return reinterpret_cast<const Floats&>(bits);
}
INLINE void store(float* to, const Floats& x) { std::memcpy(to, &x, sizeof x); }
INLINE void store(c10::BFloat16* to, const Floats& x) {
  // To the nearest, ties to even; what is not a number stays so.
  const Bits bits = reinterpret_cast<const Bits&>(x);
  const Bits nearest = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  const Halves y = __builtin_convertvector(x == x ? nearest : Bits{} + 0x7fc0, Halves);
  std::memcpy(to, &y, sizeof y);
}

template <typename T>
INLINE void prefetch(const T* from, Int count) {
  for (Int i = 0; i < count; i += 64 / Int(sizeof(T))) __builtin_prefetch(from + i, 0, 2);
}

// What stays of x in the type T.
template <typename T>
INLINE Floats rounded(const Floats& x) {
  if constexpr (std::is_same_v<T, float>) return x;
  T y[W];
  store(y, x);
  return load(y);
}

// The lanes of x in another order, lane I being lane I with the bit H turned.
template <int H, int... I>
INLINE Floats turned(const Floats& x, std::integer_sequence<int, I...>) {
  return __builtin_shuffle(x, Ints{(I ^ H)...});
}

constexpr auto lanes = std::make_integer_sequence<int, W>();

INLINE float sum(Floats x) {
  x += turned<8>(x, lanes);
  x += turned<4>(x, lanes);
  x += turned<2>(x, lanes);
  x += turned<1>(x, lanes);
  return x[0];
}

// e to the power of x for x ≤ 0, to 2 ulp: 2^n by the exponent, the rest by a polynomial (Cephes' expf).
INLINE Floats exponential(Floats x) {
  const Floats least = Floats{} - 87.0f;
  x = x < least ? least : x;
  constexpr float magic = 12582912.0f;  // 1.5 · 2^23: adding it rounds to a whole number
  const Floats shifted = x * 1.44269504f + magic;
  const Floats n = shifted - magic;
  const Floats r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Floats p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const Ints scale = ((reinterpret_cast<const Ints&>(shifted) - 0x4b400000) + 127) << 23;
  return p * reinterpret_cast<const Floats&>(scale);
}

// One layer of a token step; strides in elements, the last axis of every tensor is dense.
template <typename T>
struct Step {
  const T* qkv;          // [B, (K·R + 2K) · d]: queries, keys, values side by side, not yet rotated
  const T* cos;          // [B, d]
  const T* sin;          // [B, d], the first half negative
  T* own;                // [2, B, K, C, d]: keys and values that rows have written
  const T* keys;         // [G, K, P, d]: those of the prompts
  const T* values;
  const int32_t* rows;   // [B, 3]: prompt, length of the prompt, first own column
  T* out;                // [B, K·R · d]
  Int K, R, now;
  Int ownHalf, ownRow, ownHead;
  Int promptRow, promptHead;
};

template <Int N, typename T>
INLINE void rotate(Floats* out, const T* x, const T* cos, const T* sin) {
  UNROLL for (Int i = 0; i < N; i++) {
    const Floats other = load(x + ((i + N / 2) % N) * W);
    out[i] = load(x + i * W) * load(cos + i * W) + other * load(sin + i * W);
  }
}

// Adds neighbouring halves of blocks of 2H lanes; those of x and y lie side by side in the result, whose
// lane I belongs to x or y by the bit H of I.
template <int H, int... I>
INLINE Floats halves(const Floats& x, const Floats& y, std::integer_sequence<int, I...>) {
  const Ints first{(I / H % 2 * int(W) + I / (2 * H) * (2 * H) + I % H)...};
  return __builtin_shuffle(x, y, first) + __builtin_shuffle(x, y, first + H);
}

// Sixteen vectors to the sixteen sums over their lanes.
INLINE Floats sums(Floats* v) {
  UNROLL for (Int i = 0; i < 8; i++) v[i] = halves<8>(v[i], v[i + 8], lanes);
  UNROLL for (Int i = 0; i < 4; i++) v[i] = halves<4>(v[i], v[i + 4], lanes);
  UNROLL for (Int i = 0; i < 2; i++) v[i] = halves<2>(v[i], v[i + 2], lanes);
  return halves<1>(v[0], v[1], lanes);
}

// Scores of Q queries, those of query i at out + i · width. Writes up to fifteen numbers more than
// `count`: a last block that is not full repeats its last key.
template <Int N, Int Q, typename T>
INLINE void scores(float* out, Int width, const Floats* q, const T* keys, Int count, const T* ahead) {
  constexpr Int block = W / Q;
  for (Int first = 0; first < count; first += block) {
    prefetch(ahead + first * N * W, block * N * W);
    Floats s[W];
    const Int last = count - 1 - first;
    UNROLL for (Int c = 0; c < block; c++) {
      const T* const key = keys + (first + std::min(c, last)) * N * W;
      UNROLL for (Int i = 0; i < N; i++) {
        const Floats k = load(key + i * W);
        UNROLL for (Int j = 0; j < Q; j++) s[j * block + c] = i == 0 ? q[j * N] * k : s[j * block + c] + q[j * N + i] * k;
      }
    }
    const Floats found = sums(s);
    UNROLL for (Int j = 0; j < Q; j++) std::memcpy(out + j * width + first, reinterpret_cast<const float*>(&found) + j * block, block * sizeof(float));
  }
}

// Adds values times weights to the Q · N vectors of `out`.
template <Int N, Int Q, typename T>
INLINE void gather(Floats* out, const float* weights, Int width, const T* values, Int count, const T* ahead) {
  for (Int c = 0; c < count; c++) {
    prefetch(ahead + c * N * W, N * W);
    UNROLL for (Int i = 0; i < N; i++) {
      const Floats v = load(values + (c * N + i) * W);
      UNROLL for (Int j = 0; j < Q; j++) out[j * N + i] += weights[j * width + c] * v;
    }
  }
}

// Scores to weights that are not yet divided by their sum, which is returned.
INLINE float weigh(float* s, Int count) {
  const Int padded = (count + W - 1) / W * W;
  std::fill(s + count, s + padded, -INFINITY);
  Floats most = load(s);
  for (Int c = W; c < padded; c += W) {
    const Floats x = load(s + c);
    most = x > most ? x : most;
  }
  float top = most[0];
  for (Int i = 1; i < W; i++) top = std::max(top, most[i]);
  Floats total{};
  for (Int c = 0; c < padded; c += W) {
    const Floats w = exponential(load(s + c) - top);
    store(s + c, w);
    total += w;
  }
  return sum(total);
}

// Where a row's keys and values of one key head lie, and the own keys that are read after them.
template <typename T>
struct Head {
  const T *promptKeys, *promptValues, *ownKeys, *ownValues, *ahead;
  Int length, written;
};

// Q queries x of one key head, heads of d = N · W numbers; `s` has room for the scores of each.
template <Int N, Int Q, typename T>
INLINE void attendHead(const Head<T>& head, const T* x, const T* cos, const T* sin, T* to, float* s) {
  const auto& [promptKeys, promptValues, ownKeys, ownValues, ahead, length, written] = head;
  const Int width = length + written + 2 * W;
  Floats q[Q * N], out[Q * N] = {};
  float total[Q];
  UNROLL for (Int j = 0; j < Q; j++) rotate<N>(q + j * N, x + j * N * W, cos, sin);
  scores<N, Q>(s, width, q, promptKeys, length, promptValues);
  scores<N, Q>(s + length, width, q, ownKeys, written, ownValues);
  UNROLL for (Int j = 0; j < Q; j++) total[j] = weigh(s + j * width, length + written);
  gather<N, Q>(out, s, width, promptValues, length, promptKeys);
  gather<N, Q>(out, s + length, width, ownValues, written, ahead);
  UNROLL for (Int j = 0; j < Q; j++) UNROLL for (Int i = 0; i < N; i++) store(to + (j * N + i) * W, out[j * N + i] / total[j]);
}

// Rows first … last − 1, heads of d = N · W numbers.
template <Int N, typename T>
INLINE void attendRows(Step<T> step, Int first, Int last, float* s) {
  constexpr Int d = N * W;
  const Int K = step.K, R = step.R;
  for (Int b = first; b < last; b++) {
    const T* const x = step.qkv + b * (K * R + 2 * K) * d;
    const T *const cos = step.cos + b * d, *const sin = step.sin + b * d;
    const int32_t* const row = step.rows + b * 3;
    const Int length = row[1], entry = row[2];
    for (Int k = 0; k < K; k++) {
      T* const ownKeys = step.own + b * step.ownRow + k * step.ownHead;
      T* const ownValues = ownKeys + step.ownHalf;
      Floats turned[N];
      rotate<N>(turned, x + (K * R + k) * d, cos, sin);
      UNROLL for (Int i = 0; i < N; i++) store(ownKeys + step.now * d + i * W, turned[i]);
      std::memcpy(ownValues + step.now * d, x + (K * R + K + k) * d, d * sizeof(T));
      const Int prompt = row[0] * step.promptRow + k * step.promptHead;
      const Head<T> head{step.keys + prompt, step.values + prompt, ownKeys + entry * d, ownValues + entry * d, ownKeys + step.ownHead + entry * d, length, step.now - entry + 1};
      Int r = 0;
      for (; r + 2 <= R; r += 2) attendHead<N, 2>(head, x + (k * R + r) * d, cos, sin, step.out + (b * K * R + k * R + r) * d, s);
      if (r < R) attendHead<N, 1>(head, x + (k * R + r) * d, cos, sin, step.out + (b * K * R + k * R + r) * d, s);
    }
  }
}

// Rows first … last − 1 of x [·, width], each divided by its root mean square, times `weight`.
template <typename T>
INLINE void normRows(const T* x, const T* weight, T* out, Int width, float epsilon, Int first, Int last) {
  for (Int row = first; row < last; row++) {
    const T* const from = x + row * width;
    Floats squares{};
    for (Int i = 0; i < width; i += W) squares += load(from + i) * load(from + i);
    const float scale = 1 / std::sqrt(sum(squares) / float(width) + epsilon);
    for (Int i = 0; i < width; i += W) store(out + row * width + i, rounded<T>(load(from + i) * scale) * load(weight + i));
  }
}

// silu(gate) · up for rows of gate and up side by side, each `width` wide.
template <typename T>
INLINE void gateRows(const T* both, T* out, Int width, Int first, Int last) {
  for (Int row = first; row < last; row++) {
    const T *const gate = both + row * 2 * width, *const up = gate + width;
    for (Int i = 0; i < width; i += W) {
      const Floats x = load(gate + i), e = exponential(x < 0.0f ? x : -x);
      const Floats silu = (x < 0.0f ? x * e : x) / (e + 1.0f);
      store(out + row * width + i, rounded<T>(silu) * load(up + i));
    }
  }
}

using Doubles = double __attribute__((vector_size(128)));

// e to the power of x for x ≤ 0, and nothing at all for what is below every float.
INLINE Doubles chances(const Floats& x) {
  const Floats e = exponential(x);
  return __builtin_convertvector(x < -87.0f ? Floats{} : e, Doubles);
}

INLINE double sum(const Doubles& x) {
  double total = 0;
  for (Int i = 0; i < W; i++) total += x[i];
  return total;
}

// Numbers that are summed up before it is asked whether the sought one is among them.
constexpr Int stretch = 16 * W;

// For rows first … last − 1 of logits [·, V] the first id up to which the chances exceed a share of their
// sum, or the likeliest one where the share is negative, and its log-probability. `sums` has room for
// the sum of every stretch.
INLINE void drawRows(const float* logits, const double* shares, int64_t* ids, float* logprobs, Int V, Int first, Int last, double* sums) {
  const Int whole = V / W * W;
  for (Int row = first; row < last; row++) {
    const float* const x = logits + row * V;
    Floats most = Floats{} - INFINITY;
    for (Int i = 0; i < whole; i += W) {
      const Floats y = load(x + i);
      most = y > most ? y : most;
    }
    float top = -INFINITY;
    for (Int i = 0; i < W; i++) top = std::max(top, most[i]);
    for (Int i = whole; i < V; i++) top = std::max(top, x[i]);
    // The last vector may reach behind the row: what it holds there has no chance.
    const auto at = [&](Int i) {
      if (i < whole) return chances(load(x + i) - top);
      Floats y = Floats{} - INFINITY;
      for (Int j = i; j < V; j++) y[j - i] = x[j];
      return chances(y - top);
    };
    double total = 0;
    for (Int i = 0, n = 0; i < V; i += stretch, n++) {
      Doubles part{};
      for (Int j = i; j < std::min(i + stretch, V); j += W) part += at(j);
      total += sums[n] = sum(part);
    }
    Int id = 0;
    if (shares[row] < 0) {
      while (id < V - 1 && x[id] != top) id++;
    } else {
      double rest = shares[row] * total;
      // What rounding leaves over goes to the last stretch that has a chance.
      Int last = (V - 1) / stretch, n = 0;
      while (last > 0 && !(sums[last] > 0)) last--;
      while (n < last && rest >= sums[n]) rest -= sums[n++];
      for (Int j = n * stretch; j < std::min((n + 1) * stretch, V) && rest >= 0; j += W) {
        const Doubles chance = at(j);
        for (Int i = 0; i < W && rest >= 0; i++) {
          if (!(chance[i] > 0)) continue;
          id = j + i;
          rest -= chance[i];
        }
      }
    }
    ids[row] = id;
    logprobs[row] = float(double(x[id] - top) - std::log(total));
  }
}

template <auto body, typename... A>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"), flatten)) void wide(A... given) {
  body(given...);
}
template <auto body, typename... A>
__attribute__((target("avx2,fma"), flatten)) void narrow(A... given) {
  body(given...);
}
// Calls a body compiled for the best instructions of this processor.
template <auto body, typename... A>
void best(A... given) {
  static const auto chosen = __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") ? wide<body, A...>
                             : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")     ? narrow<body, A...>
                                                                                                   : +body;
  chosen(given...);
}

template <typename T>
void run(const Step<T>& step, Int B, Int d, Int most) {
  at::parallel_for(0, B, std::max<Int>(1, 1024 / most), [&](Int first, Int last) {
    std::vector<float> s(2 * (most + 2 * W));
    if (d == 32) best<attendRows<2, T>>(step, first, last, s.data());
    else if (d == 64) best<attendRows<4, T>>(step, first, last, s.data());
    else best<attendRows<8, T>>(step, first, last, s.data());
  });
}

template <typename T>
Tensor attend(const Tensor& qkv, const Tensor& cos, const Tensor& sin, Tensor& own, const Tensor& keys,
              const Tensor& values, const Tensor& rows, Int now) {
  const Int B = qkv.size(0), K = own.size(2), d = own.size(4), heads = qkv.size(1) / d;
  Tensor out = at::empty({B, (heads - 2 * K) * d}, qkv.options());
  const Step<T> step{
      qkv.data_ptr<T>(), cos.data_ptr<T>(), sin.data_ptr<T>(), own.data_ptr<T>(),
      keys.data_ptr<T>(), values.data_ptr<T>(), rows.data_ptr<int32_t>(), out.data_ptr<T>(),
      K, heads / K - 2, now, own.stride(0), own.stride(1), own.stride(2), keys.stride(0), keys.stride(1)};
  run(step, B, d, keys.size(2) + now + 1);
  return out;
}

// The kernel trusts its pointers, so the shapes are checked once per call.
void check(const Tensor& qkv, const Tensor& cos, const Tensor& sin, const Tensor& own, const Tensor& keys,
           const Tensor& values, const Tensor& rows, Int now) {
  const auto refuse = [](const char* what, const Tensor& x) {
    TORCH_CHECK(false, "decode_attention: unfit ", what, " ", x.sizes(), " of type ", x.scalar_type());
  };
  if (qkv.dim() != 2 || (qkv.scalar_type() != at::kFloat && qkv.scalar_type() != at::kBFloat16)) refuse("qkv", qkv);
  const auto fits = [&](const Tensor& x, Int dimensions) {
    return x.dim() == dimensions && x.scalar_type() == qkv.scalar_type() && x.stride(-1) == 1;
  };
  const Int B = qkv.size(0);
  if (!fits(own, 5) || own.size(0) != 2 || own.size(1) < B || own.size(2) == 0 || now < 0 || now >= own.size(3)) refuse("own", own);
  const Int K = own.size(2), d = own.size(4);
  if (d != 32 && d != 64 && d != 128) refuse("head width of own", own);
  const Int heads = qkv.size(1) / d;
  if (!qkv.is_contiguous() || qkv.size(1) % d != 0 || heads < 3 * K || heads % K != 0) refuse("qkv", qkv);
  for (const Tensor& x : {cos, sin})
    if (!fits(x, 2) || !x.is_contiguous() || x.size(0) != B || x.size(1) != d) refuse("angles", x);
  for (const Tensor& x : {keys, values})
    if (!fits(x, 4) || x.size(1) != K || x.size(3) != d || x.stride(2) != d || x.sizes() != keys.sizes() || x.strides() != keys.strides())
      refuse("prompts", x);
  if (own.stride(3) != d) refuse("own", own);
  if (rows.scalar_type() != at::kInt || !rows.is_contiguous() || rows.dim() != 2 || rows.size(0) != B || rows.size(1) != 3)
    refuse("rows", rows);
  const int32_t* row = rows.data_ptr<int32_t>();
  for (Int b = 0; b < B; b++, row += 3)
    TORCH_CHECK(row[0] >= 0 && row[0] < keys.size(0) && row[1] >= 0 && row[1] <= keys.size(2) && row[2] >= 0 && row[2] <= now,
                "decode_attention: row ", b, " reads prompt ", row[0], ", ", row[1], " tokens, columns from ", row[2]);
}

Tensor decodeAttention(const Tensor& qkv, const Tensor& cos, const Tensor& sin, Tensor& own, const Tensor& keys,
                       const Tensor& values, const Tensor& rows, Int now) {
  check(qkv, cos, sin, own, keys, values, rows, now);
  return qkv.scalar_type() == at::kFloat ? attend<float>(qkv, cos, sin, own, keys, values, rows, now)
                                         : attend<c10::BFloat16>(qkv, cos, sin, own, keys, values, rows, now);
}

// The width of each of so many parts, side by side, of the rows of x.
Int widthOf(const char* name, const Tensor& x, Int parts) {
  TORCH_CHECK(x.dim() == 2 && x.is_contiguous() && x.size(1) > 0 && x.size(1) % (parts * W) == 0 &&
                  (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16),
              name, ": unfit ", x.sizes(), " of type ", x.scalar_type());
  return x.size(1) / parts;
}

// Calls `body` with a number of the type of x.
template <typename F>
void typed(const Tensor& x, F body) {
  x.scalar_type() == at::kFloat ? body(float()) : body(c10::BFloat16());
}

Tensor rowNorm(const Tensor& x, const Tensor& weight, double epsilon) {
  const Int width = widthOf("row_norm", x, 1);
  TORCH_CHECK(weight.numel() == width && weight.is_contiguous() && weight.scalar_type() == x.scalar_type(), "row_norm: unfit weight ", weight.sizes());
  Tensor out = at::empty(x.sizes(), x.options());
  typed(x, [&](auto zero) {
    using T = decltype(zero);
    const T *const from = x.data_ptr<T>(), *const scale = weight.data_ptr<T>();
    T* const to = out.data_ptr<T>();
    at::parallel_for(0, x.size(0), std::max<Int>(1, grain / width), [&](Int first, Int last) {
      best<normRows<T>>(from, scale, to, width, float(epsilon), first, last);
    });
  });
  return out;
}

Tensor gated(const Tensor& both) {
  const Int width = widthOf("gated", both, 2);
  Tensor out = at::empty({both.size(0), width}, both.options());
  typed(both, [&](auto zero) {
    using T = decltype(zero);
    const T* const from = both.data_ptr<T>();
    T* const to = out.data_ptr<T>();
    at::parallel_for(0, both.size(0), std::max<Int>(1, grain / width), [&](Int first, Int last) {
      best<gateRows<T>>(from, to, width, first, last);
    });
  });
  return out;
}

std::tuple<Tensor, Tensor> drawIds(const Tensor& logits, const Tensor& shares) {
  TORCH_CHECK(logits.dim() == 2 && logits.is_contiguous() && logits.scalar_type() == at::kFloat && logits.size(1) > 0,
              "draw_ids: unfit logits ", logits.sizes(), " of type ", logits.scalar_type());
  const Int B = logits.size(0), V = logits.size(1);
  TORCH_CHECK(shares.numel() == B && shares.is_contiguous() && shares.scalar_type() == at::kDouble,
              "draw_ids: unfit shares ", shares.sizes(), " of type ", shares.scalar_type());
  Tensor ids = at::empty({B, 1}, logits.options().dtype(at::kLong)), logprobs = at::empty({B, 1}, logits.options());
  const float* const from = logits.data_ptr<float>();
  const double* const wanted = shares.data_ptr<double>();
  int64_t* const drawn = ids.data_ptr<int64_t>();
  float* const likely = logprobs.data_ptr<float>();
  at::parallel_for(0, B, std::max<Int>(1, grain / V), [&](Int first, Int last) {
    std::vector<double> sums((V + stretch - 1) / stretch);
    best<drawRows>(from, wanted, drawn, likely, V, first, last, sums.data());
  });
  return {ids, logprobs};
}

}  // namespace

TORCH_LIBRARY(vl_rethinker, library) {
  library.def(
      "decode_attention(Tensor qkv, Tensor cos, Tensor sin, Tensor(a!) own, Tensor keys, Tensor values, "
      "Tensor rows, int now) -> Tensor");
  library.def("row_norm(Tensor x, Tensor weight, float epsilon) -> Tensor");
  library.def("gated(Tensor both) -> Tensor");
  library.def("draw_ids(Tensor logits, Tensor shares) -> (Tensor, Tensor)");
  library.impl("draw_ids", c10::DispatchKey::CPU, TORCH_FN(drawIds));
  library.impl("row_norm", c10::DispatchKey::CPU, TORCH_FN(rowNorm));
  library.impl("gated", c10::DispatchKey::CPU, TORCH_FN(gated));
  library.impl("decode_attention", c10::DispatchKey::CPU, TORCH_FN(decodeAttention));
}
