/**
 * Calls the bridge with random operators of the allow-list and random, wrong and hostile arguments:
 * `node --conditions=source test/engine/fuzz.ts <seed> <calls>`. Every outcome must be a value or a
 * TorchError, and no handle may stay behind. Prints one JSON line; what is about to be called is
 * written to stderr first where FUZZ_TRACE is set, so that a crash has a name.
 */
import process from 'node:process';
import { operators } from '../../scripts/operators.ts';
import { parseSchema, type Schema } from '../../scripts/parse-schema.ts';
import { liveTensors, setThreads, TorchError } from '#tensor';
import { native } from '../../src/tensor/native.ts';
import { mixed } from './formula.ts';

const seed = Number(process.argv[2] ?? 1);
const calls = Number(process.argv[3] ?? 20_000);
setThreads(1);

let drawn = 0;
/** An integer below `count`; the stream follows from the seed. */
const below = (count: number): number => mixed(drawn++, seed) % count;
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

const schemas = schemasOfList();

/** The overloads of the allow-list, as scripts/generate-ops.ts picks them. */
function schemasOfList(): readonly Schema[] {
  const known = new Map<string, Schema>();
  for (const line of native.schemas().filter((text) => text.startsWith('aten::'))) {
    const schema = parseSchema(line);
    known.set(`${schema.name}:${schema.overload || '-'}`, schema);
  }
  return operators.flatMap((entry) => {
    const [name = '', overloads = '-'] = entry.replace(/=.*/, '').split(':');
    // Old libraries lack some; the test asks for how many there were.
    return overloads
      .split(',')
      .flatMap(
        (overload) =>
          known.get(`aten::${name}:${overload}`) ?? known.get(`aten::${name}:Tensor`) ?? [],
      );
  });
}

// The sizes stay small or are absurd: middling ones would only fill the memory.
const sizes = [0, 1, 2, 3, 4, 5, 7, -1, -2, -7, 2 ** 40, 2 ** 53, -(2 ** 53)];
const scalars = [
  0,
  1,
  -1,
  0.5,
  2.5,
  -0,
  1e-3,
  Number.NaN,
  Infinity,
  -Infinity,
  1e308,
  3n,
  true,
  false,
];
const hostile: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => 'bf16',
  () => '',
  () => 'cuda:9',
  () => '\u0000\uD800',
  () => ({}),
  () => Object.create(null) as unknown,
  () => ({ toString: 5, valueOf: 5 }),
  () => Symbol('s'),
  () => () => 1,
  () => new Proxy([], {}),
  () => 2n ** 70n,
  () => -1n,
  () => 1.5,
  () => 2 ** 60,
  () => Number.NaN,
  () => new Float32Array(3),
  () => [[[]]],
  () => [undefined],
  () => [null, null],
  () => Array.from({ length: 70 }, () => 1),
  () => new Date(0),
];

const live: number[] = [];
const dead: number[] = [];

/** A handle that is alive, mostly; sometimes a disposed one or none at all. */
function handle(): unknown {
  const kind = below(40);
  if (kind === 0 && dead.length > 0) return pick(dead);
  if (kind === 1) return pick([-1, 0.5, 2 ** 52, 2 ** 60, 1e300, 12345, Number.NaN]);
  return pick(live);
}

function value(type: string): unknown {
  if (below(25) === 0) return pick(hostile)();
  const plain = type.replace(/\?$/, '');
  if (type.endsWith('?') && below(3) === 0) return null;
  const list = /^(.*)\[\d*\]$/.exec(plain);
  if (list !== null) {
    const item = list[1]!;
    return Array.from({ length: below(5) }, () => value(item));
  }
  switch (plain) {
    case 'Tensor':
      return handle();
    case 'int':
    case 'SymInt':
      return below(6) === 0 ? BigInt(pick(sizes)) : pick(sizes);
    case 'float':
    case 'Scalar':
      return pick(scalars);
    case 'bool':
      return below(2) === 0;
    case 'str':
      return pick([
        'none',
        'tanh',
        'constant',
        'reflect',
        'replicate',
        'floor',
        'bij,bjk->bik',
        'i->i',
        'sum',
        '',
      ]);
    case 'ScalarType':
      return below(6) === 0 ? below(60) - 5 : pick([0, 1, 2, 3, 4, 5, 6, 7, 11, 15]);
    case 'Device':
      return pick(['cpu', 'cuda:0', 'meta', 'nonsense', '']);
    default:
      return undefined;
  }
}

function seedTensors(): void {
  const shapes = [[], [0], [3], [2, 3], [3, 3], [1, 2, 4], [2, 3, 4, 4]];
  for (const shape of shapes) {
    const count = shape.reduce((product, size) => product * size, 1);
    const floats = Float32Array.from({ length: count }, () => below(1000) / 250 - 2);
    live.push(native.fromTyped(floats, shape, 6));
    const grad = native.fromTyped(floats, shape, 6);
    native.call(native.resolve('aten::requires_grad_', ''), grad, true);
    live.push(grad);
    live.push(
      native.fromTyped(
        BigInt64Array.from(floats, (x) => BigInt(Math.trunc(x))),
        shape,
        4,
      ),
    );
    live.push(
      native.fromTyped(
        Uint8Array.from(floats, (x) => (x > 0 ? 1 : 0)),
        shape,
        11,
      ),
    );
    live.push(
      native.fromTyped(
        Uint16Array.from(floats, (x) => x * 100),
        shape,
        15,
      ),
    );
    live.push(native.fromTyped(Float64Array.from(floats), shape, 7));
  }
}

/** Keeps the tensors of a result; views of absurd size (`expand`) go, as filling them takes for ever. */
function collect(result: unknown): void {
  if (Array.isArray(result)) for (const item of result) collect(item);
  if (typeof result !== 'number' || !Number.isSafeInteger(result) || result < 2 ** 26) return;
  const [, , , ...shape] = native.meta(result);
  if (shape.reduce((product, size) => product * size, 1) < 100_000) live.push(result);
  else native.free(result);
}

function callOperator(): unknown {
  const schema = pick(schemas);
  const args = schema.arguments.map(({ type, default: fallback }) =>
    fallback !== undefined && below(2) === 0 ? undefined : value(type),
  );
  // Mostly as many as there are; now and then too few or too many.
  if (below(20) === 0) args.pop();
  if (below(40) === 0) args.push(1, 2, 3);
  trace(`${schema.name}.${schema.overload}`, args);
  const result = native.call(native.resolve(schema.name, schema.overload), ...args);
  const tensors = schema.results.some(({ type }) => type.includes('Tensor'));
  if (tensors) collect(result);
  return result;
}

const fd = (): unknown => pick([-1, 0.5, 99_999, 'x', null]);
const flag = (): unknown => (below(8) === 0 ? pick(hostile)() : below(2) === 0);
const handles = (): unknown =>
  below(10) === 0 ? pick(hostile)() : Array.from({ length: below(4) }, handle);
/** The other exports, each with arguments of its kind. */
const exported: readonly (readonly [keyof typeof native, () => readonly unknown[], boolean])[] = [
  [
    'fromTyped',
    () => [
      pick([
        new Float32Array(4),
        new Float64Array(2),
        new Uint8Array(0),
        new DataView(new ArrayBuffer(4)),
        new BigUint64Array(2),
        null,
      ]),
      value('int[]'),
      value('ScalarType'),
    ],
    true,
  ],
  ['toBuffer', () => [handle()], false],
  ['item', () => [handle()], false],
  ['meta', () => [handle()], false],
  ['gradOf', () => [handle()], true],
  ['setGrad', () => [handle(), below(3) === 0 ? null : handle()], false],
  [
    'backward',
    () => [
      handles(),
      below(2) === 0 ? null : handles(),
      below(2) === 0 ? null : handles(),
      flag(),
      flag(),
    ],
    false,
  ],
  ['grad', () => [handles(), below(2) === 0 ? null : handles(), handles(), flag(), flag()], true],
  ['write', () => [fd(), handles()], false],
  ['read', () => [fd(), value('int'), handle()], false],
  ['rngState', () => [pick(['cpu', 'cuda:0', 'meta', '', 5])], true],
  ['setRngState', () => [pick(['cpu', 'cuda:0', 5]), handle()], false],
  ['seed', () => [value('int')], false],
  [
    'resolve',
    () => [pick(['aten::add', 'aten::nothing', '', 5]), pick(['Tensor', '', 'x', null])],
    false,
  ],
  ['setThreads', () => [pick([0, -1, 1.5, 2 ** 40, 'x'])], false],
  ['call', () => [pick([-1, 99_999, 0.5, 'x', undefined]), 1], false],
  ['watchThreads', () => [flag()], false],
  ['adopt', () => [pick([-1, 0.5, 2 ** 52, 'x', null])], true],
  ['free', () => [pick([-1, 0.5, 2 ** 60, null, [Number.NaN], {}])], false],
];

function callExport(): unknown {
  const [name, args, makes] = pick(exported);
  const given = args();
  trace(name, given);
  const result = (native[name] as (...args: readonly unknown[]) => unknown)(...given);
  if (makes) collect(result);
  return result;
}

function trace(name: string, args: readonly unknown[]): void {
  if (process.env['FUZZ_TRACE'] === undefined) return;
  const show = (arg: unknown): string =>
    typeof arg === 'bigint'
      ? `${arg}n`
      : typeof arg === 'number'
        ? String(arg)
        : typeof arg === 'symbol'
          ? 'symbol'
          : Array.isArray(arg)
            ? `[${arg.map(show).join()}]`
            : typeof arg;
  process.stderr.write(`${name} ${args.map(show).join(' ')}\n`);
}

/** Frees all but a few; a tensor that grew is freed first, so that the memory stays small. */
function prune(): void {
  live.sort((a, b) => a - b);
  while (live.length > 120) {
    const [gone] = live.splice(below(live.length), 1);
    native.free(gone!);
    dead.push(gone!);
  }
  if (dead.length > 50) dead.splice(0, dead.length - 50);
}

const before = liveTensors();
const counts = { values: 0, errors: 0, others: 0 };
const odd: string[] = [];
const kinds: Record<string, number> = {};
seedTensors();
for (let call = 0; call < calls; call++) {
  try {
    if (below(5) === 0) callExport();
    else callOperator();
    counts.values++;
  } catch (error) {
    if (error instanceof TorchError) {
      counts.errors++;
      kinds[error.kind] = (kinds[error.kind] ?? 0) + 1;
    } else {
      counts.others++;
      if (odd.length < 5) odd.push(String((error as Error).stack ?? error));
    }
  }
  prune();
  if (call % 500 === 499) {
    for (const gone of live.splice(0)) native.free(gone);
    seedTensors();
  }
}
for (const gone of live.splice(0)) native.free(gone);
console.log(
  JSON.stringify({
    ...counts,
    kinds,
    odd,
    left: liveTensors() - before,
    operators: schemas.length,
  }),
);
