import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type DType,
  fromArray,
  fromBools,
  fromFloats,
  fromInts,
  liveTensors,
  ops,
  outside,
  readSafetensorsHeader,
  Safetensors,
  SafetensorsError,
  SafetensorsSet,
  type Tensor,
  TensorScope,
  writeSafetensors,
} from './index.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vl-rethinker-safetensors-'));
  path = join(folder, 'model.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file with this header and this many bytes of data after it. */
function write(header: unknown, bytes = 0, claimed?: bigint): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(text.length));
  writeFileSync(path, Buffer.concat([length, text, Buffer.alloc(bytes, 1)]));
  return path;
}

const entry = (dtype: string, shape: readonly unknown[], range: readonly unknown[]) => ({
  dtype,
  shape,
  data_offsets: range,
});

test('tensors of every element type, empty ones and those without dimensions make the round trip', () => {
  using _scope = new TensorScope();
  const dtypes: readonly DType[] = [
    'f64',
    'f32',
    'f16',
    'bf16',
    'i64',
    'i32',
    'i16',
    'i8',
    'u8',
    'bool',
  ];
  const made: [string, Tensor][] = dtypes.map((dtype) => [
    dtype,
    fromInts([0, 1, 1], [3, 1]).toDtype(dtype),
  ]);
  made.push(
    ['empty', ops.zeros([0, 4])],
    ['scalar', fromFloats([2.5], [])],
    ['turned', fromFloats([1, 2, 3, 4], [2, 2]).t()],
  );
  writeSafetensors(path, new Map(made), { format: 'pt', by: 'test' });
  using file = new Safetensors(path);
  expect(file.metadata).toEqual({ format: 'pt', by: 'test' });
  expect([...file.entries.keys()].sort()).toEqual(made.map(([name]) => name).sort());
  for (const [name, tensor] of made) {
    for (const read of [file.tensor(name), file.load(name)]) {
      expect([read.dtype, read.shape]).toEqual([tensor.dtype, tensor.shape]);
      expect(read.toArray()).toEqual(tensor.toArray());
    }
    expect(file.load(name, 'f32').toArray()).toEqual(tensor.to('f32').toArray());
  }
});

test('what is written is aligned for every reader, whatever the order of the tensors', () => {
  using _scope = new TensorScope();
  writeSafetensors(
    path,
    new Map([
      ['odd', fromBools([true, false, true])],
      ['wide', fromArray(Float64Array.of(1, 2))],
    ]),
  );
  const { entries } = readSafetensorsHeader(path);
  expect(entries.get('wide')!.offset % 8).toBe(0);
});

test('a misaligned entry is read all the same', () => {
  using _scope = new TensorScope();
  const odd = Buffer.from(Float32Array.of(1.5, -2).buffer);
  write({ a: entry('U8', [1], [0, 1]), b: entry('F32', [2], [1, 9]) }, 9);
  const content = readFileSync(path);
  odd.copy(content, content.length - 8);
  writeFileSync(path, content);
  using file = new Safetensors(path);
  expect(file.tensor('b').toArray()).toEqual(Float32Array.of(1.5, -2));
  expect(file.load('b').toArray()).toEqual(Float32Array.of(1.5, -2));
});

test('views of the mapping are one handle each, and writing to them never reaches the file', () => {
  const before = liveTensors();
  {
    using _scope = new TensorScope();
    writeSafetensors(path, new Map([['w', fromFloats([1, 2])]]));
  }
  const bytes = readFileSync(path);
  const file = new Safetensors(path);
  const view = outside(() => file.tensor('w'));
  expect(liveTensors()).toBe(before + 2);
  view.add_(5);
  file[Symbol.dispose]();
  expect(view.toArray()).toEqual(Float32Array.of(6, 7));
  view.dispose();
  expect(liveTensors()).toBe(before);
  expect(readFileSync(path)).toEqual(bytes);
});

test('names of every sort survive: empty, __proto__, paths, long and beyond ASCII', () => {
  using _scope = new TensorScope();
  const names = [
    '',
    '__proto__',
    'constructor',
    '../../etc/passwd',
    'a\u0000b',
    '层.0',
    '🧠',
    'x'.repeat(10_000),
  ];
  writeSafetensors(path, new Map(names.map((name, index) => [name, fromFloats([index])])));
  using file = new Safetensors(path);
  expect(names.map((name) => file.tensor(name).item())).toEqual(names.map((_, index) => index));
  expect(() => file.tensor('toString')).toThrow("there is no entry 'toString'");
  expect(() => writeSafetensors(path, new Map([['__metadata__', fromFloats([1])]]))).toThrow(
    SafetensorsError,
  );
});

const lies: readonly (readonly [string, () => string, RegExp])[] = [
  [
    'an empty file',
    () => (writeFileSync(path, ''), path),
    /expected 8 bytes at 0, found 0; the file is cut off/,
  ],
  ['seven bytes', () => (writeFileSync(path, Buffer.alloc(7)), path), /cut off/],
  ['a header longer than the file', () => write({}, 0, 1000n), /header claims 1000 bytes/],
  [
    'a header of 2^63 bytes',
    () => write({}, 0, 2n ** 63n),
    /header claims 9223372036854775808 bytes/,
  ],
  ['a header of no bytes', () => write('', 4), /not JSON/],
  ['a header that is no JSON', () => write('not json'), /not JSON/],
  ['a header that is a list', () => write('[]'), /no JSON object/],
  ['a header that is null', () => write('null'), /no JSON object/],
  ['an entry that is a text', () => write({ a: 'x' }), /entry 'a': expected an object/],
  ['an entry without anything', () => write({ a: {} }), /element type undefined/],
  [
    'an unknown element type',
    () => write({ a: entry('F4', [1], [0, 4]) }, 4),
    /element type "F4" is not supported/,
  ],
  [
    'an element type that is an object',
    () => write({ a: { dtype: { toString: 1 }, shape: [1], data_offsets: [0, 4] } }, 4),
    /element type/,
  ],
  ['a negative size', () => write({ a: entry('F32', [-1], [0, 4]) }, 4), /expected a shape/],
  ['a fractional size', () => write({ a: entry('F32', [0.5], [0, 2]) }, 4), /expected a shape/],
  [
    'a size beyond integers',
    () => write('{"a":{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}}', 4),
    /expected a shape/,
  ],
  [
    'a shape that is a text',
    () => write({ a: { dtype: 'F32', shape: '11', data_offsets: [0, 4] } }, 4),
    /expected a shape/,
  ],
  [
    'a product that overflows',
    () => write({ a: entry('F32', [2 ** 52, 2 ** 52, 2 ** 52], [0, 4]) }, 4),
    /expected .* bytes/,
  ],
  [
    'too few bytes for the shape',
    () => write({ a: entry('F32', [2], [0, 4]) }, 4),
    /expected 8 bytes for f32 \[2\], found 4/,
  ],
  ['an end before its beginning', () => write({ a: entry('F32', [1], [4, 0]) }, 4), /found -4/],
  [
    'offsets beyond the file',
    () => write({ a: entry('F32', [1], [4, 8]) }, 4),
    /ends at byte .* it is cut off/,
  ],
  ['negative offsets', () => write({ a: entry('F32', [1], [-4, 0]) }, 4), /data_offsets/],
  ['three offsets', () => write({ a: entry('F32', [1], [0, 4, 8]) }, 8), /data_offsets/],
  [
    'entries that overlap',
    () => write({ a: entry('F32', [2], [0, 8]), b: entry('F32', [1], [4, 8]) }, 8),
    /entries 'a' and 'b' overlap/,
  ],
  [
    'metadata that is no text',
    () => write({ __metadata__: { a: 5 } }),
    /expected texts in __metadata__/,
  ],
];

test.for(lies)(
  '%s is refused with the path and the reason, and leaves nothing open',
  ([, make, message]) => {
    const before = liveTensors();
    const descriptors = readdirSync('/proc/self/fd').length;
    const file = make();
    expect(() => new Safetensors(file)).toThrow(SafetensorsError);
    expect(() => new Safetensors(file)).toThrow(message);
    expect(() => new Safetensors(file)).toThrow(path);
    expect(liveTensors()).toBe(before);
    expect(readdirSync('/proc/self/fd').length).toBe(descriptors);
  },
);

test('a shape of a thousand ones is a shape', () => {
  using _scope = new TensorScope();
  write(
    {
      a: entry(
        'F32',
        Array.from({ length: 1000 }, () => 1),
        [0, 4],
      ),
    },
    4,
  );
  using file = new Safetensors(path);
  expect(file.tensor('a').shape.length).toBe(1000);
});

test('a file that was cut off says where it ends', () => {
  using _scope = new TensorScope();
  writeSafetensors(path, new Map([['w', ops.zeros([100])]]));
  truncateSync(path, 200);
  expect(() => new Safetensors(path)).toThrow(
    /entry 'w' ends at byte \d+, but the file has 200; it is cut off/,
  );
});

test('a write that fails leaves neither a part nor a file', () => {
  using _scope = new TensorScope();
  const [good, gone] = [fromFloats([1]), fromFloats([1])];
  expect(gone.shape).toEqual([1]);
  expect(gone.dtype).toBe('f32');
  gone.dispose();
  expect(() =>
    writeSafetensors(
      path,
      new Map([
        ['a', good],
        ['b', gone],
      ]),
    ),
  ).toThrow(/disposed/);
  expect(readdirSync(folder)).toEqual([]);
});

function writeShards(index: unknown): void {
  using _scope = new TensorScope();
  writeSafetensors(join(folder, 'one.safetensors'), new Map([['a', fromFloats([1])]]));
  writeSafetensors(join(folder, 'two.safetensors'), new Map([['b', fromFloats([2])]]));
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
}

test('shards are found through their index', () => {
  writeShards({ weight_map: { a: 'one.safetensors', b: 'two.safetensors' } });
  using _scope = new TensorScope();
  using set = new SafetensorsSet(folder);
  expect([...set.names.keys()]).toEqual(['a', 'b']);
  expect([set.tensor('a').item(), set.load('b').item()]).toEqual([1, 2]);
  expect(set.entry('b')).toMatchObject({ dtype: 'f32', shape: [1] });
  expect(set.entry('c')).toBe(undefined);
  expect(() => set.tensor('c')).toThrow("there is no entry 'c'");
});

test.for([
  [{ weight_map: { a: 'two.safetensors' } }, /names 'a', but the shard does not hold it/],
  [{ weight_map: { a: '../one.safetensors' } }, /names no file of this folder/],
  [{ weight_map: { a: 5 } }, /names no file of this folder: 5/],
  [{ weight_map: [] }, /expected an object 'weight_map'/],
  [{}, /expected an object 'weight_map'/],
] as const)('a lying index is refused: %j', ([index, message]) => {
  const before = liveTensors();
  writeShards(index);
  expect(() => new SafetensorsSet(folder)).toThrow(message);
  expect(liveTensors()).toBe(before);
});

test('a missing shard and an empty folder are told apart', () => {
  expect(() => new SafetensorsSet(folder)).toThrow(
    /expected model\.safetensors or model\.safetensors\.index\.json, found neither/,
  );
  writeShards({ weight_map: { a: 'three.safetensors' } });
  expect(() => new SafetensorsSet(folder)).toThrow(/three\.safetensors/);
});
