import { expect, test } from 'vitest';
import {
  diffEvals,
  diffPage,
  mcnemar,
  paperDifferences,
  paperResults,
  passRatesOf,
  reportMarkdown,
  reportPage,
} from '#eval';
import type { EvalRecord } from '#eval';
import { clusteredError } from '../../src/eval/card.ts';

test("McNemar's exact p-value is twice the tail of a fair coin", () => {
  expect(mcnemar(0, 0)).toBe(1);
  expect(mcnemar(5, 5)).toBe(1);
  expect(mcnemar(10, 2)).toBeCloseTo((2 * (1 + 12 + 66)) / 4096, 12);
  expect(mcnemar(2, 10)).toBe(mcnemar(10, 2));
  expect(mcnemar(0, 2000)).toBeLessThan(1e-300);
  expect(mcnemar(1500, 1500)).toBeCloseTo(1, 6);
});

function record(id: string, correct: boolean, sample = 0): EvalRecord {
  const judged = {
    status: correct ? 'correct' : 'wrong',
    reason: 'r',
    score: correct ? 1 : 0,
    answer: 'a',
    span: null,
    notes: [],
  } as const;
  return {
    id,
    sample,
    prompt: `<b>${id}`,
    promptHash: 'h',
    images: ['hash'],
    response: '<script>alert(1)</script>',
    finish: 'stop',
    promptTokens: 1,
    tokens: 1,
    ms: 1,
    answer: 'x',
    groups: {},
    scores: { official: judged, verifier: judged, reference: judged },
  };
}

test('two evaluations are compared over the items that both answered', () => {
  const before = {
    name: 'a',
    benchmark: 'emma',
    records: [record('1', true), record('2', false), record('3', false), record('9', true)],
  };
  const after = {
    name: 'b',
    benchmark: 'emma',
    records: [record('1', false), record('2', true), record('3', true)],
  };
  const diff = diffEvals(before, after, 'official');
  expect([diff.shared, diff.onlyBefore, diff.correctBefore, diff.correctAfter]).toEqual([
    3, 1, 1, 2,
  ]);
  expect([diff.wins.map(({ id }) => id), diff.losses.map(({ id }) => id)]).toEqual([
    ['2', '3'],
    ['1'],
  ]);
  const html = diffPage(diff, new Map([['hash', 'data:image/png;base64,AA']]));
  expect(html).toContain('data:image/png;base64,AA');
  expect(html).not.toContain('<script>');
  expect(() => diffEvals(before, { ...after, benchmark: 'mmmu' }, 'official')).toThrow(
    /expected one benchmark/,
  );
});

test('a pass rate waits for all responses of its problem', () => {
  const records = [record('1', true), record('1', false, 1), record('2', true)];
  expect(passRatesOf(records, 2)).toEqual([
    { id: '1', passRate: 0.5, n: 2, correct: 1, truncated: 0 },
  ]);
});

test('the standard error over repeated items is that of the items, not of the responses', () => {
  expect(
    clusteredError([
      ['1', 1],
      ['2', 0],
    ]),
  ).toBeUndefined();
  expect(
    clusteredError([
      ['1', 1],
      ['1', 1],
      ['2', 0],
      ['2', 0],
    ]),
  ).toBeCloseTo(0.5, 12);
});

test("the paper's figures name their source and version", () => {
  const own = paperResults.find(({ model }) => model === 'VL-Rethinker-7B');
  expect(own?.scores).toEqual({
    mathvista: 74.9,
    mathverse: 54.2,
    mathvision: 32.3,
    'mmmu-pro': 41.7,
    mmmu: 56.7,
    emma: 29.7,
    megabench: 37.2,
  });
  for (const { source, version } of paperResults)
    expect([source, version].every((text) => text.length > 0)).toBe(true);
});

test('what the paper prints over the best open model stands beside what its table gives', () => {
  expect(paperDifferences).toHaveLength(14);
  const others = paperDifferences.filter(({ printed, recomputed }) => printed !== recomputed);
  expect(
    others.map(({ model, benchmark, printed, recomputed, best }) => [
      model,
      benchmark,
      printed,
      recomputed,
      best,
    ]),
  ).toEqual([
    ['VL-Rethinker-72B', 'mathvision', 6.8, 6.5, 'Qwen2.5-VL-32B'],
    ['VL-Rethinker-72B', 'mmmu', -1.4, -1.5, 'QvQ-72B'],
    ['VL-Rethinker-7B', 'mathvista', 4.7, 1.9, 'MM-Eureka-7B (Qwen)'],
    ['VL-Rethinker-7B', 'mathverse', 6.3, 3.9, 'MM-Eureka-7B (Qwen)'],
  ]);
  const table = { columns: [{ name: 'mmmu', title: 'MMMU val' }], rows: [] };
  const sentence =
    'VL-Rethinker-72B, MMMU val: the paper (v3) prints −1.4 over the best open model; its table gives −1.5 over QvQ-72B.';
  expect(reportMarkdown(table, 'official')).toContain(sentence);
  expect(reportPage(table, 'official')).toContain(sentence);
  expect(reportMarkdown(table, 'official')).not.toContain('MathVista');
});

test('where the paper gives two figures for the same, both are shipped', () => {
  const found = paperResults.flatMap(({ model, scores, elsewhere = {} }) =>
    Object.entries(elsewhere).map(([name, other]) => [model, scores[name], other.score, other.in]),
  );
  expect(found).toEqual([
    ['OpenAI-o1', 60.3, 42.2, 'v1'],
    ['Qwen2.5-VL-32B', 59.4, 70, 'v1'],
    ['Qwen2.5-VL-72B', 67, 70.2, 'v1'],
    ['VL-Rethinker-72B (v1)', 61.7, 61.8, 'the abstract'],
  ]);
});

test("every published score is the paper's: counts, sums and sums of squares of the printed columns", () => {
  const rowsOf = (part: string) => paperResults.filter(({ source }) => source.endsWith(part));
  const sums = (part: string, benchmark: string) => {
    const scores = rowsOf(part).flatMap(({ scores: all }) => all[benchmark] ?? []);
    const sum = scores.reduce((a, b) => a + b, 0);
    const squares = scores.reduce((a, b) => a + b * b, 0);
    return [benchmark, scores.length, sum.toFixed(1), squares.toFixed(2)];
  };
  const main = [
    ['mathvista', 25, '1739.7', '122018.05'],
    ['mathverse', 22, '1063.9', '53030.59'],
    ['mathvision', 23, '733.6', '25771.30'],
    ['mmmu-pro', 23, '953.3', '43636.33'],
    ['mmmu', 23, '1397.2', '86633.66'],
    ['emma', 21, '600.3', '18699.05'],
    ['megabench', 22, '769.8', '31467.56'],
  ] as const;
  expect(main.map(([benchmark]) => sums('main tables', benchmark))).toEqual(main);
  const ablation = [
    ['mathvista', 5, '360.4', '25981.38'],
    ['mathverse', 5, '258.4', '13364.54'],
    ['mathvision', 5, '141.4', '4007.10'],
    ['mmmu-pro', 5, '200.5', '8043.55'],
    ['emma', 5, '139.3', '3887.99'],
  ] as const;
  expect(ablation.map(([benchmark]) => sums('ablation', benchmark))).toEqual(ablation);
});
