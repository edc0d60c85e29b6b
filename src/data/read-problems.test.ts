import { cp, mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { DatasetError } from './dataset-error.ts';
import { findingActions } from './finding.ts';
import type { Finding } from './finding.ts';
import { locateDataset, openDataset } from './open-dataset.ts';
import type { OpenOptions } from './open-dataset.ts';
import { encodePng } from './png.ts';
import type { Problem } from './problem.ts';
import { readProblems } from './read-problems.ts';

const fixtures = fileURLToPath(new URL('../../test/fixtures/data', import.meta.url));
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dataset-'));
});
afterEach(() => rm(folder, { recursive: true }));

const png = (width = 4, height = 3, grey = 9): Uint8Array =>
  encodePng(new Uint8Array(width * height * 3).fill(grey), width, height);

async function put(
  files: Record<string, string | Uint8Array | readonly unknown[]>,
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    const lines = Array.isArray(content)
      ? content.map((row) => JSON.stringify(row)).join('\n')
      : content;
    await writeFile(path, lines as string | Uint8Array);
  }
  return folder;
}

async function read(
  name: string,
  options: OpenOptions = {},
): Promise<{ problems: Problem[]; findings: Finding[] }> {
  const problems: Problem[] = [];
  const findings: Finding[] = [];
  for await (const rows of readProblems(await locateDataset(name, options), options)) {
    for (const row of rows) {
      findings.push(...row.findings);
      if (row.problem !== undefined) problems.push(row.problem);
    }
  }
  return { problems, findings };
}

const virl = (qid: unknown, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  question: `<image>\nHow many cans stand on shelf ${String(qid)}?`,
  answer: '\\boxed{100}',
  PassRate_32BTrained: 1,
  PassRate_7BBase: -1,
  category: '(GradeSchool) Non-Geo Math',
  source: 'Processed',
  qid,
  image: ['images/a.png'],
  ...more,
});

describe('findings', () => {
  const good = { 'images/a.png': png() };
  const cases: [string, Record<string, unknown>, OpenOptions?][] = [
    ['qid_missing', { qid: ' ' }],
    ['image_missing', { image: ['images/none.png'] }],
    ['image_missing', { image: ['https://example.org/a.png'] }],
    ['image_corrupt', { image: ['images/text.png'] }],
    ['image_extreme', { image: ['images/strip.png'] }],
    ['placeholder_mismatch', { question: '<image><image> what?' }],
    ['placeholder_mismatch', { image: [] }],
    ['too_many_images', { question: '<image>'.repeat(9), image: Array(9).fill('images/a.png') }],
    ['gold_unparsable', { answer: String.raw`\boxed{\frac{1}{2}` }],
    [
      'gold_unparsable', // row 34209 of ViRL39K
      { answer: String.raw`\boxed{\left\{\eqalign{&x+y-4=30\cr&(x-4)-(y-4)=2\cr }\right.}` },
    ],
    ['gold_empty', { answer: '' }],
    ['gold_empty', { answer: '\\boxed{ }' }],
    ['row_malformed', { question: null }],
    ['row_malformed', { image: 7 }],
    [
      'gold_not_self_equal',
      {},
      { checkAnswer: () => ({ code: 'gold_not_self_equal', message: '' }) },
    ],
    ['prompt_too_long', {}, { promptTokens: () => 6145 }],
  ];
  test.each(cases)(
    '%s drops the row, and the message says what was found',
    async (code, more, options) => {
      const strip = png(201, 1);
      const root = await put({
        ...good,
        'images/text.png': 'no picture',
        'images/strip.png': strip,
        'data.jsonl': [virl('ok'), virl('bad', more)],
      });
      const { problems, findings } = await read(root, options ?? {});
      expect(problems.map(({ id }) => id)).toEqual(options === undefined ? ['ok'] : []);
      const found = findings.find(({ row }) => row === 2);
      expect(found).toMatchObject({ code, action: 'drop', file: 'data.jsonl', row: 2 });
      expect(findingActions[found?.code ?? 'row_malformed']).toBe('drop');
    },
  );

  test('of two rows with one id the first stays', async () => {
    const root = await put({ ...good, 'data.jsonl': [virl('a'), virl('b'), virl('a')] });
    const { problems, findings } = await read(root);
    expect(problems.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(findings.map(({ code, row }) => [code, row])).toEqual([['qid_duplicate', 3]]);
  });

  test('a missing mark is put before the question, a missing box around the answer', async () => {
    const rows = [virl('a', { question: 'How many?', answer: '17' })];
    const root = await put({ ...good, 'data.jsonl': rows });
    const { problems, findings } = await read(root);
    expect(problems[0]).toMatchObject({ question: '<image>How many?', answer: '\\boxed{17}' });
    expect(findings.map(({ code, action }) => [code, action])).toEqual([
      ['gold_missing_box', 'repair'],
      ['placeholder_missing', 'repair'],
    ]);
  });

  test('a letter without an option, unknown labels and odd rates are said and kept', async () => {
    const more = {
      answer: '\\boxed{D}',
      category: 'Music',
      source: 'Web',
      PassRate_32BTrained: 1.5,
    };
    const question = '<image>\nWhich?\nChoices:\n(A) odd\n(B) even';
    const root = await put({ ...good, 'data.jsonl': [virl('a', { ...more, question })] });
    const { problems, findings } = await read(root);
    expect(problems[0]?.options).toEqual(['odd', 'even']);
    expect(problems[0]?.passRates).toBeUndefined();
    expect(findings.map(({ code }) => code)).toEqual([
      'passrate_range',
      'choice_missing',
      'category_unknown',
      'source_unknown',
    ]);
    expect(new Set(findings.map(({ action }) => action))).toEqual(new Set(['warn']));
  });

  test('a letter with its option is no finding', async () => {
    const question = '<image>\nWhich?\nChoices:\n(A) odd\n(B) even';
    const root = await put({
      ...good,
      'data.jsonl': [virl('a', { question, answer: '\\boxed{B}' })],
    });
    expect((await read(root)).findings).toEqual([]);
  });

  test('the same question with the same picture under two ids is listed', async () => {
    const question = (mark: string): string => `${mark}\nHow  many CANS?`;
    const rows = [
      virl('a', { question: question('<image>') }),
      virl('b', { question: '<image> how many cans?' }),
    ];
    const root = await put({ ...good, 'data.jsonl': rows });
    const { problems, findings } = await read(root);
    expect(problems).toHaveLength(2);
    expect(findings).toMatchObject([{ code: 'duplicate_content', action: 'list', id: 'b' }]);
  });

  test('a picture with a whole header and a damaged body is found by decoding alone', async () => {
    const whole = png(40, 40);
    const cut = whole.subarray(0, whole.length - 30);
    const root = await put({ 'images/a.png': cut, 'data.jsonl': [virl('a')] });
    expect((await read(root)).findings).toEqual([]);
    const { findings } = await read(root, { decode: true });
    expect(findings).toMatchObject([{ code: 'image_corrupt', action: 'drop' }]);
  });
});

describe('ViRL39K', () => {
  test('a pass rate of −1 is missing, not zero and not a finding', async () => {
    const rows = [
      virl('a'),
      virl('b', { PassRate_7BBase: 0 }),
      virl('c', { PassRate_7BBase: 0.25 }),
    ];
    const root = await put({ 'images/a.png': png(), 'data.jsonl': rows });
    const { problems, findings } = await read(root);
    expect(problems.map(({ passRates }) => passRates)).toEqual([
      { '32B': 1 },
      { '32B': 1, '7B': 0 },
      { '32B': 1, '7B': 0.25 },
    ]);
    expect(findings).toEqual([]);
  });

  test.each(['images/a.png', 'images/images/a.png', '../images/a.png'])(
    'pictures are found in %s',
    async (place) => {
      await put({ 'set/data.jsonl': [virl('a')], [join('set', place)]: png() });
      const { problems } = await read(join(folder, 'set'));
      expect(problems[0]?.images[0]).toMatchObject({ width: 4, height: 3 });
    },
  );

  test('a path that Windows wrote is found', async () => {
    const root = await put({
      'images/sub/a.png': png(),
      'data.jsonl': [{ question: '<image>?', answer: '3', images: ['images\\sub\\a.png'] }],
    });
    expect((await read(root)).problems).toHaveLength(1);
  });

  test('a folder in the place of a picture is a finding, and the others are read', async () => {
    const row = (path: string) => ({ question: '<image>?', answer: '3', images: [path] });
    const root = await put({
      'a.png': png(),
      'b/c.png': png(),
      'data.jsonl': [row('b'), row('a.png')],
    });
    const { problems, findings } = await read(root);
    expect(problems).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code: 'image_missing', row: 1 });
    expect(findings[0]?.message).toContain('found no such file');
  });

  test('a picture that cannot be read is a finding, and the others are read', async () => {
    const row = (path: string) => ({ question: '<image>?', answer: '3', images: [path] });
    const root = await put({
      'a.png': png(),
      'b.png': '',
      'data.jsonl': [row('b.png'), row('a.png')],
    });
    // No program reads so much at once; the file takes no room on the disk.
    await truncate(join(root, 'b.png'), 2 ** 32);
    const { problems, findings } = await read(root);
    expect(problems).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code: 'image_missing', row: 1 });
    expect(findings[0]?.message).toMatch(/expected a file that can be read, found .*size/);
  });

  test('searches side by side find every picture, also in two folders at once', async () => {
    const files: Record<string, Uint8Array> = {};
    const rows = Array.from({ length: 120 }, (_, at) => {
      files[at % 3 === 0 ? `images/${at}.png` : `images/images/${at}.png`] = png(4, 3, at);
      return virl(at, { image: [`images/${at}.png`] });
    });
    const root = await put({ ...files, 'data.jsonl': rows });
    const { problems, findings } = await read(root);
    expect(findings).toEqual([]);
    expect(problems).toHaveLength(120);
  });

  test('a row without a picture is a problem of text', async () => {
    const root = await put({
      'data.jsonl': [virl('a', { question: 'What is 1 + 1?', image: [] })],
    });
    expect((await read(root)).problems[0]).toMatchObject({
      images: [],
      question: 'What is 1 + 1?',
    });
  });
});

test('Geometry3K: a list of structs with bytes', async () => {
  const bytes = `data:image/png;base64,${Buffer.from(png(6, 5)).toString('base64')}`;
  const row = { images: [bytes], problem: '<image>Find x.', answer: '2 \\sqrt { 221 }' };
  const root = await put({ 'train.jsonl': [row] });
  const { problems, findings } = await read(root);
  expect(findings).toEqual([]);
  expect(problems).toMatchObject([
    {
      id: 'train-1',
      question: '<image>Find x.',
      answer: '2 \\sqrt { 221 }',
      images: [{ width: 6, height: 5 }],
    },
  ]);
});

test('PuzzleVQA: numbers among texts, options printed, the file is the category', async () => {
  const row = {
    image: 'images/venn/venn_0002.png',
    question: 'What is the missing number?',
    options: ['6', 4, '5'],
    answer: 5,
    caption: '',
    explanation: '',
    deduction: '',
  };
  const root = await put({
    'venn.json': [row, { ...row, image: 'images/venn/venn_0003.png' }],
    'images/venn/venn_0002.png': png(),
    'images/venn/venn_0003.png': png(5),
  });
  const { problems, findings } = await read(root);
  expect(findings).toEqual([]);
  expect(problems[0]).toMatchObject({
    id: 'venn_0002',
    question: '<image>\nWhat is the missing number?\nChoices:\n(A) 6\n(B) 4\n(C) 5',
    options: ['6', '4', '5'],
    answer: '5',
    category: 'venn',
  });
});

describe('the plain format', () => {
  test('reads every column of the table', async () => {
    const row = {
      id: 'x1',
      question: '<image> and <image>?',
      answer: 3,
      images: ['a.png', { bytes: null, path: 'b.png' }],
      options: ['2', '3'],
      category: 'c',
      source: 's',
      passRates: { base: 0.5, other: -1 },
    };
    const root = await put({ 'a.png': png(), 'b.png': png(7), 'data.json': JSON.stringify([row]) });
    const { problems } = await read(root);
    const { images, ...rest } = problems[0]!;
    expect(rest).toEqual({
      id: 'x1',
      question: '<image> and <image>?',
      answer: '3',
      options: ['2', '3'],
      category: 'c',
      source: 's',
      passRates: { base: 0.5 },
    });
    expect(images.map(({ width }) => width)).toEqual([4, 7]);
  });

  test('rows without an id are named by their file and row', async () => {
    const root = await put({
      'deep/one.jsonl': [
        { question: 'a?', answer: 'b' },
        { question: 'c?', answer: 'd' },
      ],
    });
    expect((await read(root)).problems.map(({ id }) => id)).toEqual(['deep/one-1', 'deep/one-2']);
  });
});

describe('what cannot be read at all', () => {
  test('wrong columns: found, expected, and the nearest of both', async () => {
    const root = await put({ 'data.jsonl': [{ Questoin: 'a', answer: 'b' }] });
    const error = await read(root).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DatasetError);
    expect(String(error)).toMatch(
      /expected the columns question\|problem\|prompt, answer\|solution, found Questoin, answer/,
    );
    expect(String(error)).toMatch(/"Questoin" is near: rename it to question/);
  });

  test('a named format says which of its columns are missing', async () => {
    const root = await put({ 'data.jsonl': [{ question: 'a', answer: 'b' }] });
    await expect(read(root, { format: 'virl39k' })).rejects.toThrow(
      /of virl39k, found question, answer/,
    );
    await expect(read(root, { format: 'virl' })).rejects.toThrow(
      /expected one of virl39k, .*found virl/,
    );
  });

  test.each([
    ['a folder of nothing', {}, /found an empty folder/],
    [
      'a folder without rows',
      { 'readme.md': 'hello' },
      /expected a \.jsonl, \.json or \.parquet file, found readme\.md/,
    ],
    ['an empty file', { 'data.jsonl': '' }, /expected problems, found no rows/],
    ['empty lines', { 'data.jsonl': '\n\n' }, /expected problems, found no rows/],
  ])('%s', async (_, files, message) => {
    await expect(openDataset(await put(files))).rejects.toThrow(message);
  });

  test.each(['question,answer\nHow many?,3', '[1]\n"x"'])(
    'a file of lines that are no rows names the first: %j',
    async (text) => {
      await expect(read(await put({ 'data.jsonl': text }))).rejects.toThrow(
        /data\.jsonl:1: expected a JSON object.*docs\/data-format\.md/,
      );
    },
  );

  test('no such path, and a file of another kind', async () => {
    await expect(openDataset(join(folder, 'none'))).rejects.toThrow(
      /expected a file or a folder, found nothing/,
    );
    await put({ 'a.csv': 'x' });
    await expect(openDataset(join(folder, 'a.csv'))).rejects.toThrow(/found \.csv/);
  });

  test('a dataset of which no row is left says what was wrong with the first', async () => {
    const root = await put({ 'data.jsonl': [virl('a')] });
    await expect(openDataset(root)).rejects.toThrow(
      /expected usable problems, found 1 faults.*image_missing/,
    );
  });

  test('a split that no file names', async () => {
    const root = await put({ 'train-0.jsonl': [{ question: 'a?', answer: 'b' }] });
    await expect(openDataset(root, { split: 'test' })).rejects.toThrow(
      /of the split test, found train-0\.jsonl/,
    );
    expect(await openDataset(root, { split: 'train' })).toHaveLength(1);
  });
});

test('a folder of several splits is read one split at a time', async () => {
  const rows = [{ question: 'a?', answer: 'b' }];
  const root = await put({ 'train.jsonl': rows, 'data/validation-00000-of-00001.jsonl': rows });
  await expect(openDataset(root)).rejects.toThrow(/found train, validation; name one with --split/);
  expect(await openDataset(root, { split: 'validation' })).toHaveLength(1);
  expect(await openDataset(join(root, 'train.jsonl'))).toHaveLength(1);
});

describe('sizes', () => {
  test('one problem is a dataset', async () => {
    const root = await put({ 'data.jsonl': [{ question: 'a?', answer: 'b' }] });
    const dataset = await openDataset(root);
    expect(dataset.length).toBe(1);
    expect(dataset.at(0).question).toBe('a?');
  });

  test('a hundred thousand problems are all there, in order', async () => {
    const rows = Array.from({ length: 100_000 }, (_, at) => ({
      id: `p${at}`,
      question: `${at}?`,
      answer: 'b',
    }));
    const root = await put({ 'data.jsonl': rows });
    const dataset = await openDataset(root);
    expect(dataset.length).toBe(100_000);
    expect(dataset.at(99_999).id).toBe('p99999');
    expect(dataset.indexOf('p54321')).toBe(54_321);
  });

  test('pictures inside Parquet files are unpacked once, and told by their hashes', async () => {
    const cache = join(folder, 'cache');
    await cp(join(fixtures, 'parquet', 'struct.parquet'), join(folder, 'a.parquet'));
    const first = await openDataset(join(folder, 'a.parquet'), { cache });
    const [image] = first.at(3).images;
    expect(image?.source).toBe(join(cache, image!.hash.slice(0, 2), `${image!.hash}.png`));
    const again = await openDataset(join(folder, 'a.parquet'), { cache });
    expect(again.hash).toBe(first.hash);
    const list = await openDataset(join(fixtures, 'parquet', 'list.parquet'), { cache });
    expect(list.hash).toBe(first.hash);
  });

  test('one picture in many rows at once is unpacked once', async () => {
    const url = `data:image/png;base64,${Buffer.from(png()).toString('base64')}`;
    const rows = Array.from({ length: 50 }, (_, at) => ({
      question: `<image>${at}`,
      answer: '1',
      image: url,
    }));
    const root = await put({ 'set/data.jsonl': rows });
    const dataset = await openDataset(join(root, 'set'), { cache: join(folder, 'cache') });
    const [shelf = ''] = await readdir(join(folder, 'cache'));
    expect(await readdir(join(folder, 'cache', shelf))).toEqual([
      `${dataset.at(0).images[0]?.hash}.png`,
    ]);
  });

  test('progress counts rows, and a signal stops the reading', async () => {
    const stop = new AbortController();
    const told: unknown[] = [];
    const options = {
      signal: stop.signal,
      onProgress: (rows: number, total: number | undefined) => told.push([rows, total]),
    };
    await read(join(fixtures, 'parquet', 'struct.parquet'), options);
    expect(told.at(-1)).toEqual([40, 40]);
    stop.abort(new Error('stopped'));
    await expect(read(join(fixtures, 'parquet', 'struct.parquet'), options)).rejects.toThrow(
      'stopped',
    );
  });
});

describe('hub ids', () => {
  const commit = 'a'.repeat(40);
  const hub = () => ({ offline: true, env: { HF_HOME: folder } });

  test('a dataset in the cache opens without the network, through its links', async () => {
    const place = 'hub/datasets--owner--name';
    await put({
      [`${place}/refs/main`]: commit,
      [`${place}/blobs/x`]: `${JSON.stringify({ question: 'a?', answer: 'b' })}\n`,
    });
    const snapshot = join(folder, place, 'snapshots', commit, 'data');
    await mkdir(snapshot, { recursive: true });
    await symlink('../../../blobs/x', join(snapshot, 'train.jsonl'));
    const dataset = await openDataset('owner/name', { hub: hub() });
    expect(dataset.at(0)).toMatchObject({ id: 'data/train-1', answer: 'b' });
  });

  test('one that is not there says how to get it', async () => {
    await expect(openDataset('owner/none', { hub: hub() })).rejects.toThrow(/HF_HUB_OFFLINE/);
  });
});
