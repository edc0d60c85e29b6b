import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import process from 'node:process';
import { native } from './native.ts';
import { bytesOf } from './dtype.ts';
import { formatNames, SafetensorsError } from './safetensors.ts';
import type { Tensor } from './tensor.generated.ts';

function headerOf(
  tensors: readonly (readonly [string, Tensor])[],
  metadata: Readonly<Record<string, string>> | undefined,
): Buffer {
  const parts: [string, unknown][] = metadata === undefined ? [] : [['__metadata__', metadata]];
  let offset = 0;
  for (const [name, tensor] of tensors) {
    if (name === '__metadata__') throw new SafetensorsError(`'${name}' cannot name a tensor`);
    const end = offset + tensor.byteLength;
    const { shape, dtype } = tensor;
    parts.push([name, { dtype: formatNames[dtype], shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(Object.fromEntries(parts)));
  const padding = (8 - (text.length % 8)) % 8;
  const out = Buffer.concat([Buffer.alloc(8), text, Buffer.alloc(padding, ' ')]);
  out.writeBigUInt64LE(BigInt(text.length + padding));
  return out;
}

/** Writes a buffer in full: one call may write less. */
function writeBuffer(file: number, buffer: Buffer): void {
  for (let done = 0; done < buffer.length;) done += writeSync(file, buffer, done);
}

/**
 * Writes tensors as a safetensors file, one after the other without a copy in JavaScript; those with
 * the widest elements come first, so that every reader finds all of them aligned. The file
 * appears under its name only when it is complete and on the disk; on an error nothing is left.
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): void {
  const aside = `${path}.${process.pid}.partial`;
  const file = openSync(aside, 'w');
  try {
    try {
      const sorted = [...tensors].sort(([, a], [, b]) => bytesOf(b.dtype) - bytesOf(a.dtype));
      writeBuffer(file, headerOf(sorted, metadata));
      for (const [, tensor] of sorted) native.write(file, [tensor.handle]);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}
