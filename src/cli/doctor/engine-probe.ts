/**
 * Runs in a process of its own, so that an addon that crashes takes nobody with it. Prints one JSON
 * document: what the library says of itself, and how fast it multiplies.
 */
import { existsSync, readFileSync } from 'node:fs';
import { type DType, engineConfig, ops, synchronize, tidy, TorchError } from '#tensor';

/** Operations per second of an n × n product, from the fastest of many: noise only slows. */
function gigaflops(size: number, dtype: DType, device: string): number | null {
  try {
    return tidy(() => {
      const a = ops.ones([size, size], { dtype, device });
      const b = ops.ones([size, size], { dtype, device });
      const multiply = (): number => {
        const start = performance.now();
        tidy(() => {
          a.matmul(b);
          if (device !== 'cpu') synchronize();
        });
        return performance.now() - start;
      };
      for (let round = 0; round < 5; round++) multiply();
      let best = Infinity;
      const end = performance.now() + 250;
      while (performance.now() < end) best = Math.min(best, multiply());
      return (2 * size ** 3) / best / 1e6;
    });
  } catch (error) {
    if (error instanceof TorchError) return null; // the device lacks this type
    throw error;
  }
}

/** BLAS libraries in this process's memory. */
function mappedBlas(): readonly string[] {
  if (!existsSync('/proc/self/maps')) return [];
  const maps = readFileSync('/proc/self/maps', 'utf8');
  return [...new Set(maps.match(/\/\S*(?:openblas|libmkl_|libblas|libblis)\S*/g))];
}

const config = engineConfig();
const products = config.devices.map((device) => {
  const size = device === 'cpu' ? 1024 : 8192;
  const [f32, bf16] = [gigaflops(size, 'f32', device), gigaflops(size, 'bf16', device)];
  return { device, size, f32, bf16 };
});
process.stdout.write(`${JSON.stringify({ config, products, mapped: mappedBlas() })}\n`);
