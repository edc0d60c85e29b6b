import { expect, test } from 'vitest';

import { Dataset } from './dataset.ts';
import type { Cursor } from './dataset.ts';
import type { Problem } from './problem.ts';

const problem = (id: string, more: Partial<Problem> = {}): Problem => ({
  id,
  question: `${id}?`,
  images: [],
  answer: '1',
  category: '',
  ...more,
});
const dataset = (length: number): Dataset =>
  new Dataset(Array.from({ length }, (_, at) => problem(`p${at}`)));
const ids = (problems: Iterable<Problem>): string[] => Array.from(problems, ({ id }) => id);

test('a pass visits every problem once, in an order of its own', () => {
  const order = dataset(50).order('s', 0);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at));
  expect(dataset(50).order('s', 0)).toEqual(order);
  expect(dataset(50).order('s', 1)).not.toEqual(order);
  expect(dataset(50).order('t', 0)).not.toEqual(order);
});

test('a walk goes on exactly where its cursor stands, across passes', () => {
  const all = dataset(7);
  const start: Cursor = { seed: 3, epoch: 0, offset: 0 };
  const whole = ids(all.take(start, 40).problems);
  let cursor = start;
  const pieces: string[] = [];
  for (const count of [1, 6, 0, 9, 14, 10]) {
    const taken = all.take(JSON.parse(JSON.stringify(cursor)) as Cursor, count);
    pieces.push(...ids(taken.problems));
    cursor = taken.cursor;
  }
  expect(pieces).toEqual(whole);
  expect(new Set(whole.slice(0, 7)).size).toBe(7);
  expect(new Set(whole.slice(7, 14)).size).toBe(7);
});

test('the batch of an iteration is what a walk would have come to', () => {
  const all = dataset(7);
  const whole = ids(all.take({ seed: 3, epoch: 0, offset: 0 }, 40).problems);
  for (const iteration of [0, 1, 2, 3, 7]) {
    expect(ids(all.batch(3, iteration, 5))).toEqual(whole.slice(iteration * 5, iteration * 5 + 5));
  }
});

test('an empty dataset and a cursor beyond its pass are refused', () => {
  expect(() => dataset(0).take({ seed: 1, epoch: 0, offset: 0 }, 1)).toThrow(
    /found an empty dataset/,
  );
  expect(() => dataset(3).take({ seed: 1, epoch: 0, offset: 4 }, 1)).toThrow(
    /within 3 problems, found 4/,
  );
});

test('problems are found by index and by id', () => {
  const all = dataset(3);
  expect(all.at(2).id).toBe('p2');
  expect(all.get('p1')?.id).toBe('p1');
  expect(all.get('none')).toBeUndefined();
  expect(() => all.at(3)).toThrow(/one of 3 problems, found 3/);
  expect(() => new Dataset([problem('a'), problem('a')])).toThrow(/found a twice/);
});

test('a subset keeps the order and refuses ids that are not there', () => {
  expect(ids(dataset(5).subset(['p3', 'p0']))).toEqual(['p0', 'p3']);
  expect(() => dataset(5).subset(['p9'])).toThrow(/the id p9/);
});

test('the hash tells every change of a problem, and nothing of where its pictures lie', () => {
  const image = { hash: 'h', source: '/a', width: 1, height: 1 };
  const of = (more: Partial<Problem>): string => new Dataset([problem('a', more)]).hash;
  const base = of({ images: [image] });
  expect(of({ images: [{ ...image, source: '/b' }] })).toBe(base);
  const changes: Partial<Problem>[] = [
    { question: 'x' },
    { answer: '2' },
    { images: [{ ...image, hash: 'i' }] },
    { images: [image], options: ['1'] },
    { images: [image], category: 'c' },
    { images: [image], source: 's' },
    { images: [image], passRates: { a: 1 } },
  ];
  expect(new Set([base, ...changes.map(of)]).size).toBe(changes.length + 1);
});
