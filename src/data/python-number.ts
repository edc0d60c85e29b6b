import type { Complex } from './python-value.ts';

const DIGITS = String.raw`\d(?:_?\d)*`;
const POINTED = String.raw`(?:${DIGITS}\.(?:${DIGITS})?|\.${DIGITS})(?:[eE][+-]?${DIGITS})?`;
const FLOAT = new RegExp(`${POINTED}|${DIGITS}[eE][+-]?${DIGITS}`, 'y');
const BASED = /0(?:[xX](?:_?[\da-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)/y;
const DECIMAL = new RegExp(DIGITS, 'y');

/**
 * The Python number that begins at a place of a text, without a sign; undefined where none does. With
 * `exact` every whole number is a bigint, so that 2 and 2.0 differ.
 */
export function parseNumber(
  text: string,
  at: number,
  exact = false,
): { readonly value: number | bigint | Complex; readonly end: number } | undefined {
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const finish = (written: string, value: number | bigint) => {
    const end = at + written.length;
    const imaginary = /[jJ]/.test(text[end] ?? '');
    // A letter or a digit behind a number belongs to nothing: 1abc, 0b12, 1_.
    if (/[\p{L}\p{N}_.]/u.test(text[imaginary ? end + 1 : end] ?? '')) return undefined;
    if (imaginary) return { value: { real: 0, imaginary: Number(value) }, end: end + 1 };
    return { value, end };
  };
  const float = match(FLOAT);
  if (float !== undefined) return finish(float, Number(float.replaceAll('_', '')));
  const based = match(BASED);
  if (based !== undefined) return finish(based, whole(based, exact));
  const decimal = match(DECIMAL);
  if (decimal === undefined) return undefined;
  const imaginary = /[jJ]/.test(text[at + decimal.length] ?? '');
  // 007 is no number in Python, but 000 and 007j are.
  if (/^0[\d_]*[1-9]/.test(decimal) && !imaginary) return undefined;
  return finish(decimal, whole(decimal, exact));
}

function whole(digits: string, exact: boolean): number | bigint {
  const value = BigInt(digits.replaceAll('_', ''));
  const small = value <= BigInt(Number.MAX_SAFE_INTEGER);
  return small && !exact ? Number(value) : value;
}
