import { dtypeName } from './dtype.ts';
import { native } from './native.ts';
import { isOwnFrame } from './own-frames.ts';

/** What went wrong, for programs that react to it. */
export type TorchErrorKind =
  | 'shape'
  | 'dtype'
  | 'index'
  | 'argument'
  | 'disposed'
  | 'autograd'
  | 'memory'
  | 'device'
  | 'operator'
  | 'other';

/** A failed operator: which one, with what, and (in debug mode) where its arguments came from. */
export class TorchError extends Error {
  override readonly name: string = 'TorchError';
  readonly kind: TorchErrorKind;
  /** `aten::matmul`, or empty where no operator was involved. */
  readonly op: string;
  /** The operator's signature as libtorch prints it. */
  readonly schema: string;
  /** The arguments in words: `self = f32[2, 2]`. Tensors are described, not held. */
  readonly args: readonly string[];
  /** In debug mode the place where the first tensor among the arguments was made: `loss.ts:41`. */
  readonly createdAt: string | undefined;

  constructor(
    message: string,
    details: {
      kind?: TorchErrorKind;
      schema?: string;
      args?: readonly string[];
      createdAt?: string | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.kind = details.kind ?? 'other';
    this.schema = details.schema ?? '';
    this.op = this.schema.split(/[.(]/, 1)[0] ?? '';
    this.args = details.args ?? [];
    this.createdAt = details.createdAt;
    if (this.stack !== undefined) this.stack = withoutOwnFrames(this.stack);
  }
}

/** A tensor has another rank or size than the code says. */
export class ShapeError extends TorchError {
  override readonly name = 'ShapeError';

  constructor(message: string) {
    super(message, { kind: 'shape' });
  }
}

/** The stack as the caller sees it: the frames of this room's wrappers are left out. */
function withoutOwnFrames(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => !isOwnFrame(line))
    .join('\n');
}

const kinds: readonly (readonly [RegExp, TorchErrorKind])[] = [
  [/out of memory|bad_alloc|DefaultCPUAllocator|can't allocate memory/i, 'memory'],
  [
    /leaf Variable|through the graph|require grad|implicitly created|gradient computation|Inference tensors|grad_fn/,
    'autograd',
  ],
  [/index .*out of (range|bounds)|out of range in self|out of bounds/i, 'index'],
  [/same dtype|dtype|ScalarType|scalar type|"\w+" not implemented for|data type/i, 'dtype'],
  [/expected all tensors to be on the same device|backend|device/i, 'device'],
  [/shape|size|dimension|dim \d|Dimension|expand|broadcast/i, 'shape'],
];

const advice: readonly (readonly [RegExp, string])[] = [
  [/modified by an inplace operation/, 'use the out-of-place form of the operator that changed it'],
  [/a leaf Variable that requires grad is being used in an in-place/, 'wrap the update in noGrad'],
  [
    /backward through the graph a second time/,
    'pass retainGraph, or compute the forward pass again',
  ],
  [
    /grad can be implicitly created only for scalar/,
    'reduce the output to one number, or pass grads',
  ],
  [/element \d+ of tensors does not require grad/, 'check noGrad and requiresGrad of the inputs'],
  [/Inference tensors cannot be saved for backward/, 'clone the tensor outside inference mode'],
];

/** Where tensors came from and went, kept in debug mode only. */
export interface Origins {
  describe(handle: number): { what: string; created: string; story: string } | undefined;
}

let origins: Origins | undefined;

/** Debug mode hands its records over here, so that messages can name places. */
export function describeOriginsWith(records: Origins | undefined): void {
  origins = records;
}

function describeTensor(handle: number): string {
  const origin = origins?.describe(handle);
  const story = origin === undefined ? '' : ` ${origin.story}`;
  try {
    const [dtype, device, , ...shape] = native.meta(handle);
    const where = device === 'cpu' ? '' : ` on ${device}`;
    return `${dtypeName(dtype)}[${shape.join(', ')}]${where}${range(handle, dtype, shape)}${story}`;
  } catch {
    return origin === undefined ? 'no tensor that is alive here' : `${origin.what}${story}`;
  }
}

/** Smallest and largest value of a small index tensor: "out of range" alone says too little. */
function range(handle: number, dtype: number, shape: readonly number[]): string {
  const count = shape.reduce((product, size) => product * size, 1);
  if (dtypeName(dtype) !== 'i64' || count === 0 || count > 1 << 16) return '';
  const values = new BigInt64Array(native.toBuffer(handle));
  let min = values[0] ?? 0n;
  let max = min;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return ` (min ${min}, max ${max})`;
}

/** The arguments' types and names out of a schema: `Tensor self, int dim, *, bool keepdim=False`. */
function argumentsOf(schema: string): readonly { type: string; name: string }[] {
  const inside = schema.slice(schema.indexOf('(') + 1, schema.lastIndexOf(') ->'));
  return inside
    .split(/,\s*(?![^[(]*[\])])/)
    .filter((part) => part !== '*' && part !== '')
    .map((part) => {
      const space = part.replace(/=.*/, '').lastIndexOf(' ');
      return { type: part.slice(0, space), name: part.slice(space + 1).replace(/=.*/, '') };
    });
}

/** One value that is no list. Never runs code of the value: it may be anything. */
function describePlain(type: string, value: unknown): string {
  if (type.startsWith('Tensor') && typeof value === 'number') return describeTensor(value);
  if (typeof value === 'string') return `'${value.slice(0, 80)}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value).slice(0, 80);
}

function describeArgument(type: string, value: unknown): string {
  if (!Array.isArray(value)) return describePlain(type, value);
  const items = value.slice(0, 4).map((item: unknown) => describePlain(type, item));
  const more = value.length > 4 ? `, … ${value.length} in all` : '';
  return `[${items.join(', ')}${more}]`;
}

function describeCall(schema: string, values: readonly unknown[]): readonly string[] {
  return argumentsOf(schema).flatMap(({ type, name }, index) => {
    const value = values[index];
    return value === undefined || value === null
      ? []
      : [`${name} = ${describeArgument(type, value)}`];
  });
}

function kindOf(message: string): TorchErrorKind {
  return kinds.find(([pattern]) => pattern.test(message))?.[1] ?? 'other';
}

/** libtorch's message without its table of kernels and without places in its own source. */
function withoutNoise(message: string): string {
  return message
    .replace(/ This could be because[^]*/, ' Does this libtorch know the device, and is it there?')
    .replace(/^\[enforce fail at [^\]]*\] .*?\. (?=\S)/, '')
    .trim();
}

/** Where the first tensor among some arguments was made, as far as debug mode knows. */
function origin(values: readonly unknown[]): string | undefined {
  const numbers = values.flat().filter((value) => typeof value === 'number');
  return numbers
    .map((handle) => origins?.describe(handle)?.created)
    .find((place) => place !== undefined);
}

/** Describing an argument calls the bridge, which may fail in its turn. */
let describing = false;

/** Puts operator, arguments and advice under the message of a native failure. */
function fromNative(
  kind: string,
  message: string,
  schema: string,
  values: readonly unknown[],
): TorchError {
  if (describing) return new TorchError(message);
  describing = true;
  const args = schema === '' ? [] : describeCall(schema, values);
  describing = false;
  const lines = [withoutNoise(message)];
  if (schema !== '') lines.push(`  in ${schema}`);
  if (args.length > 0) lines.push(`  ${args.join('   ')}`);
  const help = advice.find(([pattern]) => pattern.test(message))?.[1];
  if (help !== undefined) lines.push(`  ${help}`);
  return new TorchError(lines.join('\n'), {
    kind: kind === '' ? kindOf(message) : (kind as TorchErrorKind),
    schema,
    args,
    createdAt: origin(values),
  });
}

native.onError(fromNative);
