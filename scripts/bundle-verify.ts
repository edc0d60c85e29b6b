/**
 * The last step of `npm run build`: the verifier's modules become one file behind its door, because a
 * hundred small ones take four times as long to import. The benchmark modes, a third of the code, lie in
 * a second file that the first one reads when a mode is asked for. Declarations stay as the compiler
 * wrote them.
 *
 *     node --conditions=source scripts/bundle-verify.ts [dist]
 */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import type { Plugin } from 'rolldown';

const room = fileURLToPath(new URL('../src/verify/', import.meta.url));

/**
 * Stands in for `benchmark-rules.ts` in the first file. The second one holds a whole verifier, which
 * shares nothing with the first: inputs, options and verdicts are plain data.
 */
const readLater: Plugin = {
  name: 'read-modes-later',
  load(id) {
    if (id !== join(room, 'benchmark-rules.ts')) return undefined;
    return `
      import { modes } from './input.ts';
      let whole;
      const load = () => {
        const { createRequire } = process.getBuiltinModule('node:module');
        return createRequire(import.meta.url)('./modes.js');
      };
      const ruleOf = (mode) => (input, meter, policy) =>
        (whole ??= load()).verify(input, { mode, policy, budget: meter.budget });
      export const benchmarkRules = Object.fromEntries(
        modes.filter((mode) => mode !== 'strict').map((mode) => [mode, ruleOf(mode)]),
      );`;
  },
};

/** Writes the room `verify` as `index.js` and `modes.js` into `folder`; they import nothing. */
export async function bundleVerify(folder: string): Promise<void> {
  await bundle('index.ts', join(folder, 'index.js'), [readLater]);
  await bundle('verify.ts', join(folder, 'modes.js'), []);
}

async function bundle(input: string, file: string, plugins: readonly Plugin[]): Promise<void> {
  const built = await rolldown({
    input: join(room, input),
    platform: 'node',
    plugins: [...plugins],
    onLog(level, log) {
      if (level === 'warn') throw new Error(`the bundle of the verifier: ${log.message}`);
    },
  });
  await built.write({ file, format: 'esm', minify: true });
  await built.close();
  writeFileSync(file, inAscii(readFileSync(file, 'utf8')));
}

/** Characters beyond ASCII escaped, in texts and patterns alike: half the bytes to scan at the import. */
function inAscii(code: string): string {
  if (/String\.raw|\\[\u0080-\uffff]/.test(code))
    throw new Error(
      'the bundle of the verifier: a raw text or an escaped character is no place for escapes',
    );
  return code.replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What the bundle leaves of the compiler's files; the pool's worker imports the bundle itself. */
const kept: ReadonlySet<string> = new Set(['index.js', 'modes.js', 'pool-worker.js']);

async function bundleBuilt(dist: string): Promise<void> {
  const folder = join(dist, 'verify');
  await bundleVerify(folder);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.js') && !kept.has(file)) rmSync(join(folder, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await bundleBuilt(resolve(process.argv[2] ?? 'dist'));
