import { readFile } from 'node:fs/promises';

import { z } from 'zod';

/** A tensor as a safetensors file stores it, without libtorch. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row after row; BF16 is widened to single precision. */
  readonly values: Float32Array | BigInt64Array | Uint8Array | Int32Array;
}

const header = z.record(
  z.string(),
  z.looseObject({
    dtype: z.string().optional(),
    shape: z.array(z.int().nonnegative()).optional(),
    data_offsets: z.tuple([z.int(), z.int()]).optional(),
  }),
);

/**
 * Reads a small safetensors file whole: F32, BF16, I64, I32 and U8.
 *
 * @throws Error if the file is cut short or holds another type.
 */
export async function readSafetensors(path: string): Promise<ReadonlyMap<string, StoredTensor>> {
  const bytes = await readFile(path);
  const start = bytes.length < 8 ? Infinity : 8 + Number(bytes.readBigUInt64LE(0));
  if (start > bytes.length) {
    throw new Error(
      `${path}: expected a safetensors file, found ${bytes.length} bytes; make it again`,
    );
  }
  const entries = header.parse(JSON.parse(bytes.toString('utf8', 8, start)));
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries)) {
    if (name === '__metadata__') continue;
    if (dtype === undefined || shape === undefined || offsets === undefined) {
      throw new Error(`${path}: tensor ${name}: expected dtype, shape and data_offsets`);
    }
    const data = bytes.subarray(start + offsets[0], start + offsets[1]);
    const values = decoded(dtype, data);
    const length = shape.reduce((product, side) => product * side, 1);
    if (values === undefined || values.length !== length) {
      const found = `${data.length} bytes of ${dtype}`;
      throw new Error(`${path}: tensor ${name}: expected ${length} values, found ${found}`);
    }
    tensors.set(name, { dtype, shape, values });
  }
  return tensors;
}

function decoded(dtype: string, data: Uint8Array): StoredTensor['values'] | undefined {
  // A copy begins at an aligned place.
  const { buffer } = new Uint8Array(data);
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'BF16': {
      const halves = new Uint16Array(buffer);
      return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
    }
    case 'I64':
      return new BigInt64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'U8':
      return new Uint8Array(buffer);
    default:
      return undefined;
  }
}
