/**
 * The last step of `npm run build`: the verifier's modules become one file behind its door, because a
 * hundred small ones take four times as long to import. The declarations stay as the compiler wrote them.
 *
 *     node --conditions=source scripts/bundle-verify.ts [dist]
 */
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const door = fileURLToPath(new URL('../src/verify/index.ts', import.meta.url));

/** Writes the room `verify` as `index.js` into `folder`; whatever it imports must be a part of Node. */
export async function bundleVerify(folder: string): Promise<void> {
  const bundle = await rolldown({
    input: door,
    platform: 'node',
    onLog(level, log) {
      if (level === 'warn') throw new Error(`the bundle of the verifier: ${log.message}`);
    },
  });
  await bundle.write({ file: join(folder, 'index.js'), format: 'esm', minify: true });
  await bundle.close();
}

/** Files of the compiler that the bundle has taken in; the pool's worker imports the bundle itself. */
const kept: ReadonlySet<string> = new Set(['index.js', 'pool-worker.js']);

async function bundleBuilt(dist: string): Promise<void> {
  const folder = join(dist, 'verify');
  await bundleVerify(folder);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.js') && !kept.has(file)) rmSync(join(folder, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await bundleBuilt(resolve(process.argv[2] ?? 'dist'));
