import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CellResult } from '#ablate';
import { ablationPage, ablationSets, chosenBlocks, tableOf, trainingOf } from '#ablate';
import type { Chart } from '#report';
import { chartGrid, markup, pageHtml, runReport } from '#report';
import { makeRun } from '../src/report/__fixtures__/made-run.ts';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((path) => existsSync(path));
if (executablePath === undefined) {
  console.warn(`skipped: no Chromium in ${places.join(', ')}; the report is not opened`);
}
const needsBrowser = { skip: executablePath === undefined };

let root = '';
let browser: Browser | undefined;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'report-browser-'));
  if (executablePath === undefined) return;
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  rmSync(root, { recursive: true, force: true });
});

async function written(name: string, folders: readonly string[]): Promise<string> {
  const path = join(root, `${name}.html`);
  writeFileSync(path, await runReport(folders));
  return pathToFileURL(path).href;
}

/** Opens a page and keeps everything that it complains about or asks for. */
async function opened(
  address: string,
  look: { readonly width: number; readonly dark?: boolean },
): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  if (browser === undefined) throw new Error('internal: no browser');
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.dark === true ? 'dark' : 'light',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!/^(?:file|data):/u.test(request.url())) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  await page.waitForFunction(
    "document.querySelectorAll('.plot > *').length === document.querySelectorAll('.plot').length",
  );
  return { page, complaints };
}

test(
  'a report of 200 iterations is drawn within two seconds of computing, without error or request',
  { ...needsBrowser, timeout: 300_000 },
  async () => {
    makeRun({
      folder: join(root, 'long'),
      iterations: 200,
      rethinks: true,
      problemsPerIteration: 2,
    });
    const address = await written('long', [join(root, 'long')]);
    const { page, complaints } = await opened('about:blank', { width: 1280 });
    const session = await page.context().newCDPSession(page);
    // Thread time, not wall time: a busy machine must not decide.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await page.goto(address);
    await page.waitForFunction(
      "document.documentElement.dataset.drawn === 'true' && document.querySelectorAll('.plot > *').length === document.querySelectorAll('.plot').length",
    );
    const { metrics } = await session.send('Performance.getMetrics');
    const busy = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Infinity;
    expect(busy).toBeGreaterThan(0);
    expect(busy).toBeLessThan(2);
    expect(await page.locator('.plot svg').count()).toBeGreaterThan(15);
    expect(complaints).toEqual([]);
    await page.context().close();
  },
);

test('pointing at a curve shows its values; the legend hides a line', needsBrowser, async () => {
  makeRun({ folder: join(root, 'short'), iterations: 4, rethinks: true });
  const { page, complaints } = await opened(await written('short', [join(root, 'short')]), {
    width: 1280,
  });
  const plot = page.locator('[data-chart="groups"]');
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (box === null) throw new Error('the chart has no place');
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5);
  await expect
    .poll(() => plot.locator('[aria-label="tip"]').textContent())
    .toMatch(/optimizer step \d+.*effective: [\d.]+ %/su);
  const lines = plot.locator('[aria-label="line"] path');
  const before = await lines.count();
  await page.locator('#figure-groups button[data-series="0"]').click();
  expect(await lines.count()).toBe(before - 1);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test('nothing is wider than a phone, and hostile texts stay texts', needsBrowser, async () => {
  const text = '</script><img src=x onerror=alert(1)><script>alert(2)</script>';
  makeRun({ folder: join(root, 'hostile'), iterations: 2, rethinks: true, text, name: text });
  makeRun({ folder: join(root, 'other'), iterations: 2, mode: 'grpo' });
  const address = await written('both', [join(root, 'hostile'), join(root, 'other')]);
  const { page, complaints } = await opened(address, { width: 360, dark: true });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
    'rgb(20, 22, 26)',
  );
  expect(await page.locator('.reading pre').first().textContent()).toContain(text);
  expect(complaints).toEqual([]);
  await page.context().close();
});

/** A page of these charts alone. */
function pageOf(name: string, charts: readonly Chart[]): string {
  const path = join(root, `${name}.html`);
  const empty = markup`<p></p>`;
  const others = Array.from({ length: 12 }, (_, at) => ({
    id: `other-${at}`,
    title: 'Another section',
    body: empty,
  }));
  const sections = [{ id: 's', title: 'Charts', body: chartGrid(charts, []) }, ...others];
  const rest = { head: empty, foot: empty, runNames: [] };
  writeFileSync(path, pageHtml({ title: name, sections, charts, ...rest }));
  return pathToFileURL(path).href;
}

const lines = (id: string, values: readonly number[], count = 1): Chart => ({
  id,
  title: id,
  help: '',
  kind: 'lines',
  x: { label: 'step' },
  y: { label: 'share', format: 'share', from: 0 },
  colors: 'names',
  series: Array.from({ length: count }, (_, at) => ({
    name: `line ${at}`,
    points: values.map((value, x) => [x, value * (at + 1)] as const),
  })),
});

test('every tick has a label of its own, however small the share', needsBrowser, async () => {
  const charts = [1, 0.05, 0.0012].map((most, at) => lines(`c${at}`, [0, most]));
  const { page } = await opened(pageOf('ticks', charts), { width: 1280 });
  for (const { id } of charts) {
    const ticks = page.locator(
      `[data-chart="${id}"] >> nth=0 >> [aria-label="y-axis tick label"] text`,
    );
    const labels = await ticks.allTextContents();
    expect(labels.length).toBeGreaterThan(2);
    expect(new Set(labels).size).toBe(labels.length);
  }
  await page.context().close();
});

test('lines differ by their pattern, in the chart and in its legend', needsBrowser, async () => {
  const { page } = await opened(pageOf('patterns', [lines('c', [0.1, 0.2], 4)]), { width: 1280 });
  const patterns = await page
    .locator('[data-chart="c"] >> nth=0 >> g[aria-label="line"]')
    .evaluateAll((all) => all.map((line) => line.getAttribute('stroke-dasharray')));
  expect(new Set(patterns).size).toBe(4);
  const masks: unknown = await page.evaluate(
    "[...document.querySelectorAll('.legend')[0].querySelectorAll('i')].map((one) => getComputedStyle(one).maskImage)",
  );
  expect(new Set(masks as string[]).size).toBe(4);
  await page.context().close();
});

test.each([
  [1, 1280],
  [2, 1400],
  [4, 1400],
  [5, 1400],
  [4, 900],
])('%i charts leave no empty place at %i pixels', { ...needsBrowser }, async (count, width) => {
  const charts = Array.from({ length: count }, (_, at) => lines(`c${at}`, [0, 1]));
  const { page } = await opened(pageOf(`grid-${count}-${width}`, charts), { width });
  const gap: unknown = await page.evaluate(`{
    const grid = document.querySelector('.charts');
    const right = (one) => one.getBoundingClientRect().right;
    right(grid) - right(grid.lastElementChild);
  }`);
  expect(gap).toBeLessThan(1);
  const clipped: unknown = await page.evaluate(`{
    const nav = document.querySelector('nav div');
    nav.scrollWidth - nav.clientWidth;
  }`);
  expect(clipped).toBe(0);
  await page.context().close();
});

test('on paper a chart is drawn for its place, and pictures are there', needsBrowser, async () => {
  makeRun({ folder: join(root, 'printed'), iterations: 2, rethinks: true });
  const { page } = await opened(await written('printed', [join(root, 'printed')]), { width: 1400 });
  const widths = () =>
    page.evaluate(
      "[...document.querySelectorAll('.plot svg')].map((one) => one.width.baseVal.value)",
    );
  const before = (await widths()) as number[];
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  expect(new Set((await widths()) as number[])).toEqual(new Set([320]));
  await page.evaluate("dispatchEvent(new Event('afterprint'))");
  expect(await widths()).toEqual(before);
  expect(await page.locator('img[loading="lazy"]').count()).toBe(0);
  await page.context().close();
});

/** A cell at a seed whose run was made up, and its evaluation. */
function madeCell(cell: 'grpo' | 'ssr', seed: number): CellResult {
  const folder = join(root, `${cell}-${seed}`);
  makeRun({ folder, iterations: 3, problemsPerIteration: 2, mode: cell, seed });
  const counted = { count: 70, n: 100, share: 0.7, fixed: 9, broken: 3 };
  const assessed = {
    problems: 100,
    greedy: counted,
    forced: counted,
    waits: counted,
    sampledWaits: null,
    passAt1: null,
  };
  return { format: 1, cell, seed, fingerprint: '', assessed, ...trainingOf(folder) };
}

test('the page of an ablation is drawn, also on a phone', needsBrowser, async () => {
  const set = ablationSets.find(({ name }) => name === 'modes-tiny');
  if (set === undefined) throw new Error('internal: no such set');
  const blocks = chosenBlocks(set, { cells: ['grpo', 'ssr'], seeds: 2 });
  const results = [0, 1].flatMap((seed) => [madeCell('grpo', seed), madeCell('ssr', seed)]);
  const tables = tableOf(blocks, results, []);
  const path = join(root, 'ablation.html');
  writeFileSync(path, ablationPage({ name: set.name, summary: '', facts: [], tables, results }));
  const { page, complaints } = await opened(pathToFileURL(path).href, { width: 360 });
  expect(await page.locator('.plot svg').count()).toBeGreaterThan(6);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  expect(complaints).toEqual([]);
  await page.context().close();
});
