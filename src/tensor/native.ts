import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { chooseWaiting } from '#tensor/waiting';

/** What `native/engine.cpp` exports. Handles are numbers; nothing outside this room touches them. */
export interface Native {
  call(operator: number, ...args: readonly unknown[]): unknown;
  resolve(name: string, overload: string): number;
  onError(factory: ErrorFactory): void;
  fromTyped(array: NodeJS.TypedArray, shape: readonly number[], dtype: number): number;
  toBuffer(handle: number): ArrayBuffer;
  write(file: number, handles: readonly number[]): void;
  read(file: number, position: number, handle: number): void;
  item(handle: number): number | boolean;
  meta(handle: number): [dtype: number, device: string, requiresGrad: boolean, ...shape: number[]];
  backward(
    outputs: readonly number[],
    grads: readonly (number | null)[] | null,
    inputs: readonly number[] | null,
    ...modes: [retain: boolean, create: boolean]
  ): void;
  grad(
    outputs: readonly number[],
    grads: readonly (number | null)[] | null,
    inputs: readonly number[],
    ...modes: [retain: boolean, create: boolean]
  ): readonly (number | null)[];
  gradOf(handle: number): number | null;
  setGrad(handle: number, grad: number | null): void;
  gradMode(on: boolean): boolean;
  inferenceEnter(): void;
  inferenceLeave(): void;
  free(handles: number | readonly number[]): void;
  adopt(handle: number): number;
  memory(): [Record<string, number>, Record<string, number>, Record<string, number>];
  liveHandles(): number;
  mallocTrim(): boolean;
  seed(value: number): void;
  rngState(device: string): number;
  setRngState(device: string, handle: number): void;
  config(): [version: string, build: string, threads: number, mkl: boolean, cudaDevices: number];
  setThreads(count: number): void;
  watchThreads(on: boolean): boolean;
  allowTf32(on: boolean): void;
  deterministic(on: boolean): void;
  synchronize(): void;
  schemas(): readonly string[];
}

/** Called by the addon for every failure; what it returns is thrown at the caller. */
export type ErrorFactory = (
  kind: string,
  message: string,
  schema: string,
  args: readonly unknown[],
) => Error;

const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const pointer = inProject('build/native/current.json');

chooseWaiting();

function load(): Native {
  if (!existsSync(pointer)) {
    const setUp = existsSync(inProject('src')) ? 'npm run setup' : inProject('scripts/setup.mjs');
    throw new Error(
      `the native bridge is not built: expected ${pointer}, found none; run \`${setUp}\``,
    );
  }
  const { addon } = JSON.parse(readFileSync(pointer, 'utf8')) as { addon: string };
  const module = { exports: {} };
  process.dlopen(module, addon);
  return module.exports as Native;
}

/** The addon of this thread. */
export const native: Native = load();
