import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { bytesOf, type DType } from './dtype.ts';
import { noGrad } from './modes.ts';
import { native } from './native.ts';
import { AsyncScope, TensorScope, tidy } from './scope.ts';
import * as ops from './tensor.generated.ts';
import type { Tensor } from './tensor.generated.ts';

/** A file that is not what the safetensors format says. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

/** One entry of a header: where its bytes lie and what they are. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

interface Header {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fileBytes: number;
}

/** The format's names of element types. */
export const formatNames: Readonly<Record<DType, string>> = {
  f64: 'F64',
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  i64: 'I64',
  i32: 'I32',
  i16: 'I16',
  i8: 'I8',
  u8: 'U8',
  bool: 'BOOL',
};
const dtypes = new Map(Object.entries(formatNames).map(([dtype, name]) => [name, dtype as DType]));

const longestHeader = 100_000_000;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function readExactly(file: number, length: number, position: number, path: string): Buffer {
  const buffer = Buffer.alloc(length);
  const read = readSync(file, buffer, 0, length, position);
  if (read !== length) {
    throw new SafetensorsError(
      `${path}: expected ${length} bytes at ${position}, found ${read}; the file is cut off`,
    );
  }
  return buffer;
}

function parseHeader(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed)) return parsed;
  } catch (cause) {
    throw new SafetensorsError(`${path}: the header is not JSON; is this a safetensors file?`, {
      cause,
    });
  }
  throw new SafetensorsError(`${path}: the header is no JSON object; is this a safetensors file?`);
}

function readEntry(name: string, value: unknown, base: number, path: string): SafetensorsEntry {
  const fail = (reason: string): SafetensorsError =>
    new SafetensorsError(`${path}: entry '${name}': ${reason}`);
  if (!isRecord(value)) throw fail('expected an object');
  const { dtype: format, shape, data_offsets: range } = value;
  const dtype = typeof format === 'string' ? dtypes.get(format) : undefined;
  if (dtype === undefined) {
    const known = [...dtypes.keys()].join(', ');
    throw fail(`element type ${JSON.stringify(format)} is not supported; known are ${known}`);
  }
  if (!isSizes(shape)) throw fail(`expected a shape, found ${JSON.stringify(shape)}`);
  if (!isSizes(range) || range.length !== 2) {
    throw fail(`expected data_offsets [begin, end], found ${JSON.stringify(range)}`);
  }
  const [begin = 0, end = 0] = range;
  const expected = shape.reduce((product, size) => product * size, bytesOf(dtype));
  if (end - begin !== expected) {
    throw fail(
      `expected ${expected} bytes for ${dtype} [${shape.join(', ')}], found ${end - begin}`,
    );
  }
  return { name, dtype, shape, offset: base + begin, byteLength: expected };
}

function readMetadata(value: unknown, path: string): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const texts = isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
  if (texts) return value as Readonly<Record<string, string>>;
  throw new SafetensorsError(`${path}: expected texts in __metadata__`);
}

function checkLayout(entries: readonly SafetensorsEntry[], fileBytes: number, path: string): void {
  const sorted = entries
    .filter(({ byteLength }) => byteLength > 0)
    .sort((a, b) => a.offset - b.offset);
  for (const [index, { name, offset, byteLength }] of sorted.entries()) {
    const previous = sorted[index - 1];
    if (previous !== undefined && previous.offset + previous.byteLength > offset) {
      throw new SafetensorsError(`${path}: entries '${previous.name}' and '${name}' overlap`);
    }
    if (offset + byteLength > fileBytes) {
      throw new SafetensorsError(
        `${path}: entry '${name}' ends at byte ${offset + byteLength}, but the file has ${fileBytes}; it is cut off`,
      );
    }
  }
}

/**
 * Reads and checks the header of a safetensors file: 8 bytes of length, then JSON, then the data. The
 * header is not trusted: lengths, offsets, overlaps and byte counts are checked. Throws
 * `SafetensorsError`.
 */
export function readSafetensorsHeader(path: string): Header {
  const file = openSync(path, 'r');
  try {
    const fileBytes = fstatSync(file).size;
    const length = readExactly(file, 8, 0, path).readBigUInt64LE();
    if (length > BigInt(Math.min(longestHeader, Math.max(0, fileBytes - 8)))) {
      throw new SafetensorsError(
        `${path}: the header claims ${length} bytes, the file has ${fileBytes}; it is cut off or no safetensors file`,
      );
    }
    const base = 8 + Number(length);
    const { __metadata__: metadata, ...rest } = parseHeader(
      readExactly(file, Number(length), 8, path).toString('utf8'),
      path,
    );
    const entries = Object.entries(rest).map(([name, value]) => readEntry(name, value, base, path));
    checkLayout(entries, fileBytes, path);
    return {
      entries: new Map(entries.map((entry) => [entry.name, entry])),
      metadata: readMetadata(metadata, path),
      fileBytes,
    };
  } finally {
    closeSync(file);
  }
}

/**
 * Tensors of a safetensors file, mapped into memory: nothing is read before it is used, and writes
 * never reach the file. Clone what will be trained; the file must not be cut while it is open.
 */
export class Safetensors implements Disposable {
  readonly path: string;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #scope = new AsyncScope('safetensors');
  readonly #bytes: Tensor;
  #file: number | undefined;

  constructor(path: string) {
    const { entries, metadata, fileBytes } = readSafetensorsHeader(path);
    this.path = path;
    this.entries = entries;
    this.metadata = metadata;
    this.#bytes = this.#scope.run(() => ops.fromFile(path, false, fileBytes, { dtype: 'u8' }));
  }

  /** A view of one entry; a copy where its bytes are not aligned. Throws when there is no such name. */
  tensor(name: string): Tensor {
    const { dtype, shape, offset, byteLength } = this.#entry(name);
    if (byteLength === 0) return ops.empty(shape, { dtype });
    return tidy(() => {
      const bytes = this.#bytes.narrow(0, offset, byteLength);
      const aligned = offset % bytesOf(dtype) === 0 ? bytes : bytes.clone();
      return aligned.viewDtype(dtype).view(shape);
    });
  }

  /**
   * An entry as a tensor of its own, read past the mapping and cast to `dtype` piece by piece, so that
   * hardly more than the result is ever in memory.
   */
  load(name: string, dtype?: DType): Tensor {
    const entry = this.#entry(name);
    const target = dtype ?? entry.dtype;
    this.#file ??= openSync(this.path, 'r');
    const out = ops.empty(entry.shape, { dtype: target });
    if (target === entry.dtype) native.read(this.#file, entry.offset, out.handle);
    else readAndCast(this.#file, entry, out);
    return out;
  }

  #entry(name: string): SafetensorsEntry {
    const entry = this.entries.get(name);
    if (entry === undefined)
      throw new SafetensorsError(`${this.path}: there is no entry '${name}'`);
    return entry;
  }

  /** Unmaps the file once no view of it is alive. */
  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

const castBytes = 1 << 20;

function readAndCast(file: number, entry: SafetensorsEntry, out: Tensor): void {
  using _scope = new TensorScope('read and cast');
  const width = bytesOf(entry.dtype);
  const flat = out.view([-1]);
  const count = entry.byteLength / width;
  const step = Math.min(count, castBytes / width);
  const piece = ops.empty([step], { dtype: entry.dtype });
  for (let done = 0; done < count; done += step) {
    const length = Math.min(step, count - done);
    const part = piece.narrow(0, 0, length);
    native.read(file, entry.offset + done * width, part.handle);
    noGrad(() => flat.narrow(0, done, length).copy_(part));
  }
}

/** One shard or several behind one list of names. */
export class SafetensorsSet implements Disposable {
  readonly #files = new Map<string, Safetensors>();
  /** The file of each name. */
  readonly names: ReadonlyMap<string, string>;

  /** Opens `model.safetensors`, or the shards that `model.safetensors.index.json` lists. */
  constructor(folder: string, stem = 'model') {
    const index = join(folder, `${stem}.safetensors.index.json`);
    const single = join(folder, `${stem}.safetensors`);
    if (existsSync(index)) this.names = readIndex(index);
    else if (existsSync(single)) {
      const names = [...readSafetensorsHeader(single).entries.keys()];
      this.names = new Map(names.map((name) => [name, single]));
    } else {
      throw new SafetensorsError(
        `${folder}: expected ${basename(single)} or ${basename(index)}, found neither`,
      );
    }
    try {
      for (const path of new Set(this.names.values())) this.#files.set(path, new Safetensors(path));
      for (const [name, path] of this.names) this.#entryOf(name, path);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #entryOf(name: string, path: string): SafetensorsEntry {
    const entry = this.#files.get(path)?.entries.get(name);
    if (entry === undefined) {
      throw new SafetensorsError(
        `${path}: the index names '${name}', but the shard does not hold it`,
      );
    }
    return entry;
  }

  entry(name: string): SafetensorsEntry | undefined {
    const path = this.names.get(name);
    return path === undefined ? undefined : this.#entryOf(name, path);
  }

  /** A view of one entry; see `Safetensors.tensor`. */
  tensor(name: string): Tensor {
    return this.#fileOf(name).tensor(name);
  }

  /** An entry as a tensor of its own; see `Safetensors.load`. */
  load(name: string, dtype?: DType): Tensor {
    return this.#fileOf(name).load(name, dtype);
  }

  #fileOf(name: string): Safetensors {
    const path = this.names.get(name);
    const file = path === undefined ? undefined : this.#files.get(path);
    if (file === undefined) throw new SafetensorsError(`there is no entry '${name}'`);
    return file;
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file[Symbol.dispose]();
    this.#files.clear();
  }
}

function readIndex(path: string): ReadonlyMap<string, string> {
  const map = parseHeader(readFileSync(path, 'utf8'), path)['weight_map'];
  if (!isRecord(map)) throw new SafetensorsError(`${path}: expected an object 'weight_map'`);
  return new Map(
    Object.entries(map).map(([name, file]) => {
      if (typeof file !== 'string' || basename(file) !== file) {
        throw new SafetensorsError(
          `${path}: '${name}' names no file of this folder: ${String(file)}`,
        );
      }
      return [name, join(dirname(path), file)];
    }),
  );
}
