import { wasm } from './bicubic-kernel.generated.ts';
import type { Taps } from './bicubic-taps.ts';

/** What bicubic-kernel.as exports; the arguments are explained there. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  resizeRows(...addressesAndSizes: number[]): void;
  resizeColumns(...addressesAndSizes: number[]): void;
}

/** The part of the platform's interface that is used here. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Where a pass finds its data in the kernel's memory. */
export interface Addresses {
  readonly first: number;
  readonly weights: number;
  readonly source: number;
  readonly target: number;
}

/** One pass over a picture. */
export interface Pass {
  readonly picture: Uint8Array;
  readonly taps: Taps;
  /** Bytes of the result. */
  readonly length: number;
  /** Bytes behind the picture that taps without weight may touch. */
  readonly beyond: number;
}

const PAGE = 2 ** 16;
/** Memory never shrinks, so an instance that grew beyond this is dropped after use. */
const KEPT_BYTES = 2 ** 26;
/** Free bytes behind every picture, as the kernel demands. */
const SLACK = 16;

let module: object | undefined;
let idle: Kernel | undefined;

function takeKernel(bytes: number): Kernel {
  module ??= new WebAssembly.Module(Buffer.from(wasm, 'base64'));
  const kernel = idle ?? (new WebAssembly.Instance(module).exports as Kernel);
  idle = undefined;
  const missing = bytes - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE));
  return kernel;
}

/** Copies a picture and its taps into the kernel's memory, lets it work, and copies the result out. */
export function runKernel(
  { picture, taps, length, beyond }: Pass,
  work: (kernel: Kernel, at: Addresses) => void,
): Uint8Array {
  let end = 0;
  const place = (bytes: number): number => {
    const start = end;
    end += Math.ceil((bytes + SLACK) / SLACK) * SLACK;
    return start;
  };
  const at: Addresses = {
    first: place(taps.first.byteLength),
    weights: place(taps.weights.byteLength),
    source: place(picture.byteLength),
    target: place(length),
  };
  const kernel = takeKernel(end + beyond);
  const { buffer } = kernel.memory;
  new Int32Array(buffer, at.first, taps.first.length).set(taps.first);
  new Int32Array(buffer, at.weights, taps.weights.length).set(taps.weights);
  new Uint8Array(buffer, at.source, picture.length).set(picture);
  work(kernel, at);
  if (buffer.byteLength <= KEPT_BYTES) idle = kernel;
  return new Uint8Array(buffer.slice(at.target, at.target + length));
}
