import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commands } from '../src/cli/commands.ts';
import { parseInput } from '../src/cli/parse-options.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');

/** Words of a command line; quotes hold words together. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/gu)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

test('every command of the first page is one that the program takes', async () => {
  const blocks = [...page('getting-started.md').matchAll(/```sh\n(.*?)```/gsu)];
  const lines = blocks
    .flatMap(([, block = '']) => block.split('\n'))
    .map((line) => line.replace(/^npx /u, ''))
    .filter((line) => line.startsWith('vl-rethinker '));
  expect(lines.length).toBeGreaterThan(12);
  for (const line of lines) {
    const [, first = '', second = '', ...rest] = wordsOf(line);
    const long = commands.find(({ name }) => name === `${first} ${second}`);
    const entry = long ?? commands.find(({ name }) => name === first);
    if (entry === undefined) throw new Error(`no such command: ${line}`);
    const args = long === undefined ? [second, ...rest].filter(Boolean) : rest;
    const command = await entry.load();
    expect(() => parseInput(command, args)).not.toThrow();
  }
});

test('every message of the troubleshooting page is one that the program writes', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n')
    // Long messages are written in pieces.
    .replaceAll(/['`]\s*\+\s*['`]/gu, '');
  const rows = page('troubleshooting.md')
    .split('\n')
    .filter((line) => /^\| +`/u.test(line));
  expect(rows.length).toBeGreaterThan(35);
  const unknown = rows.flatMap((row) => {
    const [, cell = ''] = row.split('|');
    return [...cell.matchAll(/`([^`]+)`/gu)]
      .flatMap(([, message = '']) => message.split(/…|\(…\)/u))
      .map((piece) => piece.trim())
      .filter((piece) => piece.length > 5 && !sources.includes(piece));
  });
  expect(unknown).toEqual([]);
});
