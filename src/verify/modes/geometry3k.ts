import { atFirstUse } from '../at-first-use.ts';
import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import { findBoxes } from '../extract/boxes.ts';
import type { VerifyInput } from '../input.ts';
import { tokenize } from '../leaf/lexer.ts';
import { NotMath, parseExpression } from '../leaf/parser.ts';
import { scalarsEqual } from '../leaf/scalars-equal.ts';
import { normalise } from '../normalise/normalise.ts';
import { verdictOf } from '../strict.ts';
import type { Verdict } from '../verdict.ts';
import { agrees } from '../verdict.ts';

/**
 * Geometry3K as EasyR1, verl and NeMo-RL score it: last closed box, MathRuler's rules. A gold that
 * says nothing is unverifiable here, where the original compares it with the word "None".
 */
export function verifyGeometry3k(input: VerifyInput, meter: Meter): Verdict {
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  const response = input.prediction.slice(-meter.budget.responseLength);
  meter.spend(1 + (response.length >> 5));
  const box = input.source === 'answer' ? undefined : findBoxes(response).boxes.at(-1);
  const answer =
    input.extraction ??
    (input.source === 'answer'
      ? response.trim()
      : box && response.slice(box.start, box.end).trim());
  if (golds.every((gold) => gold.trim() === ''))
    return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  if (answer === undefined) return verdictOf({ reason: 'no-box', notes: ['geometry3k'] }, meter);
  const found = {
    text: answer,
    start: box?.start ?? 0,
    end: box?.end ?? response.length,
    via: 'box' as const,
  };
  const correct = golds.some((gold) => gold.trim() !== '' && mathRuler(answer, gold, meter));
  return verdictOf(
    { reason: correct ? 'house-rule' : 'text-differs', notes: ['geometry3k'], found },
    meter,
  );
}

/** MathRuler's `grade_answer`: string forms, then tuple elements, integers strictly, fractions unreduced. */
export function mathRuler(given: string, gold: string, meter: Meter): boolean {
  if (given.length > 2_000 || gold.length > 2_000) return given === gold;
  if (normaliseMathd(gold) === normaliseMathd(given)) return true;
  const [a, b] = [normalisePrm(gold), normalisePrm(given)];
  if (a === b) return true;
  if (b === '') return false;
  const [x, y] = [splitTuple(a), splitTuple(b)];
  if (x.length > 1 && (a.charAt(0) !== b.charAt(0) || a.at(-1) !== b.at(-1))) return false;
  if (x.length !== y.length) return false;
  return x.every((left, index) => sameElement(left, y[index] ?? '', meter));
}

function sameElement(a: string, b: string, meter: Meter): boolean {
  if (isFraction(a) && isFraction(b)) return a === b;
  if (isInteger(a) !== isInteger(b)) return false;
  if (a === b) return true;
  const both = a + b;
  if (lettersIn(both) > 2 || /\^[{(]|\^\d+\^|\^\d\d+/.test(both)) return false;
  return sameExpression(a, b, meter);
}

function lettersIn(text: string): number {
  return new Set(text.replaceAll('sqrt', '').replaceAll('frac', '').match(letters()) ?? []).size;
}

function sameExpression(a: string, b: string, meter: Meter): boolean {
  try {
    const [x, y] = [a, b].map((text) => parseExpression(tokenize(normalise(text), meter), meter));
    if (x === undefined || y === undefined) return false;
    return agrees(scalarsEqual(x, y, { places: 12, fixed: true }, meter));
  } catch (error) {
    if (error instanceof NotMath) return false;
    if (error instanceof OverBudget && error.reason !== 'step-limit') return false;
    throw error;
  }
}

const isFraction = (text: string): boolean => /^-?[0-9]+.?\/0*[1-9][0-9]*.?$/.test(text);

function isInteger(text: string): boolean {
  const plain = text.replaceAll(',', '');
  return /^[+-]?\d+(?:\.0*)?$/.test(plain);
}

function splitTuple(text: string): readonly string[] {
  const plain = joinGroups(text);
  if (plain === '') return [];
  const inner = plain.slice(1, -1);
  const closed =
    plain.length > 2 && '()[]'.includes(plain.charAt(0)) && '()[]'.includes(plain.at(-1) ?? ' ');
  if (closed && !/[()[\]]/.test(inner)) return inner.split(',').map((part) => part.trim());
  return [plain];
}

function joinGroups(text: string): string {
  let out = text;
  for (;;) {
    const next = out.replace(/(\d),(\d\d\d)(?=$|\D)/g, '$1$2');
    if (next === out) return out;
    out = next;
  }
}

/** The MATH scorer's string clean-up. */
function normaliseMathd(text: string): string {
  let out = text.trim();
  const enclosed = /^\\text\{(.+?)\}$/.exec(out)?.[1];
  if (enclosed !== undefined) out = enclosed.trim();
  out = out
    .replaceAll('\n', '')
    .replaceAll('\\!', '')
    .replaceAll('\\\\', '\\')
    .replaceAll('tfrac', 'frac')
    .replaceAll('dfrac', 'frac')
    .replaceAll('\\left', '')
    .replaceAll('\\right', '')
    .replaceAll('^{\\circ}', '')
    .replaceAll('^\\circ', '')
    .replaceAll('\\$', '');
  const unit = out.indexOf('\\text{ ');
  if (unit >= 0) out = out.slice(0, unit);
  out = out
    .replaceAll('\\%', '')
    .replaceAll('%', '')
    .replaceAll(' .', ' 0.')
    .replaceAll('{.', '{0.');
  if (out.startsWith('.')) out = `0${out}`;
  const sides = out.split('=');
  if (sides.length === 2 && (sides[0] ?? '').length <= 2) out = sides[1] ?? out;
  out = out.replace(/\\sqrt(?![{[])(.)/g, '\\sqrt{$1}').replaceAll(' ', '');
  out = out.replace(/\\frac(?!\{)(.)(\{|.)/g, (_, a: string, b: string) =>
    b === '{' ? `\\frac{${a}}{` : `\\frac{${a}}{${b}}`,
  );
  if (out === '0.5') return '\\frac{1}{2}';
  const slash = /^(-?\d+)\/(-?\d+)$/.exec(out);
  return slash === null ? out : `\\frac{${slash[1]}}{${slash[2]}}`;
}

const letters = atFirstUse(() => new RegExp('\\p{L}', 'gu'));
const unitWords =
  /(?:degree|cm|centimeter|meter|mile|second|minute|hour|day|week|month|year|foot|feet|inch|yard)(?:es)?s? *(?:\^[0-9]+)?/g;

/** The normalisation of the prm800k grader. */
function normalisePrm(text: string): string {
  let out = /^\\text\{(.+?)\}$/.exec(text)?.[1] ?? text;
  out = out.replaceAll('\\%', '').replaceAll('\\$', '').replaceAll('$', '').replaceAll('%', '');
  out = out.replaceAll(' or ', ' , ').replaceAll(' and ', ' , ');
  out = out
    .replaceAll('million', '*10^6')
    .replaceAll('billion', '*10^9')
    .replaceAll('trillion', '*10^12');
  out = out.replace(unitWords, '').replace(/\^ *\\circ/g, '');
  if (out.startsWith('{') && out.endsWith('}')) out = out.slice(1, -1);
  out = out.replace(/,\\! */g, '');
  if (/^[+-]?\d+\.0*$/.test(out)) out = out.replace(/\.0*$/, '');
  if (out.includes('\\')) out = plainLatex(out);
  out = out
    .replace(/- */g, '-')
    .replace(/([0-9]) +([0-9])/g, '$1+$2')
    .replaceAll(' ', '');
  out = out.replaceAll('{', '').replaceAll('}', '').toLowerCase();
  return isInteger(out) ? out.replaceAll(',', '').replace(/\.0*$/, '') : out;
}

/** LaTeX as plain text: `\frac{a}{b}` is `a/b`, `\sqrt{3}` is `sqrt(3)`. */
function plainLatex(text: string): string {
  let out = text
    .replaceAll('\\tfrac', '\\frac')
    .replaceAll('\\dfrac', '\\frac')
    .replaceAll('\\frac', ' \\frac');
  for (let round = 0; round < 8; round += 1) {
    const next = out
      .replace(/\\frac\{([^{}]*)\}\{([^{}]*)\}/g, '$1/$2')
      .replace(/\\sqrt\{([^{}]*)\}/g, 'sqrt($1)')
      .replace(/\\text(?:bf|it|rm)?\{([^{}]*)\}/g, '$1');
    if (next === out) break;
    out = next;
  }
  return out
    .replaceAll('\\pi', 'pi')
    .replaceAll('\\infty', 'inf')
    .replaceAll('\\cup', 'U')
    .replaceAll('\\cdot', '*')
    .replaceAll('\\times', '*')
    .replace(/\\(?:left|right|,|;|!| )/g, '')
    .trim();
}
