import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Meter, OverBudget, defaultBudget } from '../budget.ts';
import { latexNumber } from './mathvision.ts';
import { pythonRound, pythonText, trueDivision } from './python-number.ts';

interface Row {
  readonly text: string;
  readonly python: string | null;
  readonly sympy: string | null;
}

const rows = JSON.parse(
  readFileSync(
    new URL('../../../test/fixtures/verify/official-latex.json', import.meta.url),
    'utf8',
  ),
) as readonly Row[];

const meter = (): Meter => new Meter(defaultBudget);

/** Text of a rounded number; two doubles that print alike are alike. */
function shown(text: string, evaluator: 'python' | 'sympy'): string | undefined {
  const value = latexNumber(text, evaluator, meter());
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isFinite(number) && typeof value === 'number') return undefined;
  return typeof value === 'bigint' ? value.toString() : pythonText(pythonRound(value, 2));
}

/** Sums, extremes, divisors, named operators and factorials between whole numbers: never an answer so far. */
const beyond = /\\sum|\\max|\\gcd|\\operatorname|\.\d+!/;

test('a text has the number that the official reader finds, or none, in Python and in SymPy', () => {
  expect(rows.length).toBeGreaterThan(300);
  const differing = rows.filter(({ text, python, sympy }) => {
    if (beyond.test(text)) return false;
    const own = shown(text, 'python');
    const same =
      typeof python === 'number' ? Number(own) === python : (python ?? undefined) === own;
    const other = shown(text, 'sympy');
    // What no double holds has no value there.
    const none = other === undefined || !Number.isFinite(Number(other));
    return !same || (sympy === null ? !none : Number(sympy) !== Number(other));
  });
  expect(
    differing.map((row) => ({
      ...row,
      own: shown(row.text, 'python'),
      ours: shown(row.text, 'sympy'),
    })),
  ).toEqual([]);
});

test('rounding is of the exact binary value, ties to even, as in Python', () => {
  expect([0.125, 0.375, 1.005, 2.675, -0.125, 1e300].map((x) => pythonRound(x, 2))).toEqual([
    0.12, 0.38, 1, 2.67, -0.12, 1e300,
  ]);
});

test('quotients of large whole numbers are rounded once', () => {
  expect(trueDivision(3n ** 1008n - 1n, 3n ** 1009n)).toBe(1 / 3);
  expect(trueDivision(-(10n ** 400n), 10n ** 400n * 3n)).toBe(-1 / 3);
  expect(trueDivision(1n, 0n)).toBeNaN();
});

test('hostile texts end within the budget', () => {
  const hostile = [
    '('.repeat(5_000),
    '\\sqrt{'.repeat(2_000),
    '9^9^9^9^9',
    '99999999!',
    '-'.repeat(9_000) + '1',
    '1+'.repeat(9_000) + '1',
    '5' + '!'.repeat(9_000),
    '\\sin '.repeat(5_000) + '1',
    '2^{'.repeat(3_000) + '1' + '}'.repeat(3_000),
    '{'.repeat(3_000) + '1' + '}'.repeat(3_000),
    '\\binom{99999999}{49999999}',
  ];
  const start = performance.now();
  const thrown = hostile.flatMap((text) => {
    try {
      latexNumber(text, 'python', meter());
      return [];
    } catch (error) {
      return [error instanceof OverBudget ? error.reason : error];
    }
  });
  expect(thrown.filter((reason) => reason !== 'step-limit')).toEqual([]);
  expect(performance.now() - start).toBeLessThan(3_000);
});
