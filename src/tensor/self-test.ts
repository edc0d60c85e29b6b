/**
 * What set-up runs after building the bridge: a product, a gradient, errors as they should be, bf16,
 * speeds. Prints one line; exits 1 with the first thing that is wrong.
 */
import process from 'node:process';
import { engineConfig } from './config.ts';
import { fromFloats } from './create.ts';
import { TorchError } from './errors.ts';
import { matmulSpeed } from './matmul-speed.ts';
import { liveTensors } from './memory.ts';
import { TensorScope } from './scope.ts';

/** What `check` found to be otherwise. */
class SelfTestError extends Error {}

function check(name: string, found: unknown, expected: unknown): void {
  if (String(found) !== String(expected)) {
    throw new SelfTestError(`${name}: expected ${String(expected)}, found ${String(found)}`);
  }
}

function errorOf(body: () => unknown): TorchError {
  try {
    body();
  } catch (error) {
    if (error instanceof TorchError) return error;
    throw error;
  }
  throw new SelfTestError('expected a TorchError, found none');
}

/** Throws where the engine does not do what the rest of the project relies on. */
export function selfTest(): void {
  {
    using _scope = new TensorScope('self-test');
    const a = fromFloats([1, 2, 3, 4], [2, 2]);
    check('matmul', a.matmul(a).toArray(), '7,10,15,22');
    check('bf16 matmul', a.to('bf16').matmul(a.to('bf16')).to('f32').toArray(), '7,10,15,22');
    const w = fromFloats([1, 2, 3]).requiresGrad_(true);
    w.square().sum().backward();
    check('gradient', w.grad?.toArray(), '2,4,6');
    check('shape error', errorOf(() => a.matmul(w.detach().view([1, 3]))).kind, 'shape');
    const gone = fromFloats([1]);
    gone.dispose();
    check('stale handle', errorOf(() => gone.add(1)).kind, 'disposed');
  }
  check('live tensors after the scope', liveTensors(), 0);
}

/** `engine ok: libtorch 2.13.0 cpu, MKL, AVX512, 2 threads, f32 528 / bf16 968 GFLOP/s` */
export function describeEngine(): string {
  const { version, blas, cpuCapability, threads, devices } = engineConfig();
  const speed = (dtype: 'f32' | 'bf16'): string => matmulSpeed(dtype).toFixed(0);
  return (
    `libtorch ${version} ${devices.join('+')}, ${blas}, ${cpuCapability}, ${threads} threads, ` +
    `f32 ${speed('f32')} / bf16 ${speed('bf16')} GFLOP/s`
  );
}

if (process.argv[1] === import.meta.filename) {
  try {
    selfTest();
    console.log(`engine ok: ${describeEngine()}`);
  } catch (error) {
    console.error(`engine self-test failed: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
