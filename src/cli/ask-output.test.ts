import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askOptions } from './ask-options.ts';
import { AskOutput } from './ask-output.ts';

let root = '';
let path = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ask-output-'));
  path = join(root, 'out.jsonl');
});
afterEach(() => rmSync(root, { recursive: true }));

const open = (more: object = {}) => AskOutput.open(path, askOptions.parse({ model: 'm', ...more }));
const ids = () =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);

async function write(...names: readonly string[]): Promise<void> {
  using output = await open();
  for (const id of names) output.write({ id, text: id });
}

test('answers under other options are refused, and nothing is written', async () => {
  await write('a', 'b');
  const before = readFileSync(path, 'utf8');
  await expect(open({ temperature: 1 })).rejects.toThrow(/answers under other options; choose/u);
  await expect(open({ model: 'other' })).rejects.toThrow(/other options/u);
  expect(readFileSync(path, 'utf8')).toBe(before);
  using again = await open({ rows: 3, device: 'cuda', retryFailed: true });
  expect([...again.done]).toEqual(['a', 'b']);
});

test.each([
  ['a text', 'my notes\nof today\n'],
  ['a text of one line', 'my notes'],
  ['questions', '{"id":"a","question":"Why?"}\n'],
  ['answers with something else among them', undefined],
])('a file of %s is refused and left alone', async (_, text) => {
  await write('a');
  if (text === undefined) appendFileSync(path, '{"id":"torn\n{"id":"b"}\n');
  else writeFileSync(path, text);
  const before = readFileSync(path, 'utf8');
  await expect(open()).rejects.toThrow(/choose another --output/u);
  await expect(open({ retryFailed: true })).rejects.toThrow(/choose another --output/u);
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('wherever a kill has torn the last line, the file goes on with whole ones', async () => {
  await write('a');
  const first = readFileSync(path).length;
  await write('b');
  const all = readFileSync(path);
  for (let size = first; size < all.length; size++) {
    writeFileSync(path, all);
    truncateSync(path, size);
    {
      using output = await open();
      output.write({ id: 'c' });
    }
    expect(ids()).toEqual(size === all.length - 1 ? ['a', 'b', 'c'] : ['a', 'c']);
  }
});

test('rows that failed are asked again only when told', async () => {
  {
    using output = await open();
    output.write({ id: 'a', error: 'no picture' });
    output.write({ id: 'b', text: 'b' });
  }
  {
    using output = await open();
    expect([...output.done]).toEqual(['a', 'b']);
  }
  using output = await open({ retryFailed: true });
  expect([...output.done]).toEqual(['b']);
  expect(ids()).toEqual(['b']);
});
