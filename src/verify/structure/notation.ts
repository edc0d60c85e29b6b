import type { Meter } from '../budget.ts';
import { NotMath, parseExpression } from '../leaf/parser.ts';
import type { Tokens } from './split.ts';
import { isOp, splitTop } from './split.ts';
import type { Value } from './value.ts';

/**
 * `7:30`, `07:05`, `7:30 a.m.`, `10 PM`: a time when AM or PM is given or the part after the
 * colon has two digits below 60 and the hour is below 24. Without AM or PM `2:30` may be a ratio
 * as well; two digits after the colon decide for the time.
 */
export function readTime(text: string): Value | undefined {
  if (text.length > 40) return undefined;
  const flat = text.replace(/\\text\{([^{}]*)\}/g, ' $1 ').replace(/[{}]/g, '');
  const found = /^\s*(\d{1,2})(?:\s?:\s?(\d{2}))?(?::(\d{2}))?\s*([ap]\.?\s?m\.?)?\s*$/i.exec(flat);
  if (found === null) return undefined;
  const [, hourText = '', minuteText, , halfText] = found;
  const hour = Number(hourText);
  const minute = Number(minuteText ?? '0');
  if (hour > 24 || minute > 59) return undefined;
  if (halfText === undefined) {
    const padded =
      minuteText !== undefined && (minuteText.startsWith('0') || hourText.startsWith('0'));
    const clock = minuteText !== undefined && minuteText.length === 2 && padded;
    if (!clock) return undefined;
  }
  const half = halfText === undefined ? undefined : /^a/i.test(halfText) ? 'am' : 'pm';
  return { kind: 'time', minutes: hour * 60 + minute, half };
}

/** `204_5`, `4210_{5}`, `1A_{16}`: digits and base. */
export function readBased(tokens: Tokens): Value | undefined {
  const at = tokens.findIndex((token) => isOp(token, '_'));
  if (at < 1 || at > 4) return undefined;
  const digits = tokens
    .slice(0, at)
    .map((token) => token.s)
    .join('');
  if (!/^[0-9A-F]+$/.test(digits) || !/^\d/.test(digits)) return undefined;
  const base = tokens
    .slice(at + 1)
    .map((token) => token.s)
    .filter((s) => s !== '{' && s !== '}')
    .join('');
  if (!/^\d{1,2}$|^[a-z]+$/.test(base)) return undefined;
  return {
    kind: 'based',
    digits: digits.replace(/^0+(?=.)/, ''),
    base: baseNames.get(base) ?? base,
  };
}

const baseNames: ReadonlyMap<string, string> = new Map([
  ['two', '2'],
  ['three', '3'],
  ['four', '4'],
  ['five', '5'],
  ['six', '6'],
  ['seven', '7'],
  ['eight', '8'],
  ['nine', '9'],
  ['ten', '10'],
  ['twelve', '12'],
  ['sixteen', '16'],
]);

/** `2:3`, `1:2:4`: terms joined by colons, each an expression. */
export function readRatio(tokens: Tokens, meter: Meter): Value | undefined {
  const { parts, separators } = splitTop(tokens, (token) => isOp(token, ':'));
  if (separators.length === 0 || separators.length > 8) return undefined;
  try {
    return { kind: 'ratio', terms: parts.map((part) => parseExpression(part, meter)) };
  } catch (error) {
    if (error instanceof NotMath) return undefined;
    throw error;
  }
}
