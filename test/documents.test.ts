import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const documents = ['README.md', 'CONTRIBUTING.md', 'docs/vocabulary.md', 'docs/log.md'];

test('the README’s map names only what is there, and every room', () => {
  const map = /## Where things are\n\n```\n(.*?)```/s.exec(read('README.md'))?.[1] ?? '';
  const places = map
    .trim()
    .split('\n')
    .map((line) => line.split(/\s/)[0] ?? '');
  expect(places.filter((place) => !existsSync(join(root, place)))).toEqual([]);
  const rooms = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /^[\w-]+(\/[\w-]+)?\/index\.ts$/.test(file))
    .map((file) => `src/${dirname(file)}`);
  expect(rooms.filter((room) => !places.includes(room))).toEqual([]);
});

test('every npm script that a document names exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = documents.flatMap((name) =>
    Array.from(read(name).matchAll(/npm run ([\w-]+)/g), ([, script = '']) => script),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((script) => !(script in scripts))).toEqual([]);
});

test('links between documents lead somewhere', () => {
  const links = documents.flatMap((name) =>
    Array.from(read(name).matchAll(/\]\(([^)#:]+)\)/g), ([, target = '']) =>
      join(dirname(name), target),
    ),
  );
  expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
});

test('every dependency has its decision', () => {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >;
  const records = readdirSync(join(root, 'docs/decisions')).map((name) =>
    read(`docs/decisions/${name}`),
  );
  const names = Object.keys({ ...dependencies, ...devDependencies });
  expect(names.filter((name) => !records.some((text) => text.includes(`\`${name}\``)))).toEqual([]);
});
