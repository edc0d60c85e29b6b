import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { TensorBoardFile } from './tensorboard.ts';

test('the checksum gives the known answers of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
});

/** The payloads of a TFRecord file; throws where a checksum is wrong. */
function payloads(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let place = 0; place < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(place));
    const body = bytes.subarray(place + 12, place + 12 + length);
    expect(bytes.readUInt32LE(place + 8)).toBe(maskedCrc32c(bytes.subarray(place, place + 8)));
    expect(bytes.readUInt32LE(place + 12 + length)).toBe(maskedCrc32c(body));
    found.push(body);
    place += length + 16;
  }
  return found;
}

test('an event file begins with its version and holds scalars by step; nulls are left out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'board-'));
  using file = new TensorBoardFile(folder, { seconds: 1.5 });
  file.add({ 'reward/mean': 0.25, 'kl/ref': null }, { step: 300, seconds: 2 });
  file.add({ 'kl/ref': null }, { step: 301, seconds: 3 });
  const [version, scalars, ...rest] = payloads(readFileSync(file.path));
  expect(rest).toEqual([]);
  expect(version?.toString('latin1', 9)).toBe('\x1a\x0dbrain.Event:2');
  expect(version?.readDoubleLE(1)).toBe(1.5);
  // step 300 = ac 02; summary { value { tag: "reward/mean" simple_value: 0.25 } }
  expect(scalars?.subarray(9).toString('hex')).toBe(
    '10ac022a140a120a0b7265776172642f6d65616e150000803e',
  );
  rmSync(folder, { recursive: true });
});

test('a resumed run tells the viewer to forget later steps', () => {
  const folder = mkdtempSync(join(tmpdir(), 'board-'));
  using file = new TensorBoardFile(folder, { seconds: 1, from: 7 });
  const [, start] = payloads(readFileSync(file.path));
  expect(start?.subarray(9).toString('hex')).toBe('10073a020801');
  rmSync(folder, { recursive: true });
});
