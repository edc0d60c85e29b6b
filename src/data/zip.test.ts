import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { openDataset } from './open-dataset.ts';
import { encodePng } from './png.ts';
import { unpackZip } from './zip.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zip-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Made {
  readonly method?: number;
  readonly crc?: number;
  readonly wide?: boolean;
}

/** An archive of these files; `wide` writes the sizes and places of ZIP64. */
function zip(
  files: Record<string, Uint8Array | string>,
  { method = 8, crc, wide = false }: Made = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content as string);
    const body = method === 8 ? deflateRawSync(bytes) : bytes;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    const extra = Buffer.alloc(wide ? 28 : 0);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc ?? crc32(bytes), 16);
    entry.writeUInt32LE(wide ? 0xffffffff : body.length, 20);
    entry.writeUInt32LE(wide ? 0xffffffff : bytes.length, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(wide ? 0xffffffff : at, 42);
    if (wide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(bytes.length), 4);
      extra.writeBigUInt64LE(BigInt(body.length), 12);
      extra.writeBigUInt64LE(BigInt(at), 20);
    }
    parts.push(local, Buffer.from(name), body);
    directory.push(entry, Buffer.from(name), extra);
    at += 30 + Buffer.byteLength(name) + body.length;
  }
  const central = Buffer.concat(directory);
  const end64 = Buffer.alloc(wide ? 76 : 0);
  if (wide) {
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(BigInt(central.length), 40);
    end64.writeBigUInt64LE(BigInt(at), 48);
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(at + central.length), 64);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(wide ? 0xffffffff : central.length, 12);
  end.writeUInt32LE(wide ? 0xffffffff : at, 16);
  return Buffer.concat([...parts, central, end64, end]);
}

async function unpack(bytes: Buffer): Promise<number> {
  const archive = join(folder, 'a.zip');
  await writeFile(archive, bytes);
  return unpackZip(archive, join(folder, 'out'));
}

test.each([
  ['deflated', {}],
  ['stored', { method: 0 }],
  ['beyond 32 bits', { wide: true }],
])('files that are %s come out as they were', async (_, made) => {
  expect(await unpack(zip({ 'a/ü.txt': 'one one one', 'a/': '', 'b.txt': '' }, made))).toBe(2);
  expect(await readFile(join(folder, 'out/a/ü.txt'), 'utf8')).toBe('one one one');
  expect(await readFile(join(folder, 'out/b.txt'), 'utf8')).toBe('');
});

test.each([
  ['../out.txt', 'leads out of the folder'],
  ['/etc/x', 'leads out of the folder'],
  ['a/../../x', 'leads out of the folder'],
  ['..\\x', 'leads out of the folder'],
])('the name %s is refused', async (name, message) => {
  await expect(unpack(zip({ [name]: 'x' }))).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual(['a.zip']);
});

test('damaged archives are errors that name what was found', async () => {
  const whole = zip({ 'a.txt': 'one one one' });
  await expect(unpack(whole.subarray(0, whole.length - 30))).rejects.toThrow(
    /no directory at its end/,
  );
  await expect(unpack(Buffer.from('hello'))).rejects.toThrow(/no directory at its end/);
  await expect(unpack(zip({ 'a.txt': 'x' }, { crc: 1 }))).rejects.toThrow(
    /a\.txt with another checksum/,
  );
  await expect(unpack(zip({ 'a.txt': 'x' }, { method: 12 }))).rejects.toThrow(/by method 12/);
  for (const [from, to, message] of [
    [0, 4, /no file where a\.txt should be/],
    [35, 40, /a\.txt damaged/],
    [35, 46, /a damaged directory/],
  ] as const) {
    const broken = Buffer.from(whole);
    broken.fill(0xff, from, to);
    await expect(unpack(broken)).rejects.toThrow(message);
  }
});

test('pictures in images.zip beside the rows are found, and unpacked once', async () => {
  const root = join(folder, 'set');
  await mkdir(root);
  const picture = encodePng(new Uint8Array(12), 2, 2);
  await writeFile(join(root, 'images.zip'), zip({ 'images/a.png': picture, 'images/b.txt': 'x' }));
  const row = { question: '<image>?', answer: '1', image: 'images/a.png' };
  await writeFile(join(root, 'data.jsonl'), JSON.stringify(row));
  const cache = join(folder, 'cache');
  const dataset = await openDataset(root, { cache });
  expect(dataset.at(0).images[0]).toMatchObject({ width: 2, height: 2 });
  const [unpacked] = await readdir(join(cache, 'archives'));
  expect(await readdir(join(cache, 'archives', unpacked!, 'images'))).toEqual(['a.png']);
  const again = await openDataset(root, { cache });
  expect(again.hash).toBe(dataset.hash);
  expect(await readdir(join(cache, 'archives'))).toEqual([unpacked]);
});
