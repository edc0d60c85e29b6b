import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { engineConfig } from '#tensor';
import { operators } from '../../scripts/operators.ts';
import { parseSchema } from '../../scripts/parse-schema.ts';
import { native } from '../../src/tensor/native.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A schema written back as libtorch prints it, without its alias marks. */
function written(text: string): string {
  const { name, overload, arguments: args, results } = parseSchema(text);
  const parts = args.map(({ type, name: own, default: fallback }) =>
    fallback === undefined ? `${type} ${own}` : `${type} ${own}=${fallback}`,
  );
  const star = args.findIndex(({ keywordOnly }) => keywordOnly);
  if (star !== -1) parts.splice(star, 0, '*');
  const types = results.map(({ type }) => type);
  const given = types.length === 1 && !/\) -> \(/.test(text) ? types[0] : `(${types.join(', ')})`;
  return `${name}${overload === '' ? '' : `.${overload}`}(${parts.join(', ')}) -> ${given}`;
}

/** The same schema without alias marks and without the names of its results. */
function plain(text: string): string {
  const unmarked = text.replaceAll(
    /\((?:[a-z]+!?(?:\|[a-z]+)*|[a-z]+!? -> \*|[a-z]+ -> [a-z*|]+)\)/g,
    '',
  );
  const arrow = unmarked.lastIndexOf(' -> ');
  const results = unmarked.slice(arrow).replaceAll(/([\])\w?]) \w+(?=[,)]|$)/g, '$1');
  return unmarked.slice(0, arrow) + results;
}

test('every schema of libtorch is parsed and can be written back', () => {
  const all = native.schemas().filter((line) => line.startsWith('aten::'));
  expect(all.length).toBeGreaterThan(2900);
  const lost = all.filter((line) => written(line) !== plain(line));
  expect(lost).toEqual([]);
});

test('a schema is taken apart to its last default', () => {
  const schema = parseSchema(
    'aten::x.out(Tensor(a!) self, int[2] size=[1, 1], *, str mode="a, b", Scalar? s=None, Tensor(b -> *)[] t) -> (Tensor(a!) values, Tensor[] rest)',
  );
  expect(schema).toMatchObject({ name: 'aten::x', overload: 'out' });
  expect(schema.arguments).toEqual([
    { type: 'Tensor', name: 'self', default: undefined, keywordOnly: false, written: true },
    { type: 'int[2]', name: 'size', default: '[1, 1]', keywordOnly: false, written: false },
    { type: 'str', name: 'mode', default: '"a, b"', keywordOnly: true, written: false },
    { type: 'Scalar?', name: 's', default: 'None', keywordOnly: true, written: false },
    { type: 'Tensor[]', name: 't', default: undefined, keywordOnly: true, written: false },
  ]);
  expect(schema.results.map(({ type, written: changed }) => [type, changed])).toEqual([
    ['Tensor', true],
    ['Tensor[]', false],
  ]);
  expect(() => parseSchema('no schema')).toThrow('not a schema: no schema');
});

test('the generated wrappers are what the installed libtorch gives', (context) => {
  const { version } = engineConfig();
  if (!version.startsWith('2.13.')) context.skip(`generated for libtorch 2.13, found ${version}`);
  const run = spawnSync(
    process.execPath,
    ['--conditions=source', 'scripts/generate-ops.ts', '--check'],
    { cwd: root, encoding: 'utf8' },
  );
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
});

test('no operator of the allow-list changes the shape of a tensor in place', () => {
  const changing =
    /^(resize_|resize_as_|set_|t_|squeeze_|unsqueeze_|transpose_|swapaxes_|swapdims_|as_strided_|detach_)(:|=|$)/;
  expect(operators.filter((entry) => changing.test(entry))).toEqual([]);
  expect(operators.length).toBeGreaterThanOrEqual(150);
});

test('the addon stays one file that can be read in a sitting', () => {
  const lines = readFileSync(new URL('../../native/engine.cpp', import.meta.url), 'utf8').split(
    '\n',
  );
  expect(lines.length - 1).toBeLessThanOrEqual(900);
});
