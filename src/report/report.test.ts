import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeRun } from './__fixtures__/made-run.ts';
import type { Chart } from './chart.ts';
import { markup } from './html.ts';
import { runReport } from './run-report.ts';
import { thinned } from './thin.ts';
import { writePage } from './write-report.ts';
import { createRun } from '#run';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'report-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string) => join(root, name);

function chartsIn(page: string): readonly Chart[] {
  const [, json = '{}'] =
    /<script type="application\/json" id="charts">(.*?)<\/script>/su.exec(page) ?? [];
  return (JSON.parse(json) as { charts: Chart[] }).charts;
}

/** The page without its scripts: what a reader sees. */
function words(page: string): string {
  return page
    .replaceAll(/<(script|style)\b.*?<\/\1>/gsu, '')
    .replaceAll(/<[^>]+>/gu, ' ')
    .replaceAll(/\s+/gu, ' ');
}

test('a report holds every curve that the run has values for', async () => {
  makeRun({ folder: at('one'), iterations: 3, rethinks: true });
  const charts = chartsIn(await runReport([at('one')]));
  const ids = charts.map(({ id }) => id);
  for (const id of [
    'reward',
    'validation',
    'groups',
    'advantages-0',
    'replay',
    'age',
    'forced',
    'waits',
    'length',
    'mismatch',
    'phases',
  ]) {
    expect(ids).toContain(id);
  }
  const groups = charts.find(({ id }) => id === 'groups');
  expect(groups?.series.map(({ name }) => name)).toEqual(['effective', 'all right', 'all wrong']);
  expect(groups?.series[0]?.points).toHaveLength(3);
  for (const { title, x, y, help } of charts) {
    expect([title, x.label, y.label, help].every((text) => text.length > 0)).toBe(true);
  }
});

test('the band of validation accuracy is 1.96 standard errors to both sides', async () => {
  makeRun({ folder: at('one'), iterations: 1 });
  const chart = chartsIn(await runReport([at('one')])).find(({ id }) => id === 'validation');
  const [, a = 0, low = 0, high = 0] = chart?.series[0]?.points[0] ?? [];
  const error = 1.96 * Math.sqrt(((a ?? 0) * (1 - (a ?? 0))) / 200);
  expect(high - (a ?? 0)).toBeCloseTo(error, 4);
  expect((a ?? 0) - low).toBeCloseTo(error, 4);
});

test('the advantage histogram shows shares that add up to one in every iteration', async () => {
  makeRun({ folder: at('one'), iterations: 2 });
  const chart = chartsIn(await runReport([at('one')])).find(({ id }) => id === 'advantages-0');
  expect(chart?.series.map(({ name }) => name)).toHaveLength(17);
  for (const place of [0, 1]) {
    const total = chart?.series.reduce((sum, { points }) => sum + (points[place]?.[1] ?? 0), 0);
    expect(total).toBeCloseTo(1, 3);
  }
});

test('several runs lie over each other, one colour for each, and their settings are compared', async () => {
  makeRun({ folder: at('a'), iterations: 2, mode: 'grpo' });
  makeRun({ folder: at('b'), iterations: 2, seed: 1 });
  const page = await runReport([at('a'), at('b')]);
  const reward = chartsIn(page).filter(({ title }) => title.startsWith('Reward in training'));
  expect(reward.map(({ title }) => title)).toEqual([
    'Reward in training: first answers',
    'Reward in training: after rethinking',
  ]);
  expect(reward[0]?.series.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(reward[0]?.colors).toBe('runs');
  // Only one of them replays: the curve is there, with one line.
  expect(
    chartsIn(page)
      .find(({ title }) => title === 'Replayed share of the batch')
      ?.series.map(({ name }) => name),
  ).toEqual(['b']);
  expect(words(page)).toMatch(/batch\.mode grpo ssr/u);
});

test('runs of the same name are told apart', async () => {
  makeRun({ folder: join(root, 'x', 'run'), iterations: 1 });
  makeRun({ folder: join(root, 'y', 'run'), iterations: 1 });
  const page = await runReport([join(root, 'x', 'run'), join(root, 'y', 'run')]);
  expect(words(page)).toContain('2 runs: run (1), run (2)');
});

test('base and end are compared on the same problems', async () => {
  makeRun({ folder: at('one'), iterations: 4 });
  const lines = (right: readonly string[]) =>
    ['a', 'b', 'c', 'd']
      .map((id) =>
        JSON.stringify({
          id,
          category: 'k',
          correct: right.includes(id),
          code: 'correct',
          extracted: '1',
          waits: 0,
          text: `t-${id}`,
        }),
      )
      .join('\n');
  const file = (iteration: number) =>
    join(at('one'), 'validation', `iteration-0000${iteration}-default.jsonl`);
  writeFileSync(file(0), lines(['a']));
  writeFileSync(file(4), `${lines(['b', 'c', 'd'])}\n{"id":"half`);
  const text = words(await runReport([at('one')]));
  expect(text).toContain(
    '4 problems, answered greedily before and after: 25.0 % → 75.0 % right. 3 became right, 1 became wrong',
  );
  expect(text).toContain('exact McNemar p 0.63');
  expect(text).toContain('1 lines of the validation files could not be read');
});

test('what a model or a dataset wrote never becomes markup or code', async () => {
  const text = '</script><img src=x onerror=alert(1)><script>alert(2)</script>\u202e\u0000';
  makeRun({ folder: at('one'), iterations: 1, rethinks: true, text, name: text });
  const page = await runReport([at('one')]);
  expect(page).not.toContain('<img src=x');
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('\u0000');
  expect(page).not.toContain('\u202e');
  expect(page).toContain('&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;');
  expect(markup`<p title="${'"><b>'}">${'<i>'}</p>`.markup).toBe(
    '<p title="&quot;&gt;&lt;b&gt;">&lt;i&gt;</p>',
  );
});

test('the page asks for nothing: its policy forbids all requests, and it names no address', async () => {
  makeRun({ folder: at('one'), iterations: 1 });
  const page = await runReport([at('one')]);
  const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/u.exec(page) ?? [];
  expect(policy).toContain('default-src &#39;none&#39;');
  expect(policy).toContain('img-src data:');
  expect(page.match(/<(?:script|link|img|iframe)[^>]*(?:src|href)="(?!data:)/gu)).toBeNull();
});

test('responses are shown in the colours of their authors, their pictures inside the page', async () => {
  const picture = at('picture.png');
  const pixels = await sharp({ create: { width: 56, height: 56, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  writeFileSync(picture, pixels);
  makeRun({ folder: at('one'), iterations: 2, rethinks: true, picture });
  const page = await runReport([at('one')]);
  expect(page).toContain(`src="data:image/png;base64,${pixels.toString('base64')}"`);
  expect(page).toContain(
    '<span class="trigger" title="trigger">\n\nWait, does it seem right?</span>',
  );
  expect(page).toContain(
    '<span class="rethinking" title="rethinking"> Let me look again: 4. </span>',
  );
  expect(words(page)).toMatch(/Wrong, then right .* Right, then wrong/u);
});

test('large pictures are made smaller, unreadable ones are named', async () => {
  const large = at('large.png');
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  await sharp({ create: { width: 900, height: 700, channels: 3, noise, background: 'red' } })
    .png()
    .toFile(large);
  makeRun({ folder: at('large'), iterations: 1, picture: large });
  const page = await runReport([at('large')]);
  const [, data = ''] = /src="data:image\/webp;base64,([^"]+)"/u.exec(page) ?? [];
  expect((await sharp(Buffer.from(data, 'base64')).metadata()).width).toBe(448);
  writeFileSync(at('broken.png'), '\u0089PNG no picture at all');
  makeRun({ folder: at('broken'), iterations: 1, picture: at('broken.png') });
  expect(words(await runReport([at('broken')]))).toContain(
    `picture cannot be read: ${at('broken.png')}`,
  );
  makeRun({ folder: at('gone'), iterations: 1, picture: at('gone.png') });
  expect(words(await runReport([at('gone')]))).toContain(
    `picture cannot be read: ${at('gone.png')}`,
  );
});

test('a run without rollouts gets a report that says so', async () => {
  const head = {
    name: 'empty',
    startedAt: '2026-01-01T00:00:00Z',
    config: {},
    versions: {},
    stamps: ['unchecked'],
  };
  createRun(at('empty'), head).close();
  const page = await runReport([at('empty')]);
  expect(chartsIn(page)).toEqual([]);
  const text = words(page);
  expect(text).toContain('This run holds no rollouts');
  expect(text).toContain('This run was not validated');
  expect(text).toContain('Nothing to compare');
  expect(text).toContain('unchecked');
});

test('where nothing is made to think again, its zeros are not shown as a finding', async () => {
  makeRun({ folder: at('off'), iterations: 2, rethinks: false });
  const page = await runReport([at('off')]);
  const ids = chartsIn(page).map(({ id }) => id);
  expect(ids).toContain('waits');
  expect(ids.filter((id) => ['forced', 'kept', 'nll'].includes(id))).toEqual([]);
  const text = words(page);
  expect(text).toMatch(/Rethinking by force\s+–\s+off in this run/u);
  expect(text).toContain('rethink.mode is off');
  expect(text).not.toContain('Verdict before and after the trigger');
});

test('of more lines than there are colours those are drawn that changed most', async () => {
  makeRun({ folder: at('many'), iterations: 4, categories: 14 });
  const chart = chartsIn(await runReport([at('many')])).find(({ id }) => id === 'category');
  const expected = Array.from({ length: 10 }, (_, index) => `kind ${index + 4}`);
  expect(chart?.series.map(({ name }) => name).sort()).toEqual(expected.sort());
  expect(chart?.help).toContain('Of 14, the 10 that changed most.');
});

test('a long curve is thinned to means with the band from smallest to largest', () => {
  const values = Array.from({ length: 10 }, (_, step) => ({
    step,
    value: step === 4 ? null : step,
  }));
  expect(thinned(values, 2)).toEqual([
    [2, 1.5, 0, 3],
    [7, 7, 5, 9],
  ]);
  expect(thinned([{ step: 0, value: Number.POSITIVE_INFINITY }], 5)).toEqual([[0, null]]);
  expect(
    thinned(
      values.map(({ step }) => ({ step, value: null })),
      1,
    ),
  ).toEqual([[4.5, null]]);
});

test('a report of 200 iterations stays below ten megabytes', { timeout: 240_000 }, async () => {
  makeRun({ folder: at('long'), iterations: 200, rethinks: true, problemsPerIteration: 2 });
  const page = await runReport([at('long')]);
  expect(Buffer.byteLength(page)).toBeLessThan(10e6);
  expect(
    chartsIn(page).every(({ series }) => series.every(({ points }) => points.length <= 240)),
  ).toBe(true);
});

test('a page is written aside and renamed; a failure leaves the old page and nothing else', () => {
  const path = at('report.html');
  writePage(path, 'old');
  writePage(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  mkdirSync(at('folder'));
  expect(() => writePage(at('folder'), 'page')).toThrow(/cannot write .*folder: .*--out/u);
  expect(() => writePage(join(path, 'x.html'), 'page')).toThrow(
    /a file stands where its folder should be/u,
  );
  expect(readdirSync(root).sort()).toEqual(['folder', 'report.html']);
});
