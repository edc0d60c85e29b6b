import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { encodePng, openDataset, puzzle } from '#data';
import { runHere } from './__fixtures__/run-here.ts';
import { answerFault } from './data-source.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-'));
});
afterEach(() => rm(folder, { recursive: true }));

const data = (...args: string[]) => runHere(['data', ...args], { cwd: folder });

const lines = async (file: string): Promise<Record<string, unknown>[]> =>
  (await readFile(join(folder, file), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function put(name: string, rows: readonly unknown[]): Promise<void> {
  await mkdir(join(folder, name, 'images'), { recursive: true });
  for (const grey of [1, 2, 3]) {
    const rgb = new Uint8Array(56 * 56 * 3).fill(grey * 60);
    await writeFile(join(folder, name, 'images', `${grey}.png`), encodePng(rgb, 56, 56));
  }
  const text = rows.map((row) => JSON.stringify(row)).join('\n');
  await writeFile(join(folder, name, 'data.jsonl'), text);
}

const row = (id: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  question: `<image>\nHow many dots are on the picture of ${id}?`,
  answer: '3',
  image: 'images/1.png',
  category: 'dots',
  ...more,
});

describe('data puzzles', () => {
  test('--json tells what was written and how many of each family', async () => {
    const asked = ['puzzles', '--out', 'p', '--n', '5', '--split', 'test', '--seed', '4'];
    const { code, out } = await data(...asked, '--families', 'bars,sum', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      file: join(folder, 'p/problems.jsonl'),
      puzzles: 5,
      split: 'test',
      seed: 4,
      families: { bars: 3, sum: 2 },
    });
  });

  test('writes pictures and lines that open as the same problems', async () => {
    const { code, err } = await data(
      'puzzles',
      '--out',
      'p',
      '--n',
      '21',
      '--split',
      'test',
      '--seed',
      '4',
    );
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('21 puzzles') });
    const dataset = await openDataset(join(folder, 'p'));
    const { images, ...written } = dataset.at(8);
    const drawn = puzzle(4, 'test', 8);
    const { images: made, ...problem } = drawn.problem;
    expect(written).toEqual(problem);
    expect(images[0]).toMatchObject({ hash: made[0]?.hash, width: drawn.size, height: drawn.size });
    expect(dataset.findings).toEqual([]);
    expect((await lines('p/problems.jsonl'))[8]).toMatchObject({
      level: 2,
      steps: drawn.solution('steps').text,
      careful: drawn.solution('careful').text,
    });
  });

  test('the same options give the same bytes', async () => {
    await data('puzzles', '--out', 'a', '--n', '7');
    await data('puzzles', '--out', 'b', '--n', '7');
    for (const file of ['problems.jsonl', 'images/000003.png']) {
      const [a, b] = await Promise.all(
        ['a', 'b'].map((name) => readFile(join(folder, name, file))),
      );
      expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
    }
  });

  test('a folder with something in it is replaced with --force only, and whole', async () => {
    await data('puzzles', '--out', 'p', '--n', '9');
    const refused = await data('puzzles', '--out', 'p', '--n', '2');
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringMatching(/found 2 entries.*--force/),
    });
    expect(await lines('p/problems.jsonl')).toHaveLength(9);
    expect(await data('puzzles', '--out', 'p', '--n', '2', '--force')).toMatchObject({ code: 0 });
    expect(await readdir(join(folder, 'p/images'))).toHaveLength(2);
    expect(await readdir(folder)).toEqual(['p']);
  });

  test('families and levels are chosen, and wrong ones corrected', async () => {
    await data('puzzles', '--out', 'p', '--n', '6', '--families', 'bars,sum', '--levels', '3');
    const all = await lines('p/problems.jsonl');
    expect(
      new Set(all.map(({ category, level }) => `${String(category)} ${String(level)}`)),
    ).toEqual(new Set(['bars 3', 'sum 3']));
    expect(await data('puzzles', '--out', 'q', '--families', 'bar')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean bars?'),
    });
    expect(await data('puzzles', '--out', 'q', '--levels', '4')).toMatchObject({ code: 2 });
    expect(await readdir(folder)).toEqual(['p']);
  });
});

describe('data check', () => {
  const rows = [
    row('a'),
    row('b', { answer: '' }),
    row('c', { image: 'images/none.png' }),
    row('d', { question: 'How many?', image: 'images/2.png', passRates: { base: 0.5 } }),
    row('e', { question: 'How many?', image: 'images/2.png' }),
  ];

  test('prints a summary with every code, its action and its row; exit 1 when rows leave', async () => {
    await put('set', rows);
    const { code, out } = await data('check', 'set');
    expect(code).toBe(1);
    expect(out).toMatch(/^5 rows, 3 kept, 2 dropped, 2 mended\nhash [0-9a-f]{64}/);
    expect(out).toMatch(/gold_empty +drop +1/);
    expect(out).toMatch(/image_missing {2}data\.jsonl:3 \(c\)/);
    expect(out).toMatch(
      /duplicate_content {2}data\.jsonl:5 \(e\) {2}the same question and pictures as d/,
    );
    expect(out).toMatch(/pass rate base: measured 1, missing 2/);
    const listed = [...out.matchAll(/^\w+ +(drop|repair|warn|list) +\d/gmu)].map(([, one]) => one);
    expect(listed).toEqual(['drop', 'drop', 'repair', 'list']);
  });

  test('where no row is left there is nothing to count, and what is not shown says how to see it', async () => {
    await put('bad', [row('a', { answer: '' }), row('b', { answer: '' })]);
    const { code, out } = await data('check', 'bad', '--show', '1');
    expect([code, out.includes('problems')]).toEqual([1, false]);
    expect(out).toContain('gold_empty  … 1 more with --show');
  });

  test('--json is one document of summary and findings', async () => {
    await put('set', rows);
    const { out } = await data('check', 'set', '--json');
    const { summary, findings } = JSON.parse(out) as {
      summary: Record<string, unknown>;
      findings: Record<string, unknown>[];
    };
    expect(summary).toMatchObject({
      rows: 5,
      kept: 3,
      findings: { placeholder_missing: 2, duplicate_content: 1, gold_empty: 1, image_missing: 1 },
      categories: { dots: 3 },
      images: { '1': 3 },
      passRates: { base: { measured: 1, missing: 2, histogram: { '[0.3, 0.7)': 1 } } },
    });
    expect(findings[0]).toEqual({
      code: 'gold_empty',
      action: 'drop',
      file: 'data.jsonl',
      row: 2,
      id: 'b',
      message: 'expected an answer, found ""',
    });
  });

  test('--fix writes a copy that checks clean, and says what left and why', async () => {
    await put('set', rows);
    await data('check', 'set', '--fix', 'clean', '--drop', 'duplicate_content');
    const kept = await lines('clean/problems.jsonl');
    expect(kept.map(({ id }) => id)).toEqual(['a', 'd']);
    const dropped = await lines('clean/dropped.jsonl');
    expect(dropped.map(({ id, code }) => [id, code])).toEqual([
      ['b', 'gold_empty'],
      ['c', 'image_missing'],
      ['e', 'duplicate_content'],
    ]);
    const again = await data('check', 'clean', '--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ summary: { rows: 2, kept: 2 }, findings: [] });
  });

  test('--against lists what is shared with an evaluation set', async () => {
    await put('set', [
      row('a'),
      row('x', { image: 'images/3.png' }),
      row('y', { image: 'images/2.png' }),
    ]);
    await put('bench', [
      row('b1', { image: 'images/3.png', question: '<image> Which one?' }),
      row('b2', {
        question: 'HOW many dots are on the  picture of a?<image1>',
        image: 'images/1.png',
      }),
    ]);
    const { code, out } = await data('check', 'set', '--against', 'bench', '--json');
    const { findings } = JSON.parse(out) as { findings: Record<string, unknown>[] };
    expect(code).toBe(0);
    expect(findings.map(({ id, code: found, message }) => [id, found, message])).toEqual([
      ['a', 'benchmark_overlap', 'it shares question and picture of bench b2'],
      ['x', 'benchmark_overlap', 'it shares a picture of bench b1'],
    ]);
  });

  test('--report holds a page with the pictures, safe from what the rows say', async () => {
    await put('set', [
      row('<script>alert(1)</script>', { question: 'no mark', answer: '1' }),
      row('dropped', { question: '<image><image>&<b>', answer: '1' }),
    ]);
    await data('check', 'set', '--report', 'report');
    const page = await readFile(join(folder, 'report/examples.html'), 'utf8');
    expect(page).toContain('data:;base64,');
    expect(page).not.toContain('<script>');
    expect(page).toContain('<pre>&#60;image&#62;&#60;image&#62;&#38;&#60;b&#62;</pre>');
    expect(await lines('report/findings.jsonl')).toMatchObject([
      { code: 'placeholder_missing' },
      { code: 'placeholder_mismatch' },
    ]);
    expect(JSON.parse(await readFile(join(folder, 'report/summary.json'), 'utf8'))).toMatchObject({
      rows: 2,
    });
  });

  test('no dataset, or two, is used wrongly', async () => {
    expect(await data('check')).toMatchObject({ code: 2 });
    expect(await data('check', 'a', 'b')).toMatchObject({ code: 2 });
    expect(await data('check', 'none')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/found nothing/),
    });
  });
});

test('data subset writes both splits and a manifest, from rates measured elsewhere', async () => {
  await data('puzzles', '--out', 'p', '--n', '70');
  const rates = Array.from({ length: 60 }, (_, at) => ({
    id: `puzzle-train-0-${at}`,
    passRate: (at % 4) / 4,
  }));
  await writeFile(
    join(folder, 'rates.jsonl'),
    rates.map((rate) => JSON.stringify(rate)).join('\n'),
  );
  const asked = ['subset', 'p', '--passrates', 'mine=rates.jsonl', '--rule', 'passrate:mine > 0'];
  const { code, out } = await data(...asked, '--n', '28', '--validation', '7', '--out', 's');
  expect(code).toBe(0);
  expect(out).toMatch(/passrate:mine > 0 +70 +45/);
  const manifest = JSON.parse(await readFile(join(folder, 's/manifest.json'), 'utf8')) as {
    train: { ids: string[]; hash: string };
    validation: { ids: string[] };
  };
  const train = await openDataset(join(folder, 's/train.jsonl'));
  expect(train.hash).toBe(manifest.train.hash);
  expect(Array.from(train, ({ id }) => id)).toEqual(manifest.train.ids);
  expect([train.length, manifest.validation.ids.length]).toEqual([28, 7]);
  expect(train.at(0).passRates?.['mine']).toBeGreaterThan(0);
  await data(...asked, '--n', '28', '--validation', '7', '--out', 't');
  const again = JSON.parse(await readFile(join(folder, 't/manifest.json'), 'utf8')) as unknown;
  expect(again).toEqual(manifest);
  await writeFile(join(folder, 'bad.jsonl'), '{"id": "a"}');
  expect(await data('subset', 'p', '--passrates', 'm=bad.jsonl', '--out', 'u')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/bad\.jsonl:1: expected \{"id": …, "passRate"/),
  });
});

test('data show prints a problem by id or by row, and corrects an id', async () => {
  await put('set', [row('alpha', { options: ['3', '4'] }), row('beta')]);
  const { code, out } = await data('show', 'set', 'alpha');
  expect(code).toBe(0);
  expect(out).toContain('answer     3\noptions    3 | 4');
  expect(out).toMatch(/picture .*images\/1\.png {2}56 × 56/);
  expect(out).toContain(
    '<image>\nHow many dots are on the picture of alpha?\n\nPlease reason step by step',
  );
  const second = await data('show', 'set', '#2', '--json');
  expect(JSON.parse(second.out)).toMatchObject({ id: 'beta', findings: [] });
  await put('bad', [row('gamma', { answer: '' })]);
  const dropped = await data('show', 'bad', 'gamma');
  expect(dropped.code).toBe(1);
  expect(dropped.out).toContain('How many dots are on the picture of gamma?');
  expect(dropped.err).toContain('gold_empty');
  expect(await data('show', 'set', 'alhpa')).toMatchObject({
    code: 2,
    err: expect.stringContaining('did you mean alpha?'),
  });
});

test('an answer that cannot be judged is a fault, one that can is none', () => {
  const problem = { id: '', question: '', images: [], category: '', answer: '' };
  expect(answerFault({ ...problem, answer: '\\boxed{17^\\circ}' })).toBeUndefined();
  expect(answerFault({ ...problem, answer: 'red', options: ['blue', 'red'] })).toBeUndefined();
  expect(answerFault({ ...problem, answer: '\\frac{1}{2' })?.code).toBe('gold_unparsable');
  expect(answerFault({ ...problem, answer: '  ' })?.code).toBe('gold_empty');
});
