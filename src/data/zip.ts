import { mkdir, open, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';

import { DatasetError } from './dataset-error.ts';

/** A file inside an archive. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
}

const MOST_BYTES = 256 * 2 ** 20;
const SIGNATURES = {
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  entry: 0x02014b50,
  local: 0x04034b50,
};
const FULL_32 = 0xffffffff;

/**
 * Unpacks the files of a ZIP archive that are wanted into a folder, one after another.
 *
 * Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5 (ZIP64 included; stored and deflated files).
 * @throws DatasetError `corrupt` for a damaged archive, a name that leaves the folder, or another method.
 */
export async function unpackZip(
  archive: string,
  folder: string,
  { wanted = () => true, signal, onFile }: UnpackOptions = {},
): Promise<number> {
  const handle = await open(archive);
  try {
    const entries = (await readEntries(handle, archive)).filter(
      ({ name }) => !name.endsWith('/') && wanted(name),
    );
    const made = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      signal?.throwIfAborted();
      const path = join(folder, placeOf(entry.name, archive));
      const parent = dirname(path);
      if (!made.has(parent)) await mkdir(parent, { recursive: true });
      made.add(parent);
      await writeFile(path, await readEntry(handle, entry, archive));
      onFile?.(index + 1, entries.length);
    }
    return entries.length;
  } finally {
    await handle.close();
  }
}

export interface UnpackOptions {
  readonly wanted?: (name: string) => boolean;
  readonly signal?: AbortSignal;
  readonly onFile?: (done: number, total: number) => void;
}

async function readEntries(handle: FileHandle, archive: string): Promise<readonly Entry[]> {
  const { size } = await handle.stat();
  const tailStart = Math.max(0, size - 22 - 0xffff);
  const tail = await readAt(handle, tailStart, size - tailStart);
  const at = lastSignature(tail, SIGNATURES.end);
  if (at < 0) throw damaged(archive, 'no directory at its end; it was cut short, or is no archive');
  let [length, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  const locator = at - 20;
  if (locator >= 0 && tail.readUInt32LE(locator) === SIGNATURES.locator64) {
    const end64 = await readAt(handle, Number(tail.readBigUInt64LE(locator + 8)), 56);
    if (end64.readUInt32LE(0) !== SIGNATURES.end64) throw damaged(archive, 'a damaged directory');
    length = Number(end64.readBigUInt64LE(40));
    offset = Number(end64.readBigUInt64LE(48));
  }
  if (offset + length > size) throw damaged(archive, 'a directory beyond its end');
  const directory = await readAt(handle, offset, length);
  const entries: Entry[] = [];
  let from = 0;
  while (from + 46 <= directory.length && directory.readUInt32LE(from) === SIGNATURES.entry) {
    const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map((field) =>
      directory.readUInt16LE(from + field),
    );
    const end = from + 46 + name + extra;
    entries.push(entryOf(directory.subarray(from, end), name));
    from = end + comment;
  }
  if (from !== directory.length) throw damaged(archive, 'a damaged directory');
  return entries;
}

/** One record of the directory; sizes that do not fit stand in its extra field. */
function entryOf(record: Buffer, nameLength: number): Entry {
  const extra = record.subarray(46 + nameLength);
  const wide: number[] = [];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const bytes = extra.readUInt16LE(at + 2);
    for (let field = at + 4; field + 8 <= at + 4 + bytes; field += 8) {
      wide.push(Number(extra.readBigUInt64LE(field)));
    }
  }
  const full = (value: number): number => (value === FULL_32 ? (wide.shift() ?? value) : value);
  const size = full(record.readUInt32LE(24));
  const packed = full(record.readUInt32LE(20));
  const offset = full(record.readUInt32LE(42));
  return {
    name: record.toString('utf8', 46, 46 + nameLength),
    method: record.readUInt16LE(10),
    crc: record.readUInt32LE(16),
    packed,
    size,
    offset,
  };
}

async function readEntry(handle: FileHandle, entry: Entry, archive: string): Promise<Buffer> {
  const { name, method, packed, size, offset } = entry;
  if (packed > MOST_BYTES || size > MOST_BYTES) {
    throw damaged(archive, `${name} of ${size} bytes, more than ${MOST_BYTES}`);
  }
  const header = await readAt(handle, offset, 30);
  if (header.length < 30 || header.readUInt32LE(0) !== SIGNATURES.local) {
    throw damaged(archive, `no file where ${name} should be`);
  }
  const start = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const body = await readAt(handle, start, packed);
  const bytes = method === 0 ? body : method === 8 ? inflate(body, entry, archive) : undefined;
  if (bytes === undefined) throw damaged(archive, `${name} packed by method ${method}, not 0 or 8`);
  if (bytes.length !== size || crc32(bytes) !== entry.crc) {
    throw damaged(archive, `${name} with another checksum`);
  }
  return bytes;
}

function inflate(body: Buffer, { name, size }: Entry, archive: string): Buffer {
  try {
    return inflateRawSync(body, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw damaged(archive, `${name} damaged`, error);
  }
}

/** The path of a file below the folder; a name that leads out of it is refused. */
function placeOf(name: string, archive: string): string {
  const place = normalize(name.replaceAll('\\', '/'));
  if (place.startsWith('..') || place.startsWith(sep) || /^[a-z]:/i.test(place)) {
    throw damaged(archive, `${JSON.stringify(name)}, which leads out of the folder`);
  }
  return place;
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

function lastSignature(bytes: Buffer, signature: number): number {
  for (let at = bytes.length - 22; at >= 0; at--) {
    if (bytes.readUInt32LE(at) === signature) return at;
  }
  return -1;
}

function damaged(archive: string, found: string, cause?: unknown): DatasetError {
  return new DatasetError(
    'corrupt',
    `${archive}: expected a whole ZIP archive, found ${found}; fetch it again, or unpack it yourself`,
    { cause },
  );
}
