import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { compressors, decodeLz4, decodeSnappy } from './parquet-codecs.ts';
import { rowStarts } from './parquet-levels.ts';
import { pictureCells } from './picture-cell.ts';
import { openParquet } from './rows-parquet.ts';
import { openRows } from './rows.ts';
import type { PlacedRow } from './rows.ts';

const fixtures = fileURLToPath(new URL('../../test/fixtures/data/parquet', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rows-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function all(file: string): Promise<PlacedRow[]> {
  const found: PlacedRow[] = [];
  for await (const batch of (await openRows(file)).batches()) found.push(...batch);
  return found;
}

async function written(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test.each(['struct', 'bytes', 'list', 'bytes-list', 'pages-v1', 'pages-v2', 'pages-fallback'])(
  'pictures stored as %s are the same bytes in the same rows',
  async (name) => {
    const rows = await all(join(fixtures, `${name}.parquet`));
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect(rows.map(({ value }) => value?.['id'])).toEqual(rows.map((_, at) => `row-${at}`));
    const widths = rows.map(({ value }) => {
      const [cell] = pictureCells(value?.['image'], 'image');
      return cell?.kind === 'bytes' ? Buffer.from(cell.bytes).readUInt32BE(16) : undefined;
    });
    expect(widths).toEqual(rows.map((_, at) => 8 + at));
  },
);

test.each(['pages-v1', 'pages-v2', 'pages-indexed', 'pages-fallback', 'lists-v1', 'lists-v2'])(
  'the rows of %s are the same when they are read in stretches, none of them large',
  async (name) => {
    const file = join(fixtures, `${name}.parquet`);
    const read = async (batchBytes: number): Promise<PlacedRow[][]> => {
      const found: PlacedRow[][] = [];
      for await (const batch of (await openParquet(file, batchBytes)).batches())
        found.push([...batch]);
      return found;
    };
    const whole = await read(2 ** 20);
    const parts = await read(1024);
    expect(parts.flat()).toEqual(whole.flat());
    expect(whole.flat()).toHaveLength(40);
    expect(parts.length).toBeGreaterThan(8);
  },
);

test('rows of several pictures keep their own, in order', async () => {
  for (const name of ['lists-v1', 'lists-v2']) {
    const file = await openParquet(join(fixtures, `${name}.parquet`), 1024);
    for await (const batch of file.batches()) {
      for (const { row, value } of batch) {
        const paths = (value?.['image'] as { path: string }[] | null) ?? [];
        const count = [1, 2, 0, 3, 1, 1, 2][(row - 1) % 7];
        expect(paths.map(({ path }) => path)).toEqual(
          Array.from({ length: count ?? 0 }, (_, at) => `${row - 1}-${at}`),
        );
      }
    }
  }
});

test('repetition levels tell the rows that begin in a page, in runs and in groups', () => {
  const page = (...levels: number[]): Uint8Array =>
    Uint8Array.of(levels.length, 0, 0, 0, ...levels, 9, 9);
  expect(rowStarts(page(10, 0), 5)).toEqual({ rows: 5, continued: false }); // a run of five zeros
  expect(rowStarts(page(3, 0b01101010), 8)).toEqual({ rows: 4, continued: false });
  expect(rowStarts(page(4, 1, 6, 0), 5)).toEqual({ rows: 3, continued: true });
  expect(rowStarts(page(0x82, 0x02, 0), 129)).toEqual({ rows: 129, continued: false });
  expect(() => rowStarts(page(4, 0), 5)).toThrow(/expected 5 repetition levels, found 2/);
});

test.each(['none', 'gzip', 'brotli', 'zstd', 'lz4'])(
  'pages packed with %s are read',
  async (codec) => {
    const rows = await all(join(fixtures, `codec-${codec}.parquet`));
    expect(rows.map(({ value }) => value?.['answer'])).toEqual(['0', '2', '4', '6']);
  },
);

test('a Parquet file cut short is an error that names the file and says what to do', async () => {
  const bytes = await readFile(join(fixtures, 'struct.parquet'));
  for (const length of [0, 3, 100, bytes.length - 1]) {
    const path = await written(`cut-${length}.parquet`, bytes.subarray(0, length));
    await expect(all(path)).rejects.toThrow(
      /cut-\d+\.parquet: expected a whole Parquet file.*fetch/,
    );
  }
});

test('damage inside a Parquet file is an error, not a row', async () => {
  const bytes = await readFile(join(fixtures, 'codec-none.parquet'));
  const damaged = Buffer.from(bytes);
  damaged.fill(0xff, 4, 60);
  await expect(all(await written('damaged.parquet', damaged))).rejects.toThrow(
    /damage in rows 1 to 4/,
  );
});

test('LZ4 and Snappy blocks copy what overlaps, and damaged ones are refused', () => {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
  expect(text(decodeLz4(Uint8Array.of(0x16, 97, 1, 0, 0x10, 98), 12))).toBe('aaaaaaaaaaab');
  expect(() => decodeLz4(Uint8Array.of(0x16, 97, 9, 0), 11)).toThrow(/damaged/);
  expect(() => decodeLz4(Uint8Array.of(0xf0), 300)).toThrow(/damaged/);
  expect(text(decodeSnappy(Uint8Array.of(5, 0, 97, 1 + 0, 1), 5))).toBe('aaaaa');
  expect(() => decodeSnappy(Uint8Array.of(5, 0, 97, 1, 9), 5)).toThrow(/damaged/);
  expect(() => decodeSnappy(Uint8Array.of(5, 16, 97), 5)).toThrow(/damaged/);
  const hadoop = Uint8Array.of(0, 0, 0, 12, 0, 0, 0, 6, 0x16, 97, 1, 0, 0x10, 98);
  expect(text(compressors.LZ4?.(hadoop, 12) ?? new Uint8Array())).toBe('aaaaaaaaaaab');
});

test('JSON lines keep their line numbers, and a broken line is a fault of its own', async () => {
  const path = await written('a.jsonl', '\uFEFF{"a": 1}\n\n{"a": \n[1]\r\n{"a": "ü"}');
  expect(await all(path)).toEqual([
    { row: 1, value: { a: 1 } },
    { row: 3, value: undefined, fault: expect.stringContaining('expected a JSON object') },
    { row: 4, value: undefined, fault: 'expected a JSON object, found an array' },
    { row: 5, value: { a: 'ü' } },
  ]);
});

test('lines longer than a stretch of the file, and characters across two, are whole', async () => {
  const long = 'é'.repeat(1_500_000);
  const path = await written(
    'long.jsonl',
    `${JSON.stringify({ long })}\n${JSON.stringify({ long })}\n`,
  );
  const rows = await all(path);
  expect(rows.map(({ value }) => value?.['long'] === long)).toEqual([true, true]);
});

test.each([
  ['an array', '[{"q": 1}, {"q": 2}]', [{ q: 1 }, { q: 2 }]],
  [
    'objects by id',
    '{"x": {"q": 1}, "y": {"q": 2}}',
    [
      { id: 'x', q: 1 },
      { id: 'y', q: 2 },
    ],
  ],
  ['an array inside', '{"version": 1, "data": [{"q": 1}]}', [{ q: 1 }]],
  ['lines', '{"q": 1}\n{"q": 2}\n', [{ q: 1 }, { q: 2 }]],
  ['nothing', '', []],
])('a .json file may hold %s', async (_, text, expected) => {
  const rows = await all(await written('a.json', text));
  expect(rows.map(({ value }) => value)).toEqual(expected);
});

test('a .json file that is no JSON is an error that says so', async () => {
  await expect(all(await written('b.json', '[{"a": 1},'))).rejects.toThrow(
    /b\.json: expected JSON: .*correct the file/,
  );
  await expect(all(await written('c.json', '"text"'))).rejects.toThrow(
    /expected an array of objects/,
  );
});

test('lines end as on Windows, begin with the mark of UTF-8, and hold any characters', async () => {
  const lines = ['{"id":"ü–日本"}', '', '{"id":"b"}'].join('\r\n');
  const rows = await all(await written('windows.jsonl', `\uFEFF${lines}\r\n`));
  expect(rows.map(({ row, value }) => [row, value?.['id']])).toEqual([
    [1, 'ü–日本'],
    [3, 'b'],
  ]);
});

test.each(['utf16.jsonl', 'utf16.json'])('%s: UTF-16 is refused with the way out', async (name) => {
  const text = Buffer.from('{"id":"a"}\n', 'utf16le');
  for (const bytes of [text, Buffer.concat([Buffer.of(0xff, 0xfe), text]), text.swap16()]) {
    await expect(all(await written(name, bytes))).rejects.toThrow(/found UTF-16.*iconv -f UTF-16/);
  }
});

test('bytes that are no UTF-8 are a fault, never other characters', async () => {
  const text = Buffer.from('[{"id":"groß"}]', 'latin1');
  await expect(all(await written('old.json', text))).rejects.toThrow(/expected text in UTF-8/);
  const lines = Buffer.concat([text.subarray(1, -1), Buffer.from('\n{"id":"b"}')]);
  const [first, second] = await all(await written('old.jsonl', lines));
  expect(first?.fault).toMatch(/expected UTF-8, found other bytes; convert/);
  expect(second?.value).toEqual({ id: 'b' });
});

test('a list inside an object holds the rows; an empty one is none, two are one too many', async () => {
  const json = async (value: unknown) => all(await written('list.json', JSON.stringify(value)));
  expect(await json({ version: 1, data: [{ id: 'a' }] })).toEqual([{ row: 1, value: { id: 'a' } }]);
  expect(await json({ id: 'a', images: [] })).toEqual([{ row: 1, value: { id: 'a', images: [] } }]);
  await expect(json({ train: [{ id: 'a' }], test: [{ id: 'b' }] })).rejects.toThrow(
    /expected one list of objects, found 2: train, test; keep one/,
  );
});
