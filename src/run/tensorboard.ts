import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { maskedCrc32c } from './crc32c.ts';
import type { Metrics } from './metrics.ts';

/**
 * Writes scalars as a TensorBoard event file: TFRecord frames around `tensorflow.Event` messages
 * (tensorflow/core/util/event.proto). A run that goes on from step `from` opens a further file, whose
 * first message tells the viewer to forget later steps of earlier files.
 */
export class TensorBoardFile implements Disposable {
  readonly path: string;
  readonly #file: number;

  constructor(folder: string, { from = 0, seconds }: { from?: number; seconds: number }) {
    mkdirSync(folder, { recursive: true });
    const name = `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}.${from}`;
    this.path = join(folder, name);
    this.#file = openSync(this.path, 'w');
    this.#write(event(seconds, 0, text(3, 'brain.Event:2')));
    if (from > 0) this.#write(event(seconds, from, message(7, varint(1, 1))));
  }

  /** Adds the metrics of a step; nulls are left out. */
  add(
    metrics: Metrics,
    { step, seconds }: { readonly step: number; readonly seconds: number },
  ): void {
    const values = Object.entries(metrics).flatMap(([tag, value]) =>
      value === null ? [] : [message(1, Buffer.concat([text(1, tag), float(2, value)]))],
    );
    if (values.length > 0) this.#write(event(seconds, step, message(5, Buffer.concat(values))));
  }

  close(): void {
    closeSync(this.#file);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #write(payload: Buffer): void {
    writeSync(this.#file, frame(payload));
  }
}

/** A TFRecord: length (u64), its masked checksum, the payload, its masked checksum. */
export function frame(payload: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(payload.length));
  head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedCrc32c(payload));
  return Buffer.concat([head, payload, tail]);
}

/** `wall_time` (1, double), `step` (2, int64), then one of the fields of `what`. */
function event(seconds: number, step: number, what: Buffer): Buffer {
  const time = Buffer.alloc(9);
  time.writeUInt8((1 << 3) | 1);
  time.writeDoubleLE(seconds, 1);
  return Buffer.concat([time, step === 0 ? Buffer.alloc(0) : varint(2, step), what]);
}

function varint(field: number, value: number): Buffer {
  return Buffer.from([field << 3, ...base128(value)]);
}

function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8((field << 3) | 5);
  bytes.writeFloatLE(value, 1);
  return bytes;
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value));
}

function message(field: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...base128(body.length)]), body]);
}

function base128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
