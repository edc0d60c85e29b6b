// The bridge from Node to libtorch. It knows no operator by name: `resolve` looks a schema up in
// libtorch's dispatcher, `call` converts arguments as that schema says and runs the boxed kernel.
//
//   1 process-wide set-up     malloc thresholds, errors without C++ frames, the vendor check of MKL
//   2 slab                    tensors by number: generation * 2^26 + index
//   3 environment             one per Node thread: what it owns, its error factory
//   4 operators               schemas resolved once
//   5 conversion              JavaScript to IValue and back
//   6 exports                 call, data, autograd, modes, random
//
// Handles are numbers below 2^52. A freed slot advances its generation, so a recycled index never
// passes for the old tensor. A slot belongs to the thread that made it, until `adopt`.

#include <node_api.h>

#include <ATen/Context.h>
#include <ATen/EmptyTensor.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <c10/util/Logging.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>
#include <torch/version.h>
#if __has_include(<c10/core/CachingDeviceAllocator.h>)
#include <c10/core/CachingDeviceAllocator.h>
#endif

#include <malloc.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

using at::Tensor;
using c10::IValue;
using torch::jit::Stack;

// ---- 1 process-wide set-up ----------------------------------------------------------------------

// MKL asks this function whether the processor is Intel's and takes a slow path where it is not. The
// dynamic linker searches this library before MKL, so this answer wins; it is inert without MKL.
// VL_RETHINKER_MKL_AS_SHIPPED=1 gives the slow path's bits, for comparisons with stock PyTorch.
extern "C" __attribute__((visibility("default"))) int mkl_serv_intel_cpu_true() {
  static const bool asShipped = std::getenv("VL_RETHINKER_MKL_AS_SHIPPED") != nullptr;
  return asShipped ? 0 : 1;
}

// Large tensors come and go every step: keep their pages instead of returning them to the kernel. And errors
// need no C++ frames, which old libraries look up at a cost of milliseconds.
static void setUpProcess() {
  c10::SetStackTraceFetcher([] { return std::string(); });
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, INT32_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
}

// A failure that JavaScript sees as a TorchError of the given kind.
struct Failure { std::string kind, message; };

template <class... Parts>
static std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

// ---- 2 slab -------------------------------------------------------------------------------------

constexpr uint64_t kIndexBits = 26;
constexpr uint32_t kChunk = 4096;
constexpr double kHandles = 1ull << (2 * kIndexBits);

struct Slot {
  Tensor tensor;
  std::atomic<uint32_t> generation{1};
  std::atomic<uint32_t> owner{0};  // 0 = free
};

// Never destroyed, so that no tensor outlives libtorch's own statics or the CUDA driver.
struct Slab {
  std::mutex lock;  // guards all that changes a slot; its owner alone reads the tensor without it
  std::atomic<Slot*> chunks[(1u << kIndexBits) / kChunk] = {};
  uint32_t size = 0;
  std::vector<uint32_t> free;
  std::vector<int64_t> live{0};  // handles by owner

  Slot& at(uint32_t index) { return chunks[index / kChunk].load(std::memory_order_acquire)[index % kChunk]; }

  double put(Tensor tensor, uint32_t owner) {
    std::lock_guard<std::mutex> guard(lock);
    uint32_t index;
    if (free.empty()) {
      if (size == 1u << kIndexBits) throw Failure{"memory", "67,108,864 tensors are alive; dispose of some"};
      index = size++;
      if (index % kChunk == 0) chunks[index / kChunk].store(new Slot[kChunk], std::memory_order_release);
    } else {
      index = free.back();
      free.pop_back();
    }
    Slot& slot = at(index);
    slot.tensor = std::move(tensor);
    slot.owner.store(owner, std::memory_order_relaxed);
    live[owner]++;
    return static_cast<double>((static_cast<uint64_t>(slot.generation) << kIndexBits) + index);
  }

  // The slot behind a handle, or null when it is stale, foreign (`owner` 0: anyone's will do) or no handle.
  Slot* find(double handle, uint32_t owner) {
    if (!(handle >= 0 && handle < kHandles)) return nullptr;
    const int64_t bits = static_cast<int64_t>(handle);
    const uint32_t index = bits & ((1u << kIndexBits) - 1);
    Slot* chunk = chunks[index / kChunk].load(std::memory_order_acquire);
    if (chunk == nullptr || static_cast<double>(bits) != handle) return nullptr;
    Slot& slot = chunk[index % kChunk];
    const uint32_t held = slot.owner.load(std::memory_order_relaxed);
    const bool same = slot.generation.load(std::memory_order_relaxed) == bits >> kIndexBits;
    return same && held != 0 && (owner == 0 || held == owner) ? &slot : nullptr;
  }

  uint32_t newOwner() {
    std::lock_guard<std::mutex> guard(lock);
    live.push_back(0);
    return live.size() - 1;
  }

  // Empties a slot; the caller holds the lock, and lets go of it before the tensor.
  Tensor empty(Slot& slot, uint32_t index) {
    const uint32_t next = (slot.generation + 1) & ((1u << kIndexBits) - 1);
    slot.generation.store(next == 0 ? 1 : next, std::memory_order_relaxed);
    live[slot.owner]--;
    slot.owner.store(0, std::memory_order_relaxed);
    free.push_back(index);
    return std::move(slot.tensor);
  }

  // Takes the tensor behind a handle out of the table; undefined where `find` has none.
  Tensor take(double handle, uint32_t owner) {
    std::lock_guard<std::mutex> guard(lock);
    Slot* slot = find(handle, owner);
    return slot == nullptr ? Tensor() : empty(*slot, static_cast<int64_t>(handle) & ((1u << kIndexBits) - 1));
  }
};

static Slab& slab() { static Slab* slab = new Slab(); return *slab; }

// ---- 3 environment ------------------------------------------------------------------------------

struct Environment {
  napi_env env = nullptr;
  uint32_t id = 0;
  napi_ref errorFactory = nullptr; // (kind, message, schema, arguments) => Error
  Stack stack;                     // reused by every call
  std::vector<std::unique_ptr<c10::InferenceMode>> inference;
};

static void check(napi_status status) {
  if (status != napi_ok) throw Failure{"other", text("internal: Node-API answered ", status)};
}

template <class Create, class... Parts>
static napi_value make(Create create, napi_env env, Parts... parts) {
  napi_value out;
  check(create(env, parts..., &out));
  return out;
}
static napi_value number(napi_env env, double value) { return make(napi_create_double, env, value); }
static napi_value boolean(napi_env env, bool value) { return make(napi_get_boolean, env, value); }
static napi_value null(napi_env env) { return make(napi_get_null, env); }
static napi_value undefined(napi_env env) { return make(napi_get_undefined, env); }
static napi_value array(napi_env env, size_t length) { return make(napi_create_array_with_length, env, length); }
static napi_value string(napi_env env, const std::string& value) {
  return make(napi_create_string_utf8, env, value.data(), value.size());
}

static napi_value arrayOf(napi_env env, const std::vector<napi_value>& items) {
  const napi_value out = array(env, items.size());
  for (size_t i = 0; i < items.size(); i++) check(napi_set_element(env, out, i, items[i]));
  return out;
}

static napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  check(napi_typeof(env, value, &type));
  return type;
}

static bool isNothing(napi_env env, napi_value value) { return typeOf(env, value) <= napi_null; }

static napi_value handleOf(Environment& self, Tensor tensor) {
  if (!tensor.defined()) return null(self.env);
  return number(self.env, slab().put(std::move(tensor), self.id));
}

static const char* const kTypeNames[] = {"undefined", "null", "a boolean", "a number", "a string", "a symbol",
                                         "an object", "a function", "an object", "a bigint"};

static std::string found(napi_env env, napi_value value) {
  double plain;
  if (napi_get_value_double(env, value, &plain) == napi_ok) return text(plain);
  bool list = false;
  napi_is_array(env, value, &list);
  return list ? "an array" : kTypeNames[typeOf(env, value)];
}

static Failure expected(napi_env env, const char* wanted, napi_value value) {
  return {"argument", text("expected ", wanted, ", got ", found(env, value))};
}

// Why a number is no tensor of this thread.
static Failure badHandle(double handle) {
  if (slab().find(handle, 0) != nullptr) return {"disposed", "a tensor of another thread; adopt it first"};
  const bool plausible = handle >= (1u << kIndexBits) && handle < kHandles && handle == std::floor(handle);
  return {"disposed", plausible ? "use of a disposed tensor" : text(handle, " is no tensor handle")};
}

static const Tensor& tensorOf(Environment& self, napi_value value) {
  double handle;
  if (napi_get_value_double(self.env, value, &handle) != napi_ok) throw expected(self.env, "a tensor", value);
  const Slot* slot = slab().find(handle, self.id);
  if (slot == nullptr) throw badHandle(handle);
  return slot->tensor;
}

// ---- 4 operators --------------------------------------------------------------------------------

enum class Kind { Tensor, Int, Float, Bool, Scalar, String, Device, Generator, DType, Layout, MemoryFormat,
                  Unsupported };

struct Argument {
  std::string name, type;
  Kind kind;           // of the value; of the items where it is a list
  bool optional;       // the whole value may be null
  c10::TypePtr item;   // of a list; null otherwise
  bool optionalItems;  // items of a list may be null
  int64_t repeat;      // n of int[n], 0 when unsized
  bool hasFallback;
  IValue fallback;
};

struct Operator {
  c10::OperatorHandle handle;
  std::string schema;
  std::vector<Argument> arguments;
  std::vector<bool> aliasesArgument;  // in-place results: the caller already holds that tensor
};

static Kind kindOf(const c10::TypePtr& type) {
  static const std::unordered_map<std::string, Kind> kinds = {
      {"Tensor", Kind::Tensor}, {"int", Kind::Int}, {"SymInt", Kind::Int}, {"float", Kind::Float}, {"bool", Kind::Bool},
      {"Scalar", Kind::Scalar}, {"str", Kind::String}, {"Device", Kind::Device}, {"Generator", Kind::Generator},
      {"ScalarType", Kind::DType}, {"Layout", Kind::Layout}, {"MemoryFormat", Kind::MemoryFormat}};
  const auto known = kinds.find(type->str());
  return known == kinds.end() ? Kind::Unsupported : known->second;
}

static bool isOptional(const c10::TypePtr& type) { return type->kind() == c10::TypeKind::OptionalType; }
static c10::TypePtr inner(const c10::TypePtr& type) { return isOptional(type) ? type->containedType(0) : type; }

static Argument describeArgument(const c10::Argument& argument) {
  const c10::TypePtr type = argument.real_type(), value = inner(type);
  const bool list = value->kind() == c10::TypeKind::ListType;
  const c10::TypePtr item = list ? value->containedType(0) : value;
  // As kernels see it: `type` has numbers where `real_type` tells what they stand for.
  const c10::TypePtr seen = list ? inner(argument.type())->containedType(0) : nullptr;
  const auto fallback = argument.default_value();
  return {argument.name(), type->str(), kindOf(inner(item)), isOptional(type), seen, list && isOptional(item),
          argument.N().value_or(0), fallback.has_value(), fallback.has_value() ? *fallback : IValue()};
}

// Append-only, so that a resolved operator can be read without the lock.
static std::mutex operatorsLock;
static std::atomic<Operator*> operators[8192];
static std::unordered_map<std::string, uint32_t> operatorIds;

static uint32_t resolveOperator(const std::string& name, const std::string& overload) {
  std::lock_guard<std::mutex> guard(operatorsLock);
  const std::string key = overload.empty() ? name : name + "." + overload;
  const auto known = operatorIds.find(key);
  if (known != operatorIds.end()) return known->second;
  const auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
  if (!handle.has_value()) throw Failure{"operator", text("operator '", key, "' is not in libtorch ", TORCH_VERSION)};
  if (operatorIds.size() == 8192) throw Failure{"operator", "internal: operator table is full"};
  auto* entry = new Operator{*handle, text(handle->schema()), {}, {}};
  for (const auto& argument : handle->schema().arguments()) entry->arguments.push_back(describeArgument(argument));
  for (const auto& result : handle->schema().returns()) {
    entry->aliasesArgument.push_back(result.alias_info() != nullptr && result.alias_info()->isWrite());
  }
  const uint32_t id = operatorIds.size();
  operators[id].store(entry, std::memory_order_release);
  operatorIds.emplace(key, id);
  return id;
}

// ---- 5 conversion -------------------------------------------------------------------------------

constexpr int64_t kSafe = 1ll << 53;  // JavaScript's numbers are exact up to here

static bool isInteger(double value) {
  return std::abs(value) <= kSafe && static_cast<double>(static_cast<int64_t>(value)) == value;
}

static std::string toText(napi_env env, napi_value value) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) throw expected(env, "a string", value);
  std::string out(length, '\0');
  check(napi_get_value_string_utf8(env, value, out.data(), length + 1, &length));
  return out;
}

static double toDouble(napi_env env, napi_value value) {
  double out;
  if (napi_get_value_double(env, value, &out) != napi_ok) throw expected(env, "a number", value);
  return out;
}

static bool toBool(napi_env env, napi_value value) {
  bool out;
  if (napi_get_value_bool(env, value, &out) != napi_ok) throw expected(env, "a boolean", value);
  return out;
}

static int64_t toInt(napi_env env, napi_value value) {
  double plain;
  int64_t big;
  bool lossless;
  if (napi_get_value_double(env, value, &plain) == napi_ok) {
    if (isInteger(plain)) return static_cast<int64_t>(plain);
  } else if (napi_get_value_bigint_int64(env, value, &big, &lossless) == napi_ok && lossless) {
    return big;
  }
  throw expected(env, "an integer", value);
}

// For numbers that libtorch trusts, such as those of its element types.
static int64_t toIntBelow(napi_env env, napi_value value, int count) {
  const int64_t number = toInt(env, value);
  if (number >= 0 && number < count) return number;
  throw expected(env, text("a number below ", count).c_str(), value);
}

static c10::Scalar toScalar(napi_env env, napi_value value) {
  const napi_valuetype type = typeOf(env, value);
  if (type == napi_boolean) return toBool(env, value);
  if (type == napi_bigint) return toInt(env, value);
  const double plain = toDouble(env, value);
  return isInteger(plain) ? c10::Scalar(static_cast<int64_t>(plain)) : c10::Scalar(plain);
}

template <class Visit>
static void eachItem(napi_env env, napi_value value, const Visit& visit) {
  bool list = false;
  if (napi_is_array(env, value, &list) != napi_ok || !list) throw expected(env, "an array", value);
  uint32_t length;
  check(napi_get_array_length(env, value, &length));
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    if (napi_get_element(env, value, i, &item) != napi_ok) throw Failure{"argument", "an array item cannot be read"};
    visit(item);
  }
}

static std::vector<Tensor> toTensors(Environment& self, napi_value value) {
  std::vector<Tensor> out;
  if (isNothing(self.env, value)) return out;
  eachItem(self.env, value, [&](napi_value item) {
    out.push_back(isNothing(self.env, item) ? Tensor() : tensorOf(self, item));
  });
  return out;
}

static IValue toPlain(Environment& self, Kind kind, napi_value value) {
  napi_env env = self.env;
  switch (kind) {
    case Kind::Tensor: return tensorOf(self, value);
    case Kind::Int: return toInt(env, value);
    case Kind::Float: return toDouble(env, value);
    case Kind::Bool: return toBool(env, value);
    case Kind::Scalar: return toScalar(env, value);
    case Kind::String: return toText(env, value);
    case Kind::Device: return c10::Device(toText(env, value));
    case Kind::DType: return toIntBelow(env, value, int(at::ScalarType::Undefined));
    case Kind::Layout: return toIntBelow(env, value, int(at::Layout::NumOptions));
    case Kind::MemoryFormat: return toIntBelow(env, value, int(at::MemoryFormat::NumOptions));
    case Kind::Generator: throw Failure{"argument", "only null is accepted: the default generator is used"};
    case Kind::Unsupported: break;
  }
  throw Failure{"argument", "values of this type cannot cross the bridge"};
}

// A lone value stands for `int[n]` n times.
static IValue toList(Environment& self, const Argument& argument, napi_value value) {
  c10::impl::GenericList out(argument.item);
  const auto add = [&](napi_value item) {
    const bool none = argument.optionalItems && isNothing(self.env, item);
    out.push_back(none ? IValue() : toPlain(self, argument.kind, item));
  };
  if (argument.repeat > 0 && typeOf(self.env, value) != napi_object) {
    for (int64_t i = 0; i < argument.repeat; i++) add(value);
  } else {
    eachItem(self.env, value, add);
  }
  return out;
}

static napi_value fromIValue(Environment& self, IValue value);

template <class List>
static napi_value fromList(Environment& self, const List& list) {
  const napi_value out = array(self.env, list.size());
  for (size_t i = 0; i < list.size(); i++) check(napi_set_element(self.env, out, i, fromIValue(self, IValue(list[i]))));
  return out;
}

static napi_value fromInt(napi_env env, int64_t value) {
  if (value > kSafe || value < -kSafe) throw Failure{"other", text(value, " does not fit a JavaScript number")};
  return number(env, static_cast<double>(value));
}

static napi_value fromIValue(Environment& self, IValue value) {
  if (value.isTensor()) return handleOf(self, std::move(value).toTensor());
  if (value.isNone()) return null(self.env);
  if (value.isBool()) return boolean(self.env, value.toBool());
  if (value.isInt()) return fromInt(self.env, value.toInt());
  if (value.isDouble()) return number(self.env, value.toDouble());
  if (value.isList()) return fromList(self, value.toListRef());
  throw Failure{"other", "results of type " + value.tagKind() + " cannot cross the bridge"};
}

// ---- errors: the factory in JavaScript describes the arguments

static void throwError(Environment& self, const std::string& kind, const std::string& message,
                       const std::string& schema = "", size_t count = 0, const napi_value* values = nullptr) try {
  napi_env env = self.env;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return;
  if (self.errorFactory == nullptr) return check(napi_throw_error(env, kind.c_str(), message.c_str()));
  napi_value factory, error;
  check(napi_get_reference_value(env, self.errorFactory, &factory));
  const napi_value arguments = arrayOf(env, {values, values + count});
  napi_value parts[] = {string(env, kind), string(env, message), string(env, schema), arguments};
  if (napi_call_function(env, undefined(env), factory, 4, parts, &error) == napi_ok) napi_throw(env, error);
} catch (const Failure&) {}  // a thread that is being terminated runs no JavaScript

// The kind and message of whatever is being thrown; without the C++ frames libtorch adds.
static std::pair<std::string, std::string> caught() {
  try {
    throw;
  } catch (const Failure& failure) {
    return {failure.kind, failure.message};
  } catch (const c10::Error& error) {
    return {"", error.what_without_backtrace()};
  } catch (const std::exception& error) {
    return {"", error.what()};
  } catch (...) {
    return {"", "unknown C++ exception"};
  }
}

// ---- 6 exports ----------------------------------------------------------------------------------

struct Call {
  Environment& self;
  napi_env env;
  napi_value* values;
  const Tensor& tensor(size_t i) { return tensorOf(self, values[i]); }
};

// A function's name and arguments in a schema's words: errors quote them.
template <size_t Size>
struct Signature {
  char text[Size];
  constexpr Signature(const char (&from)[Size]) { std::copy_n(from, Size, text); }
};

// Wraps a body that may throw into the shape Node expects; one that returns nothing gives undefined.
template <Signature kSignature, auto Body>
static napi_value exported(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value values[6];
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, values, nullptr, &data);
  auto* self = static_cast<Environment*>(data);
  try {
    Call call{*self, env, values};
    if constexpr (!std::is_void_v<decltype(Body(call))>) return Body(call);
    else return Body(call), undefined(env);
  } catch (...) {
    const auto [kind, message] = caught();
    throwError(*self, kind, message, kSignature.text, std::min<size_t>(count, 6), values);
    return nullptr;
  }
}

static IValue convertArgument(Environment& self, const Argument& argument, napi_value value) {
  double handle;  // the usual case first: it needs no typeOf
  if (argument.kind == Kind::Tensor && argument.item == nullptr && value != nullptr &&
      napi_get_value_double(self.env, value, &handle) == napi_ok) {
    if (const Slot* slot = slab().find(handle, self.id)) return slot->tensor;
  }
  const napi_valuetype type = value == nullptr ? napi_undefined : typeOf(self.env, value);
  if (type == napi_undefined) {
    if (argument.hasFallback) return argument.fallback;
    if (argument.optional) return IValue();
    throw Failure{"argument", "missing argument '" + argument.name + "'"};
  }
  if (type == napi_null && (argument.optional || argument.kind == Kind::Generator)) return IValue();
  try {
    return argument.item == nullptr ? toPlain(self, argument.kind, value) : toList(self, argument, value);
  } catch (...) {
    const auto [kind, message] = caught();
    throw Failure{kind.empty() ? "argument" : kind, text("argument '", argument.name, "' (", argument.type, "): ", message)};
  }
}

// A stack that keeps its memory from call to call. A call made while another converts its arguments (an
// array's getter may do so) finds none to borrow and has its own.
struct BorrowedStack {
  Environment& self;
  Stack stack = std::move(self.stack);
  ~BorrowedStack() { stack.clear(), self.stack = std::move(stack); }
};

// Debug mode counts the threads inside a kernel: two at once share the cores and wait for each other.
static std::atomic<bool> watching{false}, twoAtOnce{false};
static std::atomic<int> computing{0};

struct Computing {
  const bool counted = watching.load(std::memory_order_relaxed);
  Computing() { if (counted && computing.fetch_add(1) > 0) twoAtOnce = true; }
  ~Computing() { if (counted) computing.fetch_sub(1); }
};

constexpr size_t kMaxArguments = 40;

static napi_value callOperator(napi_env env, napi_callback_info info) {
  size_t count = kMaxArguments;
  napi_value values[kMaxArguments];
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, values, nullptr, &data);
  BorrowedStack borrowed{*static_cast<Environment*>(data)};
  auto& [self, stack] = borrowed;
  Operator* op = nullptr;
  size_t given = std::clamp<size_t>(count, 1, kMaxArguments) - 1;
  try {
    uint32_t id = 0;
    check(napi_get_value_uint32(env, values[0], &id));
    op = id < 8192 ? operators[id].load(std::memory_order_acquire) : nullptr;
    if (op == nullptr) throw Failure{"operator", text("internal: operator ", id, " was never resolved")};
    const size_t most = op->arguments.size();
    while (given > most && typeOf(env, values[given]) == napi_undefined) given--;  // the schema is older
    if (given > most) throw Failure{"argument", text("expected at most ", most, " arguments, got ", given)};
    for (size_t i = 0; i < most; i++) {
      stack.push_back(convertArgument(self, op->arguments[i], i < given ? values[i + 1] : nullptr));
    }
    Computing counted;
    op->handle.callBoxed(stack);
    const auto result = [&](size_t i) { return op->aliasesArgument[i] ? null(env) : fromIValue(self, std::move(stack[i])); };
    if (stack.empty()) return undefined(env);
    if (stack.size() == 1) return result(0);
    const napi_value out = array(env, stack.size());
    for (size_t i = 0; i < stack.size(); i++) check(napi_set_element(env, out, i, result(i)));
    return out;
  } catch (...) {
    const auto [kind, message] = caught();
    throwError(self, kind, message, op == nullptr ? std::string() : op->schema, given, values + 1);
    return nullptr;
  }
}

static napi_value resolve(Call& call) {
  return number(call.env, resolveOperator(toText(call.env, call.values[0]), toText(call.env, call.values[1])));
}

static void onError(Call& call) {
  if (call.self.errorFactory != nullptr) napi_delete_reference(call.env, call.self.errorFactory);
  check(napi_create_reference(call.env, call.values[0], 1, &call.self.errorFactory));
}

// ---- data in and out

// A CPU tensor with a copy of a typed array's bytes.
static napi_value fromTyped(Call& call) {
  static const size_t kWidths[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 2};
  std::vector<int64_t> shape;
  eachItem(call.env, call.values[1], [&](napi_value item) { shape.push_back(toInt(call.env, item)); });
  const int64_t dtype = toIntBelow(call.env, call.values[2], int(at::ScalarType::Undefined));
  napi_typedarray_type type;
  size_t length;
  void* source;
  const napi_status status = napi_get_typedarray_info(call.env, call.values[0], &type, &length, &source, nullptr, nullptr);
  if (status != napi_ok || type >= std::size(kWidths)) throw expected(call.env, "a typed array", call.values[0]);
  const Tensor out = at::detail::empty_cpu(shape, static_cast<at::ScalarType>(dtype));
  const size_t given = length * kWidths[type];
  if (out.nbytes() != given) throw Failure{"shape", text("expected ", out.nbytes(), " bytes, got ", given)};
  if (out.nbytes() > 0) std::memcpy(out.data_ptr(), source, out.nbytes());
  return handleOf(call.self, out);
}

static Tensor onHost(const Tensor& tensor) { return tensor.cpu().contiguous(); }

static napi_value toBuffer(Call& call) {
  const Tensor host = onHost(call.tensor(0));
  void* target;
  const napi_value out = make(napi_create_arraybuffer, call.env, host.nbytes(), &target);
  if (host.nbytes() > 0) std::memcpy(target, host.data_ptr(), host.nbytes());
  return out;
}

// Repeats a partial read or write until `size` bytes are done.
template <class Transfer>
static void transferAll(size_t size, const char* verb, const Transfer& transfer) {
  for (size_t done = 0; done < size;) {
    const ssize_t count = transfer(done, std::min<size_t>(size - done, 1 << 30));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw Failure{"other", text(verb, " failed: ", count == 0 ? "the file ends early" : std::strerror(errno))};
    done += count;
  }
}

// The tensors' bytes, one after the other, without a copy in JavaScript.
static void writeTensors(Call& call) {
  const int file = toInt(call.env, call.values[0]);
  for (const Tensor& tensor : toTensors(call.self, call.values[1])) {
    const Tensor host = onHost(tensor);
    const char* bytes = static_cast<const char*>(host.data_ptr());
    transferAll(host.nbytes(), "writing", [&](size_t done, size_t left) { return ::write(file, bytes + done, left); });
  }
}

// Fills a contiguous CPU tensor with a file's bytes.
static void readTensor(Call& call) {
  const int file = toInt(call.env, call.values[0]);
  const int64_t position = toInt(call.env, call.values[1]);
  const Tensor& tensor = call.tensor(2);
  if (!tensor.is_contiguous() || !tensor.device().is_cpu()) throw Failure{"argument", "expected a contiguous CPU tensor"};
  char* bytes = static_cast<char*>(tensor.data_ptr());
  transferAll(tensor.nbytes(), "reading",
              [&](size_t done, size_t left) { return ::pread(file, bytes + done, left, position + done); });
}

static napi_value item(Call& call) {
  const Tensor& tensor = call.tensor(0);
  if (tensor.numel() != 1) throw Failure{"shape", text("expected one element, got shape ", tensor.sizes())};
  const c10::Scalar value = tensor.item();
  if (value.isBoolean()) return boolean(call.env, value.toBool());
  return value.isIntegral(false) ? fromInt(call.env, value.toLong()) : number(call.env, value.toDouble());
}

// [dtype, device, requires grad, ...shape]
static napi_value meta(Call& call) {
  const Tensor& tensor = call.tensor(0);
  const napi_value out = array(call.env, 3 + tensor.dim());
  napi_set_element(call.env, out, 0, number(call.env, static_cast<int>(tensor.scalar_type())));
  napi_set_element(call.env, out, 1, string(call.env, tensor.device().str()));
  napi_set_element(call.env, out, 2, boolean(call.env, tensor.requires_grad()));
  for (int64_t i = 0; i < tensor.dim(); i++) napi_set_element(call.env, out, 3 + i, number(call.env, tensor.size(i)));
  return out;
}

// ---- autograd

// [outputs, grads, inputs] of a backward.
static std::array<std::vector<Tensor>, 3> tensorsOf(Call& call) {
  std::array<std::vector<Tensor>, 3> out;
  for (size_t i = 0; i < 3; i++) out[i] = toTensors(call.self, call.values[i]);
  for (const auto* list : {&out[0], &out[2]})
    for (const Tensor& tensor : *list) if (!tensor.defined()) throw Failure{"argument", "expected a tensor, got null"};
  return out;
}

static void backward(Call& call) {
  const bool retain = toBool(call.env, call.values[3]), create = toBool(call.env, call.values[4]);
  const auto [outputs, grads, inputs] = tensorsOf(call);
  Computing counted;
  torch::autograd::backward(outputs, grads, retain, create, inputs);
}

// Gradients without touching `.grad`.
static napi_value gradients(Call& call) {
  const bool retain = toBool(call.env, call.values[3]), create = toBool(call.env, call.values[4]);
  const auto [outputs, grads, inputs] = tensorsOf(call);
  Computing counted;
  return fromList(call.self, torch::autograd::grad(outputs, inputs, grads, retain, create, true));
}

static napi_value gradOf(Call& call) { return handleOf(call.self, call.tensor(0).grad()); }

static void setGrad(Call& call) {
  const Tensor& tensor = call.tensor(0);
  const Tensor grad = isNothing(call.env, call.values[1]) ? Tensor() : call.tensor(1);
  const auto alike = [&] { return grad.sizes() == tensor.sizes() && grad.dtype() == tensor.dtype() &&
                                  grad.device() == tensor.device() && !grad.is_same(tensor); };
  if (grad.defined() && !alike()) throw Failure{"shape", "expected another tensor of its shape, type and device"};
  tensor.mutable_grad() = grad;
}

// ---- modes

static napi_value gradMode(Call& call) {
  const bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(toBool(call.env, call.values[0]));
  return boolean(call.env, before);
}

static void inferenceEnter(Call& call) { call.self.inference.push_back(std::make_unique<c10::InferenceMode>()); }

static void inferenceLeave(Call& call) {
  if (call.self.inference.empty()) throw Failure{"other", "inference mode was not entered"};
  call.self.inference.pop_back();
}

// ---- lifetime

// One handle or many: every tensor that can be freed is; then the first bad handle is told.
static void freeHandles(Call& call) {
  std::optional<Failure> failure;
  const auto freeOne = [&](double handle) {
    if (!slab().take(handle, call.self.id).defined() && !failure.has_value()) failure = badHandle(handle);
  };
  double handle;
  if (napi_get_value_double(call.env, call.values[0], &handle) == napi_ok) freeOne(handle);
  else eachItem(call.env, call.values[0], [&](napi_value item) { freeOne(toDouble(call.env, item)); });
  if (failure.has_value()) throw *failure;
}

// Takes the tensor over from another thread, which is done with it; its old number is stale.
static napi_value adopt(Call& call) {
  const double handle = toDouble(call.env, call.values[0]);
  Tensor tensor = slab().take(handle, 0);
  if (!tensor.defined()) throw badHandle(handle);
  return handleOf(call.self, std::move(tensor));
}

using Sizes = std::unordered_map<std::string, double>;
static napi_value sizesOf(napi_env env, const Sizes& sizes) {
  const napi_value out = make(napi_create_object, env);
  for (const auto& [name, size] : sizes) check(napi_set_named_property(env, out, name.c_str(), number(env, size)));
  return out;
}

static Sizes deviceMemory() {
  Sizes out;
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 9)
  for (int i = 0; i < static_cast<int>(torch::cuda::device_count()); i++) {
    const auto stats = at::getDeviceAllocator(c10::DeviceType::CUDA)->getDeviceStats(i);
    out[text("cuda:", i, " allocated")] = stats.allocated_bytes[0].current;
    out[text("cuda:", i, " peak")] = stats.allocated_bytes[0].peak;
    out[text("cuda:", i, " reserved")] = stats.reserved_bytes[0].current;
  }
#endif
  return out;
}

// [sizes, bytes by dtype, bytes on devices]; each storage of this thread counts once.
static napi_value memory(Call& call) {
  std::unordered_set<void*> seen;
  std::unique_lock<std::mutex> guard(slab().lock);
  Sizes byType, sizes{{"live", slab().live[call.self.id]}, {"total", slab().size - slab().free.size()}, {"bytes", 0}};
  for (uint32_t i = 0; i < slab().size; i++) {
    const Slot& slot = slab().at(i);
    if (slot.owner != call.self.id || !slot.tensor.has_storage()) continue;
    const auto& storage = slot.tensor.storage();
    if (!seen.insert(storage.unsafeGetStorageImpl()).second) continue;
    sizes["bytes"] += storage.nbytes();
    byType[c10::toString(slot.tensor.scalar_type())] += storage.nbytes();
  }
  guard.unlock();
  return arrayOf(call.env, {sizesOf(call.env, sizes), sizesOf(call.env, byType), sizesOf(call.env, deviceMemory())});
}

static napi_value liveHandles(Call& call) {
  std::lock_guard<std::mutex> guard(slab().lock);
  return number(call.env, slab().live[call.self.id]);
}
static napi_value mallocTrim(Call& call) { return boolean(call.env, malloc_trim(0) == 1); }

// ---- random

static void seed(Call& call) { at::manual_seed(static_cast<uint64_t>(toInt(call.env, call.values[0]))); }

static at::Generator generatorOf(Call& call) {
  return at::globalContext().defaultGenerator(c10::Device(toText(call.env, call.values[0])));
}

static napi_value rngState(Call& call) {
  at::Generator generator = generatorOf(call);
  std::lock_guard<std::mutex> guard(generator.mutex());
  return handleOf(call.self, generator.get_state());
}

static void setRngState(Call& call) {
  at::Generator generator = generatorOf(call);
  std::lock_guard<std::mutex> guard(generator.mutex());
  generator.set_state(call.tensor(1));
}

// ---- environment

// [version, build, threads, MKL, CUDA devices]
static napi_value config(Call& call) {
  const napi_env env = call.env;
  return arrayOf(env, {string(env, TORCH_VERSION), string(env, at::show_config()), number(env, at::get_num_threads()),
                       boolean(env, at::hasMKL()), number(env, torch::cuda::device_count())});
}

// Whether two threads have computed at once since this was asked last.
static napi_value watchThreads(Call& call) {
  watching = toBool(call.env, call.values[0]);
  return boolean(call.env, twoAtOnce.exchange(false));
}

static void setThreads(Call& call) { at::set_num_threads(toIntBelow(call.env, call.values[0], 1025)); }

static void allowTf32(Call& call) {
  at::globalContext().setAllowTF32CuBLAS(toBool(call.env, call.values[0]));
  at::globalContext().setAllowTF32CuDNN(toBool(call.env, call.values[0]));
}
static void deterministic(Call& call) { at::globalContext().setDeterministicAlgorithms(toBool(call.env, call.values[0]), false); }
static void synchronize(Call& call) { if (torch::cuda::is_available()) torch::cuda::synchronize(); }

static napi_value schemas(Call& call) {
  auto& dispatcher = c10::Dispatcher::singleton();
  std::vector<napi_value> all;
  for (const auto& name : dispatcher.getAllOpNames()) {
    const auto handle = dispatcher.findSchema(name);
    if (handle.has_value()) all.push_back(string(call.env, text(handle->schema())));
  }
  return arrayOf(call.env, all);
}

// ---- module

// A thread that ends leaves nothing behind.
static void endEnvironment(void* data) {
  auto* self = static_cast<Environment*>(data);
  std::vector<Tensor> left;
  std::unique_lock<std::mutex> guard(slab().lock);
  for (uint32_t i = 0; i < slab().size; i++) {
    if (slab().at(i).owner == self->id) left.push_back(slab().empty(slab().at(i), i));
  }
  guard.unlock();  // the tensors go at the end, outside the lock
  while (!self->inference.empty()) self->inference.pop_back();
  delete self;
}

struct Export { const char* signature; napi_callback body; };

template <Signature kSignature, auto Body>
constexpr Export as{kSignature.text, exported<kSignature, Body>};

static const Export kExports[] = {
    {"call(int operator, ...) -> ...", callOperator},
    as<"resolve(str name, str overload) -> int", resolve>, as<"onError(function factory) -> ()", onError>,
    as<"fromTyped(TypedArray array, int[] shape, ScalarType dtype) -> Tensor", fromTyped>,
    as<"toBuffer(Tensor self) -> ArrayBuffer", toBuffer>, as<"write(int file, Tensor[] tensors) -> ()", writeTensors>,
    as<"read(int file, int position, Tensor(a!) self) -> ()", readTensor>,
    as<"item(Tensor self) -> Scalar", item>, as<"meta(Tensor self) -> Scalar[]", meta>,
    as<"backward(Tensor[] outputs, Tensor?[] grads, Tensor[] inputs, bool retainGraph, bool createGraph) -> ()", backward>,
    as<"grad(Tensor[] outputs, Tensor?[] grads, Tensor[] inputs, bool retainGraph, bool createGraph) -> Tensor?[]", gradients>,
    as<"gradOf(Tensor self) -> Tensor?", gradOf>, as<"setGrad(Tensor self, Tensor? grad) -> ()", setGrad>,
    as<"gradMode(bool on) -> bool", gradMode>,
    as<"inferenceEnter() -> ()", inferenceEnter>, as<"inferenceLeave() -> ()", inferenceLeave>,
    as<"free(Tensor[] tensors) -> ()", freeHandles>, as<"adopt(Tensor self) -> Tensor", adopt>,
    as<"memory() -> object[]", memory>, as<"liveHandles() -> int", liveHandles>, as<"mallocTrim() -> bool", mallocTrim>,
    as<"seed(int value) -> ()", seed>, as<"rngState(str device) -> Tensor", rngState>,
    as<"setRngState(str device, Tensor state) -> ()", setRngState>,
    as<"config() -> Scalar[]", config>, as<"schemas() -> str[]", schemas>, as<"setThreads(int count) -> ()", setThreads>,
    as<"watchThreads(bool on) -> bool", watchThreads>, as<"allowTf32(bool on) -> ()", allowTf32>,
    as<"deterministic(bool on) -> ()", deterministic>, as<"synchronize() -> ()", synchronize>};

extern "C" __attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  static std::once_flag once;
  std::call_once(once, setUpProcess);
  at::set_num_threads(at::get_num_threads());  // until a count is set, MKL splits products as it pleases
  auto* self = new Environment{env, slab().newOwner()};
  napi_add_env_cleanup_hook(env, endEnvironment, self);
  for (const auto& [signature, body] : kExports) {
    const std::string name(signature, std::strchr(signature, '('));
    napi_set_named_property(env, exports, name.c_str(), make(napi_create_function, env, name.c_str(), name.size(), body, self));
  }
  return exports;
}
