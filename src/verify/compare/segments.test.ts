import { expect, test } from 'vitest';
import { Meter, defaultBudget } from '../budget.ts';
import { normalise } from '../normalise/normalise.ts';
import { readValues } from '../structure/structure.ts';
import { segmentsOf } from './segments.ts';

/** The set a text describes, as intervals in ascending order. */
function line(text: string): string | undefined {
  const meter = new Meter(defaultBudget);
  const value = readValues(normalise(text), meter)[0];
  const segments = value && segmentsOf(value, meter);
  return segments
    ?.map(({ low, high }) => `${low.open ? '(' : '['}${low.at},${high.at}${high.open ? ')' : ']'}`)
    .join(' ');
}

test.each([
  ['[1,2]\\cup[2,3]', '[1,3]'],
  ['[1,2)\\cup(2,3]', '[1,2) (2,3]'],
  ['(-\\infty,1)\\cup(-1,\\infty)', '(-Infinity,Infinity)'],
  ['(-\\infty,1]\\cap[-1,\\infty)', '[-1,1]'],
  ['(-\\infty,-1]\\cap[1,\\infty)', ''],
  ['\\mathbb{R}\\setminus\\{0,1\\}', '(-Infinity,0) (0,1) (1,Infinity)'],
  ['\\mathbb{R}\\setminus(0,1)', '(-Infinity,0] [1,Infinity)'],
  ['[0,5]\\setminus\\{5\\}', '[0,5)'],
  ['x\\ge 2', '[2,Infinity)'],
  ['3>x', '(-Infinity,3)'],
  ['x\\ne 2', '(-Infinity,2) (2,Infinity)'],
  ['1<x\\le 4', '(1,4]'],
  ['1\\le x\\le -1', ''],
  ['\\{1\\}\\cup[0,7)', '[0,7)'],
])('%s is %s', (text, expected) => {
  expect(line(text)).toBe(expected);
});

test.each(['[a,b]', 'x<y', '1<x<y', '(1,2,3)'])('%s has no place on the line', (text) => {
  expect(line(text)).toBeUndefined();
});
