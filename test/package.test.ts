import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
};

/** Folders with a door. */
const rooms = readdirSync(join(root, 'src'), { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('/index.ts') && !file.includes('__'))
  .map((file) => dirname(file));

test('every room can be imported from outside by its name, and no file inside one', () => {
  const targets = manifest.exports['./*'];
  expect(rooms).toEqual(expect.arrayContaining(['tensor', 'rl', 'policy/local']));
  expect(targets).toEqual({
    source: './src/*/index.ts',
    types: './dist/*/index.d.ts',
    default: './dist/*/index.js',
  });
  expect(Object.keys(manifest.exports)).toEqual(['./package.json', './*']);
});

test('what is published is built before, and is there', () => {
  expect(manifest.scripts['prepack']).toBe('npm run build');
  const made = ['dist', 'assets'];
  for (const file of manifest.files)
    expect(made.includes(file) || existsSync(join(root, file))).toBe(true);
});

test('the build has every door with its types, and no tests', { timeout: 120_000 }, () => {
  const out = mkdtempSync(join(tmpdir(), 'vl-dist-'));
  try {
    const node = join(root, 'node_modules/node/bin/node');
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    execFileSync(node, [compiler, '-p', 'tsconfig.build.json', '--outDir', out], { cwd: root });
    const files = readdirSync(out, { recursive: true }).map(String);
    for (const room of rooms)
      expect(files).toEqual(expect.arrayContaining([`${room}/index.js`, `${room}/index.d.ts`]));
    expect(files.filter((file) => /\.test\.|__fixtures__|\.map$/.test(file))).toEqual([]);
  } finally {
    rmSync(out, { recursive: true });
  }
});
