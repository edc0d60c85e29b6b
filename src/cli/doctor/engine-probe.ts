/**
 * Runs in a process of its own, so that an addon that crashes takes nobody with it. Prints one JSON
 * document: what the library says of itself, and how fast it multiplies.
 */
import { existsSync, readFileSync } from 'node:fs';
import { type DType, engineConfig, matmulSpeed, TorchError } from '#tensor';

/** The best of a quarter of a second: noise only slows. */
function gigaflops(size: number, dtype: DType, device: string): number | null {
  let best = 0;
  try {
    for (const end = performance.now() + 250; performance.now() < end;)
      best = Math.max(best, matmulSpeed(dtype, size, device));
    return best;
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
