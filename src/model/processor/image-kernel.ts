import { wasm } from './image-kernel.generated.ts';

/** What image-kernel.as exports; the arguments are explained there. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  resizeRows(...addressesAndSizes: number[]): void;
  resizeColumns(...addressesAndSizes: number[]): void;
  cutBand(...addressesAndSizes: number[]): void;
}

/** The part of the platform's interface that is used here. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const PAGE = 2 ** 16;
/** Memory never shrinks, so an instance that grew beyond this is dropped after use. */
const KEPT_BYTES = 2 ** 26;
/** Bytes that stay free behind every stretch, as the kernel demands. */
const SLACK = 64;

let module: object | undefined;
let idle: Kernel | undefined;

/** The kernel's memory, stretch after stretch. */
export interface KernelMemory {
  /** The address of each stretch, in the order asked for. */
  readonly addresses: readonly number[];
  readonly buffer: ArrayBuffer;
}

/**
 * Lends the kernel with memory for stretches of the given lengths in bytes; what stood there before is
 * arbitrary. The loan ends with `work`, and so does the use of `buffer`.
 */
export function withKernel<T>(
  lengths: readonly number[],
  work: (kernel: Kernel, memory: KernelMemory) => T,
): T {
  let end = 0;
  const addresses = lengths.map((length) => {
    const start = end;
    end += Math.ceil(length / SLACK + 1) * SLACK;
    return start;
  });
  module ??= new WebAssembly.Module(Buffer.from(wasm, 'base64'));
  const kernel = idle ?? (new WebAssembly.Instance(module).exports as Kernel);
  idle = undefined;
  const missing = end - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE));
  const { buffer } = kernel.memory;
  const result = work(kernel, { addresses, buffer });
  if (buffer.byteLength <= KEPT_BYTES) idle = kernel;
  return result;
}
