import { expect, test } from 'vitest';
import type { Job } from './cell.ts';
import { advantageCharts, groupCharts, rethinkingCharts, validationCharts } from './charts.ts';
import { ablationPage } from './page.ts';
import { figure2, figure5, figure6, figure7 } from './paper-figures.ts';
import { paperRows, paperTable } from './paper-table.ts';
import { chosenBlocks, jobsOf } from './plan.ts';
import type { CellResult } from './result.ts';
import { runJobs } from './schedule.ts';
import { ablationSets } from './sets.ts';
import { estimate, pairedDifference } from './statistics.ts';
import { tableOf } from './table.ts';
import { differenceText, markdownOf, shareText } from './table-text.ts';

const paper = ablationSets[0] ?? { name: '', summary: '', seeds: 0, blocks: [] };
const all = { cells: [], seeds: 2 };

function result(
  cell: string,
  seed: number,
  share: number,
  more: Partial<CellResult> = {},
): CellResult {
  const counted = { count: Math.round(share * 100), n: 100, share };
  const changed = { fixed: 10, broken: 4 };
  return {
    format: 1,
    cell,
    seed,
    fingerprint: '',
    assessed: {
      problems: 100,
      greedy: counted,
      forced: { ...counted, share: share + 0.06, ...changed },
      waits: { ...counted, share: 0.1, ...changed },
      sampledWaits: null,
      passAt1: null,
    },
    rollouts: 512,
    steps: 16,
    sampledTokens: 9000,
    seconds: 60,
    curves: {
      effective: [
        [0, 0.9],
        [16, 0.5 + seed / 10],
      ],
      allRight: [
        [0, 0],
        [16, 0.4],
      ],
      allWrong: [
        [0, 0.1],
        [16, 0.1],
      ],
      validation: [
        [0, 0.4],
        [16, share],
      ],
      reward: [
        [0, 0.4],
        [16, share],
      ],
      batch: [
        [0, 32],
        [1, 30],
      ],
      replay: [],
      waits: [[0, 0]],
    },
    trained: [0, 1, 3, 0],
    trainedZero: 1,
    ...more,
  };
}

test('a mean over seeds has the interval of Student; a single seed has none', () => {
  const found = estimate([1, 2, 3]);
  expect(found?.mean).toBe(2);
  expect((found?.high ?? 0) - 2).toBeCloseTo(4.303 / Math.sqrt(3), 6);
  expect(estimate([5])).toEqual({ n: 1, mean: 5, low: null, high: null });
  expect(estimate([])).toBeUndefined();
});

test('cells are compared in pairs of equal seeds', () => {
  const own = new Map([
    [0, 0.7],
    [1, 0.9],
    [2, 0.1],
  ]);
  const baseline = new Map([
    [0, 0.6],
    [1, 0.7],
  ]);
  const found = pairedDifference(own, baseline);
  expect(found?.n).toBe(2);
  expect(found?.mean).toBeCloseTo(0.15, 10);
  expect(differenceText(found)).toBe('+15.0 ± 63.5');
  expect(differenceText(pairedDifference(baseline, own))).toBe('−15.0 ± 63.5');
  expect(shareText(estimate([0.5]))).toBe('50.0');
});

test('a chosen cell brings what it starts from; an unknown one is named with the others', () => {
  const blocks = chosenBlocks(paper, { ...all, cells: ['ssr-rethink'] });
  expect(blocks.flatMap(({ cells }) => cells.map(({ name }) => name))).toEqual([
    'ssr',
    'ssr-rethink',
  ]);
  expect(() => chosenBlocks(paper, { ...all, cells: ['grppo'] })).toThrow(
    /has no cell grppo; it has grpo, filter, ssr/u,
  );
});

test('every cell of every set names one block, a known start, and a baseline that is there', () => {
  for (const { blocks } of ablationSets) {
    const names = blocks.flatMap(({ cells }) => cells.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    for (const { baseline, cells } of blocks) {
      expect(cells.map(({ name }) => name)).toContain(baseline);
      const starts = cells.flatMap(({ after }) => after ?? []);
      expect(names).toEqual(expect.arrayContaining(starts));
    }
  }
});

test('jobs run seed by seed, each after its start, at most so many at a time', async () => {
  const jobs = jobsOf(chosenBlocks(paper, { ...all, cells: ['ssr-rethink', 'grpo'] }), 2);
  const order: string[] = [];
  let running = 0;
  let most = 0;
  const ended = await runJobs(
    jobs.toReversed(),
    async ({ id }) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      order.push(id);
      running -= 1;
    },
    { most: 2, signal: new AbortController().signal },
  );
  expect(most).toBe(2);
  expect(order.indexOf('ssr/seed-1')).toBeLessThan(order.indexOf('ssr-rethink/seed-1'));
  expect(ended.every(({ failure }) => failure === undefined)).toBe(true);
  expect(jobs.map(({ id }) => id).slice(0, 3)).toEqual([
    'grpo/seed-0',
    'ssr/seed-0',
    'ssr-rethink/seed-0',
  ]);
});

test('a failed job stops what starts from it and nothing else; an abort begins nothing new', async () => {
  const jobs = jobsOf(chosenBlocks(paper, { ...all, cells: ['ssr-rethink', 'grpo'] }), 1);
  const begun: string[] = [];
  const run = async ({ id }: Job) => {
    begun.push(id);
    if (id === 'ssr/seed-0') throw new Error('the disk is full');
  };
  const ended = await runJobs(jobs, run, { most: 1, signal: new AbortController().signal });
  expect(begun).toEqual(['grpo/seed-0', 'ssr/seed-0']);
  expect(ended.map(({ failure }) => failure)).toEqual([
    undefined,
    'the disk is full',
    'not begun: ssr/seed-0, which it starts from, failed',
  ]);
  const stopped = await runJobs(jobs, run, { most: 1, signal: AbortSignal.abort() });
  expect(stopped.map(({ failure }) => failure)).toEqual(['not begun', 'not begun', 'not begun']);
});

test('the table compares inside a block and says what keeps cells from being equal', () => {
  const blocks = chosenBlocks(paper, { ...all, cells: ['grpo', 'filter', 'ssr'] });
  const results = [
    result('grpo', 0, 0.6),
    result('grpo', 1, 0.64),
    result('ssr', 0, 0.66),
    result('ssr', 1, 0.7),
    result('filter', 0, 0.5, { steps: 15 }),
  ];
  const job = jobsOf(blocks, 2).find(({ id }) => id === 'filter/seed-1');
  const ended = job === undefined ? [] : [{ job, failure: 'killed by SIGKILL' }];
  const [table] = tableOf(blocks, results, ended);
  const grpo = table?.rows.find(({ cell }) => cell === 'grpo');
  expect(grpo?.difference?.mean).toBeCloseTo(-0.06, 10);
  expect(grpo?.paper).toBe(42.66);
  expect(grpo?.effective[1]?.mean).toBeCloseTo(0.55, 10);
  expect(table?.notes.join(' ')).toContain('did not take equally many steps');
  expect(table?.notes.join(' ')).toContain('Not every cell has every seed');
  const text = markdownOf(table === undefined ? [] : [table]);
  expect(text).toContain('| grpo | 2 | 62.0 ± 25.4 | −6.0 ± 0.0 |');
  expect(text).toContain('Failed: filter/seed-1: killed by SIGKILL');
});

test("the page shows our curves beside the paper's own data, with its source", () => {
  const blocks = chosenBlocks(paper, { ...all, cells: ['grpo', 'ssr', 'ssr-on', 'ssr-rethink'] });
  const results = ['grpo', 'ssr', 'ssr-on', 'ssr-rethink'].flatMap((cell) => [
    result(cell, 0, 0.7),
    result(cell, 1, 0.72),
  ]);
  const page = ablationPage({
    name: 'x',
    summary: '<s>',
    facts: ['<fact>'],
    tables: tableOf(blocks, results, []),
    results,
  });
  const [, json = '{}'] = /id="charts">(.*?)<\/script>/su.exec(page) ?? [];
  const { charts } = JSON.parse(json) as {
    charts: { id: string; help: string; series: { points: number[][] }[] }[];
  };
  const ids = charts.map(({ id }) => id);
  for (const id of [
    'groups-grpo',
    'paper-Fig2',
    'validation',
    'paper-Fig5',
    'advantages-ssr',
    'rethinking',
    'paper-7-0',
  ])
    expect(ids).toContain(id);
  expect(charts.find(({ id }) => id === 'paper-Fig2')?.help).toContain('arXiv:2504.08837');
  expect(
    charts.find(({ id }) => id === 'paper-Fig5')?.series.map(({ points }) => points.length),
  ).toEqual([30, 24, 34]);
  const paper7 = charts.filter(({ id }) => id.startsWith('paper-7-'));
  expect(paper7.map(({ help }) => /about ([\d.]+) %/u.exec(help)?.[1])).toEqual([
    '36',
    '24',
    '78',
    '18.5',
  ]);
  expect(charts.find(({ id }) => id === 'rethinking')?.help).toContain('itself in 10.0 %');
  expect(page).toContain('&lt;fact&gt;');
  expect(page).toContain('<td>no Science and Text</td><td>SSR</td><td>11K</td><td>28.0</td>');
});

test('curves are means over seeds at the steps that all seeds have', () => {
  // 0.5 and 0.52 at the second step: 0.51 ± 12.706 · 0.02 / √2 / √2.
  const [chart] = groupCharts([result('ssr', 0, 0.6), result('ssr', 0.2, 0.6)]);
  expect(chart?.series[0]?.points[1]).toEqual([16, 0.51, 0.38294, 0.63706]);
  const shorter = result('ssr', 1, 0.6, {
    curves: { ...result('ssr', 1, 0.6).curves, effective: [[0, 0.9]] },
  });
  expect(groupCharts([result('ssr', 0, 0.6), shorter])[0]?.series[0]?.points).toHaveLength(1);
  expect(rethinkingCharts([result('ssr', 0, 0.6)], { reasoner: 'ssr', rethinker: 'none' })).toEqual(
    [],
  );
});

test('the band of a share stays between 0 and 1', () => {
  const waiting = [0, 0.3].map((share, seed) =>
    result('ssr', seed, 0.6, {
      curves: { ...result('ssr', seed, 0.6).curves, effective: [[0, share]] },
    }),
  );
  expect(groupCharts(waiting)[0]?.series[0]?.points).toEqual([[0, 0.15, 0, 1]]);
});

test('advantages of all cells stand on one scale, whole at its top', () => {
  const results = [
    result('grpo', 0, 0.6, { trained: [10, 45, 45] }),
    result('ssr', 0, 0.6, { trained: [30, 31, 39] }),
  ];
  const charts = advantageCharts(results, ['grpo', 'ssr']);
  expect(charts.map(({ y }) => [y.from, y.to])).toEqual([
    [0, 0.45],
    [0, 0.45],
  ]);
});

test('curves of the paper without a cell of ours have colours of their own', () => {
  const of = (cells: readonly string[]) =>
    validationCharts([result('ssr', 0, 0.6)], cells)[1]?.series.map(({ color }) => color);
  expect(of(['grpo', 'filter', 'ssr'])).toEqual([0, 1, 2]);
  expect(of(['ssr', 'nll'])).toEqual([2, 3, 0]);
});

test('a figure that no cell can fill has no place on the page', () => {
  const blocks = chosenBlocks(paper, { ...all, cells: ['ssr'] });
  const results = [result('ssr', 0, 0.7)];
  const tables = tableOf(blocks, results, []);
  const page = ablationPage({ name: 'x', summary: '', facts: [], tables, results });
  expect(page).toContain('Fig. 2');
  expect(page).not.toContain('Thinking again (Fig. 7)');
});

test("the paper's figures are shipped as it prints them", () => {
  expect(figure2.series.map(({ values }) => [values.length, values[0], values.at(-1)])).toEqual([
    [16, 0.407, 0.198],
    [16, 0.191, 0.467],
    [16, 0.402, 0.334],
  ]);
  for (let at = 0; at < 16; at++) {
    const sum = figure2.series.reduce((total, { values }) => total + (values[at] ?? 0), 0);
    expect(sum).toBeCloseTo(1, 1);
  }
  const peaks = figure5.series.map(({ name, values }) => [
    name,
    Math.max(...values),
    values.indexOf(Math.max(...values)),
  ]);
  expect(peaks).toEqual([
    ['grpo', 0.429, 11],
    ['filter', 0.436, 18],
    ['ssr', 0.456, 26],
  ]);
  const [reasoner, forced, rethinker, bound] = figure7.series.map(({ values }) => values);
  const gains = [forced, bound, rethinker].map((values) =>
    values?.map((value, at) => (100 * (value / (reasoner?.[at] ?? 1) - 1)).toFixed(1)),
  );
  expect(gains).toEqual([
    ['2.5', '0.8', '0.8', '0.5'],
    ['13.2', '5.0', '3.8', '3.8'],
    ['8.5', '3.5', '2.0', '1.8'],
  ]);
  expect(figure7.rethinkingRatios).toEqual([36, 24, 78, 18.5]);
  expect([figure2, figure5, figure6, figure7].map(({ version }) => version)).toEqual(
    Array.from({ length: 4 }, () => 'v1'),
  );
  for (let at = 0; at < 4; at++) {
    expect(reasoner?.[at]).toBeLessThan(forced?.[at] ?? 0);
    expect(forced?.[at]).toBeLessThan(rethinker?.[at] ?? 0);
    expect(rethinker?.[at]).toBeLessThan(bound?.[at] ?? 0);
  }
});

test("the paper's ablation is shipped row by row, the two of less data included", () => {
  expect(paperRows).toEqual({
    'VL-Rethinker-7B': 46.56,
    'w/o Forced Rethinking': 45.16,
    'no SSR': 43.48,
    'no SSR and Filter': 42.66,
    'no Text': 45.18,
    'no Science and Text': 43.52,
  });
  // The order of the paper: rethinking helps on all five, replay beats both other ways on all five.
  const [rethinker, reasoner, filter, grpo] = paperTable.rows.map(({ scores }) => scores);
  for (let at = 0; at < paperTable.benchmarks.length; at++) {
    expect(rethinker?.[at]).toBeGreaterThan(reasoner?.[at] ?? 100);
    expect(reasoner?.[at]).toBeGreaterThan(Math.max(filter?.[at] ?? 100, grpo?.[at] ?? 100));
  }
  const names = new Set(paperTable.rows.map(({ name }) => name));
  const cells = ablationSets.flatMap(({ blocks }) => blocks.flatMap(({ cells: own }) => own));
  const named = cells.flatMap(({ paperRow }) => paperRow ?? []);
  expect(named.filter((name) => !names.has(name))).toEqual([]);
});
