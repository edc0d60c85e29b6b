import type { Meter } from '../budget.ts';
import { NotMath, parseExpression } from '../leaf/parser.ts';
import { tokenize } from '../leaf/lexer.ts';
import { realValue } from '../leaf/float.ts';
import { traitsOf } from '../leaf/node.ts';
import { OverBudget } from '../budget.ts';
import type { VerifyInput } from '../input.ts';
import { normalise } from '../normalise/normalise.ts';
import type { Verdict } from '../verdict.ts';
import { verdictOf } from '../strict.ts';
import { trimEnd, trimStart } from '../trim.ts';

/**
 * MATH-V's published scorer: string rules, then values rounded to two places. The answer letter
 * and its option's text both count. Source: evaluation of MathLLMs/MathVision, `docs/verifier.md`.
 */
export function verifyMathVision(input: VerifyInput, meter: Meter): Verdict {
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  const extracted =
    input.extraction ?? extractMathVision(input.prediction.slice(-meter.budget.responseLength));
  meter.spend(1 + (input.prediction.length >> 5));
  const found = { text: extracted, start: 0, end: input.prediction.length, via: 'whole' as const };
  for (const gold of golds) {
    if (gold.trim() === '') return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
    const candidates = [gold, ...optionOf(gold, input.choices)];
    for (const candidate of candidates)
      if (equalsMathVision(candidate, extracted, meter))
        return verdictOf({ reason: 'house-rule', notes: ['mathvision'], found }, meter);
  }
  return verdictOf({ reason: 'text-differs', notes: ['mathvision'], found }, meter);
}

function optionOf(gold: string, choices: readonly string[] | undefined): readonly string[] {
  const index = /^[A-E]$/.test(gold) ? gold.charCodeAt(0) - 65 : -1;
  const option = choices?.[index];
  return option === undefined ? [] : [option];
}

const phrases = [
  'the final answer is',
  'the answer is',
  'the correct answer is',
  'the answer should be',
];

/** The text the official extraction leaves of a response; lower case, blanks removed. */
export function extractMathVision(response: string): string {
  let text = response.trim();
  for (const letter of 'ABCDE') {
    const ends = text.endsWith(` ${letter}.`) || text.endsWith(` (${letter}).`);
    const starts =
      text.startsWith(`${letter}\n`) ||
      text.startsWith(`(${letter})\n`) ||
      text.startsWith(`(${letter}) ${letter}\n`);
    if (ends || starts) text = letter;
  }
  const tail = trimEnd(text.slice(lastEnd(text, 'is ')), '.', false);
  if (isFloat(tail)) text = tail;
  if (!text.includes('oxed{')) text = afterPhrases(text);
  else if (text.split('oxed{').length > 2)
    text = `\\boxed{${text.slice(text.lastIndexOf('oxed{') + 5)}`;
  return lettersOf(cleanMath(stripBox(text.toLowerCase().replaceAll('{}', ''))));
}

function lastEnd(text: string, part: string): number {
  const at = text.lastIndexOf(part);
  return at < 0 ? 0 : at + part.length;
}

/** A number as Python's `float()` takes it. */
export function isFloat(text: string): boolean {
  if (text.length > 400) return false;
  return (
    /^\s*[+-]?(?:(?:\d+(?:_\d+)*)?\.?(?:\d+(?:_\d+)*)?(?:e[+-]?\d+)?|inf(?:inity)?|nan)\s*$/i.test(
      text,
    ) && /[\dn]/i.test(text)
  );
}

function afterPhrases(text: string): string {
  let out = text;
  for (const phrase of [...phrases, ...phrases.map((phrase) => `T${phrase.slice(1)}`)]) {
    const at = out.lastIndexOf(phrase);
    if (at < 0) continue;
    out = out.slice(at + phrase.length).trim();
    out = (out.split('\n')[0] ?? '').split('. ')[0] ?? '';
    out = out.trim();
  }
  return out;
}

/** Content of the last `oxed{…}` (to the last brace), cut at a brace that closes nothing; then the last `=` and `\approx`. */
function stripBox(text: string): string {
  const at = text.lastIndexOf('oxed{');
  const end = text.lastIndexOf('}');
  let out = at >= 0 && end > at ? text.slice(at + 5, end) : text;
  const [opens, closes] = [out.indexOf('{'), out.indexOf('}')];
  if (closes >= 0 && (opens < 0 || closes < opens)) out = out.slice(0, closes);
  out = out.slice(out.lastIndexOf('=') + 1);
  const approximate = out.lastIndexOf('\\approx');
  if (approximate >= 0) out = out.slice(approximate + '\\approx'.length);
  for (const part of [
    ' ',
    '\\,',
    '\\text',
    '\\mbox',
    '\\left',
    '\\right',
    '^\\circ',
    '^{\\circ}',
    '{\\circ}',
    '\\circ',
    '°',
    'm^3',
    'm^{3}',
    'units',
    'km',
    '\n',
  ])
    out = out.replaceAll(part, '');
  return out.replaceAll('∞', '\\infty').replaceAll('\\\\', '\\').replaceAll('bmatrix', 'pmatrix');
}

/** The cleaning of the MATH scorer. */
function cleanMath(text: string): string {
  let out = text
    .replaceAll('\n', '')
    .replaceAll('\\!', '')
    .replaceAll('tfrac', 'frac')
    .replaceAll('dfrac', 'frac')
    .replaceAll('\\$', '')
    .replaceAll('$', '');
  const unit = out.indexOf('\\text{ ');
  if (unit >= 0) out = out.slice(0, unit);
  out = out.replaceAll('\\%', '').replaceAll(' .', ' 0.').replaceAll('{.', '{0.');
  if (out === '') return out;
  if (out.startsWith('.')) out = `0${out}`;
  if (out.split('=').length === 2) out = out.split('=').at(-1) ?? out;
  if (out.split('\\approx').length === 2) out = out.split('\\approx').at(-1) ?? out;
  if (out.includes('sqrt'))
    out = fixFractions(out.replace(/\\sqrt(?![{[])(.)/g, '\\sqrt{$1}').replaceAll(' ', ''));
  out = out.replaceAll(' ', '');
  if (out === '0.5') return '\\frac{1}{2}';
  const slash = /^(-?\d+)\/(-?\d+)$/.exec(out);
  return slash === null ? out : `\\frac{${slash[1]}}{${slash[2]}}`;
}

function fixFractions(text: string): string {
  return text.replace(/\\frac(?!\{)(.)(\{|.)/g, (_, a: string, b: string) =>
    b === '{' ? `\\frac{${a}}{` : `\\frac{${a}}{${b}}`,
  );
}

function lettersOf(text: string): string {
  let out = text;
  for (const letter of 'abcde')
    out = out.replaceAll(`(${letter})`, letter).replaceAll(`{${letter}}`, letter);
  return trimStart(trimEnd(out, '.', false), ':', false);
}

/** Lower-case string equality, then tuples element by element, then values to two places. */
function equalsMathVision(gold: string, extracted: string, meter: Meter): boolean {
  const [a, b] = [clean(gold), clean(extracted)];
  if (a === '' || b === '') return false;
  if (a === b) return true;
  const [left, right] = [elementsOf(a), elementsOf(b)];
  if (left !== undefined && right !== undefined)
    return (
      left.length === right.length &&
      left.every((item, index) => sameValue(item, right[index] ?? '', meter))
    );
  return sameValue(a, b, meter);
}

const clean = (text: string): string => text.replaceAll('$', '').trim().toLowerCase();

/** Elements of a tuple or list of numbers, as Python would evaluate it. */
function elementsOf(text: string): readonly string[] | undefined {
  const inner = /^[([](.*)[)\]]$/.exec(text)?.[1];
  if (inner === undefined || !inner.includes(',') || /[()[\]]/.test(inner)) return undefined;
  return inner.split(',').map((part) => part.trim());
}

function sameValue(a: string, b: string, meter: Meter): boolean {
  const [x, y] = [valueOf(a, meter), valueOf(b, meter)];
  if (x === undefined || y === undefined) return false;
  return roundedTwo(x) === roundedTwo(y);
}

/** A number rounded to two places, as a string; a result of −0 is 0. */
export function roundedTwo(value: number): string {
  const text = value.toFixed(2);
  return text === '-0.00' ? '0.00' : text;
}

/** The number a short piece of LaTeX or plain arithmetic stands for; undefined when it has symbols, a degree mark or is none. */
export function valueOf(text: string, meter: Meter): number | undefined {
  if (text.length > 400 || text.includes('\\circ')) return undefined;
  try {
    const tokens = tokenize(normalise(text), meter);
    const node = parseExpression(tokens, meter);
    if (traitsOf(node).symbols.size > 0) return undefined;
    const value = realValue(node, new Map(), meter);
    return Number.isFinite(value) ? value : undefined;
  } catch (error) {
    if (error instanceof NotMath) return undefined;
    if (error instanceof OverBudget && error.reason !== 'step-limit') return undefined;
    throw error;
  }
}
