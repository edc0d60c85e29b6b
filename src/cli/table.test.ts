import { describe, expect, test } from 'vitest';
import { table } from './table.ts';
import { columnsOf, pad, paint, truncate, wrap } from './text.ts';

describe('a table', () => {
  const columns = [
    { title: 'name', shrinks: true },
    { title: 'n', align: 'right' as const },
  ];

  test('is as wide as its cells, numbers to the right, nothing behind the last', () => {
    expect(
      table(columns, [
        ['first', '5'],
        ['x', '1000'],
      ]),
    ).toEqual(['name      n', 'first     5', 'x      1000']);
  });

  test('cuts the columns that may shrink when the terminal is narrow', () => {
    const lines = table(columns, [['a very long name indeed', '12']], 16);
    expect(lines[1]).toBe('a very long…  12');
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(16);
  });

  test('without titles has no head', () => {
    expect(table([{ title: '' }], [['x']])).toEqual(['x']);
  });
});

describe('text', () => {
  test('columns count characters as a terminal shows them', () => {
    expect(columnsOf('abc')).toBe(3);
    expect(columnsOf('数学')).toBe(4);
    expect(columnsOf('e\u0301')).toBe(1);
    expect(columnsOf(paint(true, 'red', 'abc'))).toBe(3);
    expect(pad('数', 4)).toBe('数  ');
  });

  test('cut text ends with an ellipsis and never exceeds its width', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('数学数学', 4)).toBe('数…');
    expect(truncate('abc', 3)).toBe('abc');
    expect(truncate('abc', 0)).toBe('');
  });

  test('lines break at words, indented lines stay', () => {
    expect(wrap('one two three\n\n  keep   this line', 8)).toEqual([
      'one two',
      'three',
      '',
      '  keep   this line',
    ]);
    expect(wrap('immeasurable x', 5)).toEqual(['immeasurable', 'x']);
  });
});
