import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { parsePythonLiteral } from './python-literal.ts';
import { PythonLiteralError } from './python-value.ts';
import type { PythonValue } from './python-value.ts';
import { chance } from './random.ts';

interface Entry {
  readonly text: string;
  readonly value?: unknown;
  readonly error?: string;
}

const table = JSON.parse(
  readFileSync(new URL('../../test/fixtures/data/python-literals.json', import.meta.url), 'utf8'),
) as readonly Entry[];

/** The value as the fixture tags it; floats and whole numbers are told apart by the fixture alone. */
function like(value: PythonValue, tagged: unknown): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  const tag = (tagged ?? {}) as Record<string, unknown>;
  if (typeof value === 'number' || typeof value === 'bigint') {
    if ('int' in tag) return { int: String(value) };
    const [sign, size] = [Object.is(value, -0) ? '-' : '', Number(value)];
    return { float: Number(tag['float']) === size ? tag['float'] : `${sign}${size}` };
  }
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Set) {
    const tags = tag['set'] as unknown[];
    return { set: [...value].map((each, index) => like(each, tags?.[index])) };
  }
  if (value instanceof Map) {
    const tags = tag['dict'] as unknown[][];
    return {
      dict: [...value].map(([key, each], index) => [
        like(key, tags?.[index]?.[0]),
        like(each, tags?.[index]?.[1]),
      ]),
    };
  }
  if (!('real' in value)) {
    const tags = tag['items'] as unknown[];
    return { items: value.map((each, index) => like(each, tags?.[index])) };
  }
  const parts = tag['complex'] as string[];
  const written = [value.real, value.imaginary].map((part, index) =>
    Number(parts?.[index]) === part ? parts[index] : String(part),
  );
  return { complex: written };
}

test('the table holds at least sixty literals', () => {
  expect(table.filter(({ error }) => error === undefined).length).toBeGreaterThanOrEqual(60);
});

test.each(table.filter(({ error }) => error === undefined))(
  'reads $text as Python does',
  (entry) => {
    expect(like(parsePythonLiteral(entry.text), entry.value)).toEqual(entry.value);
  },
);

test.each(table.filter(({ error }) => error !== undefined))(
  'refuses $text as Python does',
  (entry) => {
    expect(() => parsePythonLiteral(entry.text)).toThrow(PythonLiteralError);
  },
);

test('a character by name is refused', () => {
  expect(() => parsePythonLiteral(String.raw`'\N{BULLET}'`)).toThrow(/by name/);
});

test('a negative zero is one only as a float', () => {
  expect(Object.is(parsePythonLiteral('-0.0'), -0)).toBe(true);
  expect(Object.is(parsePythonLiteral('-0'), 0)).toBe(true);
});

test('brackets nest a hundred deep and no further', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(parsePythonLiteral(nested(100))).toBeInstanceOf(Array);
  for (const bomb of [
    nested(101),
    '['.repeat(1e6),
    '{1:'.repeat(1e5),
    '('.repeat(1e6) + ')'.repeat(1e6),
  ]) {
    expect(() => parsePythonLiteral(bomb)).toThrow(/at most 100 deep/);
  }
});

test('long literals take time in proportion', () => {
  const long = `[${"'abc', ".repeat(200_000)}]`;
  const start = performance.now();
  expect(parsePythonLiteral(long)).toHaveLength(200_000);
  expect(() => parsePythonLiteral(`'${'\\'.repeat(999_999)}`)).toThrow(PythonLiteralError);
  expect(() => parsePythonLiteral('1'.repeat(1e5) + 'x')).toThrow(PythonLiteralError);
  expect(performance.now() - start).toBeLessThan(5000);
});

test('whatever the text, there is a value or a PythonLiteralError', () => {
  const draw = chance('python-literal fuzz');
  const pieces = [
    ...Array.from('[](){},:\'"\\+-._jrbuxNU09a# \n'),
    'True',
    'None',
    'set(',
    "'''",
    '0x',
    '1e',
    '\\u',
    'é',
  ];
  const outcomes = { values: 0, errors: 0 };
  for (let round = 0; round < 20_000; round++) {
    const parts = Array.from({ length: 1 + draw.below(14) }, () => draw.pick(pieces));
    if (draw.float() < 0.5) parts.push(draw.pick(table).text);
    try {
      parsePythonLiteral(draw.shuffled(parts).join(''));
      outcomes.values++;
    } catch (error) {
      if (!(error instanceof PythonLiteralError)) throw error;
      outcomes.errors++;
    }
  }
  expect(outcomes.errors).toBeGreaterThan(1000);
  expect(outcomes.values).toBeGreaterThan(100);
});
