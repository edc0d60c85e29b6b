/**
 * Compiles the picture kernel to WebAssembly: `node scripts/build-kernel.ts`. The result is committed,
 * with the hash of its source, so that nobody else needs the compiler (npm package assemblyscript).
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMPILER = 'assemblyscript@0.28.20';
const room = join(import.meta.dirname, '../src/model/processor');
const source = join(room, 'image-kernel.as');

const work = mkdtempSync(join(tmpdir(), 'kernel-'));
try {
  copyFileSync(source, join(work, 'kernel.ts'));
  const options = [
    '-O3',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--noAssert',
    '--initialMemory',
    '1',
  ];
  const command = ['--yes', '--package', COMPILER, 'asc', 'kernel.ts', '-o', 'kernel.wasm'];
  execFileSync('npx', [...command, ...options], { cwd: work, stdio: 'inherit' });
  const wasm = readFileSync(join(work, 'kernel.wasm')).toString('base64');
  const sha256 = createHash('sha256').update(readFileSync(source)).digest('hex');
  const lines = [
    `/** Made by scripts/build-kernel.ts with ${COMPILER}; do not edit. */`,
    '/** SHA-256 of image-kernel.as. */',
    `export const sourceSha256 = '${sha256}';`,
    '/** The compiled module, in base64. */',
    'export const wasm =',
    `  '${wasm}';`,
    '',
  ];
  writeFileSync(join(room, 'image-kernel.generated.ts'), lines.join('\n'));
} finally {
  rmSync(work, { recursive: true });
}
