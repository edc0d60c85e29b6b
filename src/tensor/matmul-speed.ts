import { synchronize } from './config.ts';
import type { DType } from './dtype.ts';
import { noGrad } from './modes.ts';
import { TensorScope } from './scope.ts';
import * as ops from './tensor.generated.ts';

/** Billions of operations per second of a square product; the best of a few, about 50 ms in all. */
export function matmulSpeed(dtype: DType, size = 1024, device = 'cpu'): number {
  using _scope = new TensorScope('matmul speed');
  const a = ops.full([size, size], 0.5, { dtype, device });
  const once = (): number => {
    const start = performance.now();
    noGrad(() => a.matmul(a)).dispose();
    synchronize();
    return performance.now() - start;
  };
  once();
  const fastest = Math.min(...Array.from({ length: 4 }, once));
  return (2 * size ** 3) / fastest / 1e6;
}
