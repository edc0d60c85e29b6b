import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { modes, verify } from '#verify';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = join(root, 'node_modules/node/bin/node');
let folder = '';

/** The package as `npm run build` leaves it, in a folder of its own; its name resolves from inside. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vl-verify-package-'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const dist = join(folder, 'dist');
  execFileSync(node, [compiler, '-p', 'tsconfig.build.json', '--outDir', dist], { cwd: root });
  execFileSync(node, ['--conditions=source', 'scripts/bundle-verify.ts', dist], { cwd: root });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

function run(script: string): string {
  const args = ['--input-type=module', '-e', script];
  return execFileSync(node, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
}

test('the build of the package ends with the bundle of the verifier', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  expect(scripts['build']).toMatch(
    /^tsc -p tsconfig\.build\.json && .* scripts\/bundle-verify\.ts$/,
  );
});

test('the built verifier is one file that imports nothing, beside its modes and the worker of its pool', () => {
  const files = readdirSync(join(folder, 'dist/verify'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.endsWith('.js')).sort()).toEqual([
    'index.js',
    'modes.js',
    'pool-worker.js',
  ]);
  const code = readFileSync(join(folder, 'dist/verify/index.js'), 'utf8');
  expect(/\bimport\s*[{*"'(]|\bfrom\s*["']|\brequire\(/.exec(code)?.[0]).toBeUndefined();
  expect(code.length).toBeLessThan(140_000);
  expect(/[\u0080-\uffff]/.exec(code)?.[0]).toBeUndefined();
  const worker = readFileSync(join(folder, 'dist/verify/pool-worker.js'), 'utf8');
  expect([...worker.matchAll(/from '(\..*)'/g)].map(([, from]) => from)).toEqual(['./index.js']);
});

test('no pattern of the bundle makes a table of Unicode properties while it is imported', () => {
  const code = readFileSync(join(folder, 'dist/verify/index.js'), 'utf8');
  expect(code.includes('\\\\p{L}')).toBe(true);
  const literals = [...code.matchAll(/(?<!\\)\\p\{/g)];
  expect(literals.map(({ index }) => code.slice(index - 30, index + 10))).toEqual([]);
});

test('the declarations of every exported name stay', () => {
  const types = readFileSync(join(folder, 'dist/verify/index.d.ts'), 'utf8');
  const files = [...types.matchAll(/from '\.\/(.*)\.ts'/g)].map(([, file]) => file);
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) expect(existsSync(join(folder, `dist/verify/${file}.d.ts`))).toBe(true);
});

test('from outside, `vl-rethinker/verify` judges directly and through its pool alike', () => {
  const script = `
    import { verify, createVerifyPool } from 'vl-rethinker/verify';
    const input = { gold: '\\\\frac12', prediction: 'so \\\\boxed{0.5}', source: 'response' };
    const pool = createVerifyPool({ workers: 2 });
    const [pooled] = await pool.verifyAll([{ input }]);
    await pool.close();
    console.log(JSON.stringify([verify(input), pooled]));`;
  const [direct, pooled] = JSON.parse(run(script)) as [{ reason: string }, { reason: string }];
  expect(direct.reason).toBe('number-exact');
  expect(pooled).toEqual(direct);
});

test('a benchmark mode is read when it is asked for, and judges as from source', () => {
  const inputs = modes.map((mode) => ({ mode, gold: 'B', prediction: 'Answer: (B)' }));
  const script = `
    import { verify } from 'vl-rethinker/verify';
    const inputs = ${JSON.stringify(inputs)};
    console.log(JSON.stringify(inputs.map(({ mode, gold, prediction }) =>
      verify({ gold, prediction, source: 'response', choices: ['1', '2'] }, { mode }))));`;
  const direct = inputs.map(({ mode, gold, prediction }) =>
    verify({ gold, prediction, source: 'response', choices: ['1', '2'] }, { mode }),
  );
  expect(JSON.parse(run(script))).toEqual(direct);
  const code = readFileSync(join(folder, 'dist/verify/index.js'), 'utf8');
  expect(code).not.toContain('Now everything looks fine');
  expect(readFileSync(join(folder, 'dist/verify/modes.js'), 'utf8')).toContain(
    'Now everything looks fine',
  );
});

test('a budget given to a benchmark mode of the built package is kept', () => {
  const script = `
    import { verify } from 'vl-rethinker/verify';
    const input = { gold: 'x+1', prediction: '\\\\boxed{x+2}', source: 'response' };
    console.log(verify(input, { mode: 'emma', budget: { steps: 1 } }).reason);`;
  expect(run(script).trim()).toBe('step-limit');
});

test('characters of all scripts read alike in the built package', () => {
  const pairs = [
    ['34', '٣٤'],
    ['2\\pi', '2π'],
    ['x^2', 'x²'],
    ['\\frac12', '½'],
    ['5 \\text{ €}', '€5'],
    ['São Tomé', '\\text{são tomé}'],
    ['𝜋', '\\pi'],
    ['-3', '−3'],
  ].map(([gold = '', prediction = '']) => ({ gold, prediction, source: 'answer' as const }));
  const script = `
    import { verify } from 'vl-rethinker/verify';
    console.log(JSON.stringify(${JSON.stringify(pairs)}.map((pair) => verify(pair))));`;
  const direct = pairs.map((pair) => verify(pair));
  expect(direct.every(({ correct }) => correct)).toBe(true);
  expect(JSON.parse(run(script))).toEqual(direct);
});

test('the other rooms open the same file, so that there is one verifier in a process', () => {
  const script = `
    const { verify } = await import('vl-rethinker/verify');
    const { verify: direct } = await import('./dist/verify/index.js');
    console.log(verify === direct);`;
  expect(run(script).trim()).toBe('true');
  const targets = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  expect(targets.imports['#*']?.['default']).toBe(targets.exports['./*']?.['default']);
});

test('the built command judges, explains and uses the pool', () => {
  const main = join(folder, 'dist/cli/main.js');
  const one = execFileSync(node, [main, 'verify', '--gold', '1/2', 'so \\boxed{0.5}'], {
    encoding: 'utf8',
  });
  expect(one).toContain('number-exact');
  const line = JSON.stringify({ id: 'a', gold: '1/2', prediction: '\\boxed{0.5}' });
  const cases = join(folder, 'cases.jsonl');
  writeFileSync(cases, `${line}\n${line}\n`);
  const many = execFileSync(node, [main, 'verify', '--workers', '2', cases], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(
    many
      .trim()
      .split('\n')
      .map((row) => (JSON.parse(row) as { correct: boolean }).correct),
  ).toEqual([true, true]);
});
