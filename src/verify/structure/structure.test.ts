import { expect, test } from 'vitest';
import { Meter, OverBudget, defaultBudget } from '../budget.ts';
import { normalise } from '../normalise/normalise.ts';
import { readValues } from './structure.ts';
import { parseUnit } from './units.ts';
import { shapeOf } from './value.ts';

const shapes = (raw: string): readonly string[] =>
  readValues(normalise(raw), new Meter(defaultBudget)).map(shapeOf);

test.each([
  ['5', ['number']],
  ['\\frac{1}{2}', ['number']],
  ['3\\frac12', ['expression']],
  ['x^2+1', ['expression']],
  ['(1,2)', ['tuple']],
  ['(1,2,3)', ['tuple']],
  ['1,2', ['list', 'number']],
  ['1, 2', ['list']],
  ['1,234', ['number']],
  ['120,240', ['number', 'list']],
  ['1;2', ['list']],
  ['\\{1,2\\}', ['set']],
  ['\\emptyset', ['set']],
  ['[1,2)', ['interval']],
  ['(1,\\infty)', ['interval']],
  ['[1,2]\\cup[3,4]', ['union']],
  ['\\mathbb{R}', ['interval']],
  ['x\\in[1,2]', ['interval']],
  ['\\begin{pmatrix}1&2\\end{pmatrix}', ['matrix']],
  ['x<5', ['relation']],
  ['1<x<5', ['relation']],
  ['2x+z=1', ['equation']],
  ['x=5', ['assignment']],
  ['f(x)=x', ['assignment']],
  ['|AB|=4', ['assignment']],
  ['a_3=4', ['assignment']],
  ['(p,q)=(1,2)', ['assignment']],
  ['a=b=3', ['assignment']],
  ['\\pm 5', ['list']],
  ['blue', ['text']],
  ['\\text{no solution}', ['text']],
  ['2:3', ['ratio']],
  ['7:30 PM', ['time']],
  ['07:30', ['time']],
  ['204_5', ['based']],
])('%j is read as %j', (raw, expected) => {
  expect(shapes(raw)).toEqual(expected);
});

test.each([
  ['cm', 'metre^1'],
  ['cm^2', 'metre^2'],
  ['square meters', 'metre^2'],
  ['km/h', 'metre^1 second^-1'],
  ['miles per hour', 'metre^1 second^-1'],
  ['apples', 'apple^1'],
  ['ml', 'metre^3'],
])('%j measures %j', (text, dimension) => {
  expect(parseUnit(text)).toMatchObject({ dimension });
});

test('words that measure nothing are dropped, sentences are no units', () => {
  expect(parseUnit('square units')).toBeNull();
  expect(parseUnit('is prime')).toBeUndefined();
});

test('nesting and size beyond the budget are refused', () => {
  const meter = (): Meter => new Meter(defaultBudget);
  expect(() => readValues('('.repeat(70), meter())).toThrow(OverBudget);
  expect(() => readValues(`${'1, '.repeat(1_001)}1`, meter())).toThrow(OverBudget);
  expect(() => readValues(`${'x'.repeat(1)}${'+x'.repeat(2_500)}`, meter())).toThrow(OverBudget);
});
