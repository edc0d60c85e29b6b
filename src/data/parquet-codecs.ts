import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';

import type { Compressors } from 'hyparquet';

/** The codecs of Parquet pages. */
export const compressors: Compressors = {
  SNAPPY: decodeSnappy,
  GZIP: (input) => gunzipSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
  ZSTD: (input) => zstdDecompressSync(input),
  LZ4_RAW: decodeLz4,
  LZ4: decodeHadoopLz4,
};

/**
 * One block of the LZ4 block format.
 *
 * @throws RangeError if the block is damaged.
 */
export function decodeLz4(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  let from = 0;
  let to = 0;
  /** A length of four bits goes on in further bytes while they are full. */
  const extended = (start: number): number => {
    let sum = start;
    for (let byte = start === 15 ? 255 : 0; byte === 255; sum += byte) byte = input[from++] ?? 0;
    return sum;
  };
  while (from < input.length) {
    const token = input[from++] ?? 0;
    const literals = extended(token >> 4);
    if (from + literals > input.length || to + literals > length) throw damaged(to);
    output.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from >= input.length) break; // the last sequence has no match
    const distance = (input[from] ?? 0) | ((input[from + 1] ?? 0) << 8);
    from += 2;
    const match = extended(token & 15) + 4;
    if (distance === 0 || distance > to || to + match > length) throw damaged(to);
    // Byte by byte, because a match may reach into itself.
    for (let end = to + match; to < end; to++) output[to] = output[to - distance] ?? 0;
  }
  if (to !== length) throw damaged(to);
  return output;
}

/** Blocks behind their sizes (big-endian: decompressed, compressed), or a bare block. */
function decodeHadoopLz4(input: Uint8Array, length: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const output = new Uint8Array(length);
  let to = 0;
  for (let from = 0; from + 8 <= input.length;) {
    const size = view.getUint32(from);
    const bytes = view.getUint32(from + 4);
    if (to + size > length || from + 8 + bytes > input.length) return decodeLz4(input, length);
    output.set(decodeLz4(input.subarray(from + 8, from + 8 + bytes), size), to);
    to += size;
    from += 8 + bytes;
  }
  return to === length ? output : decodeLz4(input, length);
}

/**
 * One Snappy block. Long literals are copied whole, which is what pictures are made of: they are
 * compressed already.
 *
 * Source: format_description.txt of google/snappy.
 * @throws RangeError if the block is damaged.
 */
export function decodeSnappy(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  let from = 0;
  while ((input[from] ?? 0) >= 0x80) from++; // the length, which is known
  from++;
  let to = 0;
  while (from < input.length) {
    const tag = input[from++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      let size = tag >> 2;
      const bytes = size - 59;
      if (bytes > 0) {
        size = littleEndian(input, from, bytes);
        from += bytes;
      }
      size++;
      if (from + size > input.length || to + size > length) throw damaged(to);
      output.set(input.subarray(from, from + size), to);
      from += size;
      to += size;
      continue;
    }
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const bytes = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    const distance = littleEndian(input, from, bytes) + (kind === 1 ? (tag >> 5) * 256 : 0);
    from += bytes;
    if (distance === 0 || distance > to || to + size > length) throw damaged(to);
    for (let end = to + size; to < end; to++) output[to] = output[to - distance] ?? 0;
  }
  if (to !== length) throw damaged(to);
  return output;
}

function littleEndian(input: Uint8Array, from: number, bytes: number): number {
  let value = 0;
  for (let at = bytes - 1; at >= 0; at--) value = value * 256 + (input[from + at] ?? 0);
  return value;
}

const damaged = (at: number): RangeError => new RangeError(`block damaged at byte ${at}`);
