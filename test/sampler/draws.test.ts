import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { banList, Bans, draw, type DrawRow, filteredLogits } from '#sampler';
import { fromArray, noGrad, ops, Safetensors, setThreads, TensorScope } from '#tensor';
import { chooseByKernel, chooseComposed } from '../../src/sampler/draw.ts';
import { params } from './open-tiny.ts';

setThreads(1);

const draws = 200_000;
const rowsAtOnce = 4000;

function rowOf(own: Partial<typeof params>, index: number, drawn: number, seed = 0): DrawRow {
  const all = { ...params, bannedIds: [], stopIds: [], ...own };
  return { params: all, bans: banList(all.bannedIds), seed, index, drawn, seen: () => [] };
}

/** The stated distribution, from the same filters. */
function stated(logits: Float32Array, own: Partial<typeof params>): Float32Array {
  using _scope = new TensorScope('stated');
  using _bans = {
    bans: new Bans(logits.length, 'cpu'),
    [Symbol.dispose]() {
      this.bans.dispose();
    },
  };
  return noGrad(
    () =>
      filteredLogits(fromArray(logits.slice(), [1, logits.length]), [rowOf(own, 0, 0)], _bans.bans)
        .softmax(-1)
        .toArray() as Float32Array,
  );
}

function drawnIds(logits: Float32Array, rows: readonly DrawRow[]): readonly number[] {
  using _scope = new TensorScope('draws');
  const V = logits.length;
  const bans = new Bans(V, 'cpu');
  const many = fromArray(logits, [1, V]).repeat([rows.length, 1]);
  const { ids } = noGrad(() => draw(many, rows, { bans, plain: false, alternatives: 0 }));
  bans.dispose();
  return Array.from(ids, Number);
}

/** How often each id is drawn. The filters depend on the logits alone, so they are applied once. */
function counted(logits: Float32Array, own: Partial<typeof params>, seed: number): Int32Array {
  const filtered = stated(logits, own).map(Math.log);
  const counts = new Int32Array(logits.length);
  const keys = (start: number, of: Partial<typeof params>, length: number) =>
    Array.from({ length }, (_, index) => rowOf(of, index, start, seed));
  for (let start = 0; start < draws / rowsAtOnce; start++) {
    for (const id of drawnIds(filtered, keys(start, {}, rowsAtOnce))) counts[id]!++;
  }
  // With the filters in every draw, the same keys give the same ids.
  expect(drawnIds(logits, keys(0, own, 300))).toEqual(drawnIds(filtered, keys(0, {}, 300)));
  return counts;
}

/** Standard normal deviate of a chi-square statistic (Wilson and Hilferty 1931); cells below 5 are joined. */
function deviate(counts: Int32Array, probabilities: Float32Array): number {
  const cells: { expected: number; found: number }[] = [];
  let rest = { expected: 0, found: 0 };
  const order = [...probabilities.keys()].sort((a, b) => probabilities[a]! - probabilities[b]!);
  for (const id of order) {
    rest = {
      expected: rest.expected + probabilities[id]! * draws,
      found: rest.found + counts[id]!,
    };
    if (rest.expected < 5) continue;
    cells.push(rest);
    rest = { expected: 0, found: 0 };
  }
  if (cells.length < 2) return 0;
  const last = cells.at(-1)!;
  last.expected += rest.expected;
  last.found += rest.found;
  const chi = cells.reduce(
    (sum, { expected, found }) => sum + (found - expected) ** 2 / expected,
    0,
  );
  const freedom = cells.length - 1;
  return (Math.cbrt(chi / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
}

/** The deviate that chance exceeds once in ten thousand times. */
const limit = 3.719;

/** How far 200,000 draws are from the stated distribution; infinitely where an impossible id came. */
function drift(logits: Float32Array, own: Partial<typeof params>, seed: number): number {
  const probabilities = stated(logits, own);
  const counts = counted(logits, own, seed);
  const impossible = counts.some((count, id) => count > 0 && probabilities[id] === 0);
  return impossible ? Infinity : deviate(counts, probabilities);
}

const logits = Float32Array.from(
  { length: 320 },
  (_, id) => 3 * Math.sin(id * 1.3) + 2 * Math.cos(id * 0.37),
);

test.each([
  { temperature: 1 },
  { temperature: 0.7, topK: 20 },
  { temperature: 1.3, topP: 0.8 },
  { minP: 0.05 },
  { temperature: 0.9, topK: 50, topP: 0.95, minP: 0.01, bannedIds: [3, 4, 5] },
])('200,000 draws have the stated frequencies: %o', (own) => {
  expect(drift(logits, own, 7)).toBeLessThan(limit);
});

test('rare ids keep their chance among many', () => {
  const many = Float32Array.from({ length: 8192 }, (_, id) => (id === 5 ? 0 : -12.5 + (id % 3)));
  expect(drift(many, {}, 3)).toBeLessThan(limit);
});

test('operators draw with the stated frequencies as well', () => {
  const many = Float32Array.from({ length: 8192 }, (_, id) => (id === 5 ? 0 : -12.5 + (id % 3)));
  for (const own of [logits, many]) {
    const counts = new Int32Array(own.length);
    for (let start = 0; start < draws / rowsAtOnce; start++) {
      using _scope = new TensorScope('draws');
      const rows = Array.from({ length: rowsAtOnce }, (_, index) => rowOf({}, index, start, 5));
      const tensor = fromArray(own, [1, own.length]).repeat([rowsAtOnce, 1]);
      for (const id of noGrad(() => chooseComposed(tensor, rows)).ids.toArray())
        counts[Number(id)]!++;
    }
    expect(deviate(counts, stated(own, {}))).toBeLessThan(limit);
  }
});

test.each([1, 15, 16, 17, 256, 300, 4099])('kernel and operators agree on %d ids', (V) => {
  using _scope = new TensorScope('agree');
  const rows = Array.from({ length: 64 }, (_, index) =>
    rowOf({ temperature: index % 2 }, index, 0),
  );
  const values = Float32Array.from({ length: 64 * V }, (_, at) =>
    at % 7 === 3 && at % V !== 0 ? -Infinity : 4 * Math.sin(at * 1.7) + 3 * Math.cos(at * 0.31),
  );
  const filtered = fromArray(values, [64, V]);
  const all = filtered.logSoftmax(-1).toArray() as Float32Array;
  const [kernel, composed] = [chooseByKernel(filtered, rows), chooseComposed(filtered, rows)];
  const [ids, others] = [kernel, composed].map(({ ids: found }) =>
    Array.from(found.toArray(), Number),
  );
  const greedy = (found: readonly number[] | undefined) => found?.filter((_, row) => row % 2 === 0);
  expect(greedy(ids)).toEqual(greedy(others));
  for (let row = 0; row < 64; row++) {
    expect(kernel.logprobs[row]).toBeCloseTo(all[row * V + (ids?.[row] ?? 0)] ?? NaN, 5);
    expect(composed.logprobs[row]).toBeCloseTo(all[row * V + (others?.[row] ?? 0)] ?? NaN, 5);
  }
});

test('what rounding leaves over goes to an id that has a chance', () => {
  using _scope = new TensorScope('rest');
  const values = new Float32Array(2000).fill(-Infinity);
  for (const id of [300, 700, 701, 1200]) values[id] = id / 1000;
  const whole = fromArray(Float64Array.of(0, 1));
  const [ids] = ops.drawIds(fromArray(values, [1, 2000]).repeat([2, 1]), whole);
  expect(Array.from(ids.toArray(), Number)).toEqual([300, 1200]);
});

test('logits that are not numbers give log-probs that are not', () => {
  using _scope = new TensorScope('none');
  const filtered = fromArray(new Float32Array(40).fill(NaN), [1, 40]);
  expect(chooseByKernel(filtered, [rowOf({}, 0, 0)]).logprobs[0]).toBeNaN();
});

const folder = fileURLToPath(new URL('../../../shared/data/parity/sampling', import.meta.url));
const fixture = existsSync(folder)
  ? JSON.parse(readFileSync(join(folder, 'fixture.json'), 'utf8'))
  : { cases: [] };

// Without the shared fixtures there is nothing to compare with; the tests above need none.
test.skipIf(!existsSync(folder)).each(fixture.cases as readonly any[])(
  '200,000 draws have the frequencies of transformers: $name',
  { timeout: 120_000 },
  ({ name, file, temperature, topK, topP, rows }) => {
    using tensors = new Safetensors(join(folder, file));
    const found = tensors.tensor('logits');
    const [, V] = found.shape as [number, number];
    const all = found.toArray() as Float32Array;
    const expected = tensors.tensor('probabilities').toArray() as Float32Array;
    for (const [index, row] of (rows as readonly string[]).entries()) {
      const own = { temperature, topK, topP };
      const part = all.slice(index * V, (index + 1) * V);
      const counts = counted(part, own, index + 100 * Number(name.slice(5)));
      // Which of several equal ids survives a filter depends on the sort: ours is compared with itself there.
      const probabilities =
        row === 'ties' || row === 'flat'
          ? stated(part, own)
          : expected.slice(index * V, (index + 1) * V);
      expect(deviate(counts, probabilities)).toBeLessThan(limit);
    }
  },
);

test('penalty, bans and early stop ids shape the logits as stated', () => {
  using _scope = new TensorScope('filters');
  const bans = new Bans(6, 'cpu');
  const row = {
    ...rowOf({ repetitionPenalty: 2, bannedIds: [5], stopIds: [1], minTokens: 3 }, 0, 2),
    seen: () => [0, 2, 2],
  };
  const found = noGrad(() =>
    filteredLogits(fromArray(Float32Array.of(4, 3, -4, 1, 0, 9), [1, 6]), [row], bans).toArray(),
  );
  expect([...found]).toEqual([2, -Infinity, -8, 1, 0, -Infinity]);
  bans.dispose();
});

test('ties with the k-th id stay; the likeliest id survives any top-p', () => {
  const tied = Float32Array.of(1, 3, 3, 0);
  expect([...stated(tied, { topK: 1 })].map((p) => p > 0)).toEqual([false, true, true, false]);
  expect([...stated(Float32Array.of(0, 2, 1), { topP: 1e-6 })]).toEqual([0, 1, 0]);
});

test('ids stay that are at least so likely against the likeliest', () => {
  const found = stated(Float32Array.of(Math.log(0.2), 0, Math.log(0.5), Math.log(0.29)), {
    minP: 0.3,
  });
  expect([...found].map((p) => p > 0)).toEqual([false, true, true, false]);
});
