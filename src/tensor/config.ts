import { native } from './native.ts';

/** The library behind the tensors and how it is set up. */
export interface EngineConfig {
  readonly version: string;
  /** libtorch's own description of its build. */
  readonly build: string;
  /** `MKL`, `OpenBLAS`, … */
  readonly blas: string;
  /** Instruction set of the kernels: `AVX512`, `AVX2`, `DEFAULT`. */
  readonly cpuCapability: string;
  readonly threads: number;
  readonly devices: readonly string[];
}

export function engineConfig(): EngineConfig {
  const [version, build, threads, mkl, cudaDevices] = native.config();
  const named = /BLAS_INFO=(\w+)/.exec(build)?.[1];
  const cuda = Array.from({ length: cudaDevices }, (_, index) => `cuda:${index}`);
  return {
    version,
    build,
    blas: mkl ? 'MKL' : (named ?? 'unknown'),
    cpuCapability: /CPU capability usage: (\w+)/.exec(build)?.[1] ?? 'unknown',
    threads,
    devices: ['cpu', ...cuda],
  };
}

/** Threads that kernels of this thread use; each Worker sets its own at its start. */
export function setThreads(count: number): void {
  native.setThreads(count);
}

/** Whether f32 products on CUDA may round their inputs to 19 bits; off unless asked for. */
export function allowTf32(on: boolean): void {
  native.allowTf32(on);
}

/** Refuses kernels whose result depends on the order of threads. */
export function setDeterministic(on: boolean): void {
  native.deterministic(on);
}

/** Waits until all devices have finished; timings need it. */
export function synchronize(): void {
  native.synchronize();
}

/** Whether the installed libtorch has an operator: `hasOperator('rms_norm')`. */
export function hasOperator(name: string, overload = ''): boolean {
  try {
    native.resolve(`aten::${name}`, overload);
    return true;
  } catch {
    return false;
  }
}
