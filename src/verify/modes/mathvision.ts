import { OverBudget } from '../budget.ts';
import type { Meter } from '../budget.ts';
import type { VerifyInput } from '../input.ts';
import type { Verdict } from '../verdict.ts';
import { verdictOf } from '../strict.ts';
import { trimEnd, trimStart } from '../trim.ts';
import { parseLatex } from './latex-parse.ts';
import { LatexError } from './latex-tokens.ts';
import { latexValue } from './latex-value.ts';
import type { Evaluator } from './latex-value.ts';
import { isFloat, pythonRound, pythonText } from './python-number.ts';
import type { PythonNumber } from './python-number.ts';

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

function afterPhrases(text: string): string {
  let out = text;
  for (const phrase of phrases)
    for (const flag of [phrase, phrase.replaceAll('the', 'The')]) {
      const at = out.lastIndexOf(flag);
      const found = at >= 0;
      out = (found ? out.slice(at + flag.length) : out).trim();
      if (found) out = (out.split('\n')[0] ?? '').split('. ')[0] ?? '';
    }
  return out;
}

/** Content of the box (to the last brace), cut at a brace that closes nothing; then the last `=` and `\approx`. */
function stripBox(text: string): string {
  const at = text.indexOf('oxed{');
  const end = text.lastIndexOf('}');
  let out = at >= 0 && end >= at + 5 ? text.slice(at + 5, end) : text;
  const [opens, closes] = [out.indexOf('{'), out.indexOf('}')];
  if (closes >= 0 && (opens < 0 || closes < opens)) out = out.slice(0, closes);
  out = out.slice(out.lastIndexOf('=') + 1);
  const approximate = out.lastIndexOf('\\approx');
  if (approximate >= 0) out = out.slice(approximate + '\\approx'.length);
  for (const [from, to] of replacements) out = out.replaceAll(from, to);
  return out;
}

/** In the order of the original, which matters: a doubled backslash becomes one before `\text` goes. */
const replacements: readonly (readonly [string, string])[] = [
  [' ', ''],
  ['\\,', ''],
  ['∞', '\\infty'],
  ['+\\infty', '\\infty'],
  ['\\\\', '\\'],
  ['\n', ''],
  ['\\text', ''],
  ['\\mbox', ''],
  ['bmatrix', 'pmatrix'],
  ['\\left', ''],
  ['\\right', ''],
  ['^{\\circ}', ''],
  ['^\\circ', ''],
  ['{m}^3', ''],
  ['m^3', ''],
  ['{units}', ''],
  ['units', ''],
  ['{km}', ''],
  ['km', ''],
];

/** The cleaning of the MATH scorer. */
function cleanMath(text: string): string {
  let out = text.replaceAll('\n', '').replaceAll('\\!', '').replaceAll('\\\\', '\\');
  out = out.replaceAll('tfrac', 'frac').replaceAll('dfrac', 'frac');
  for (const part of ['\\left', '\\right', '^{\\circ}', '^\\circ', '\\$', '$'])
    out = out.replaceAll(part, '');
  const unit = out.indexOf('\\text{ ');
  if (unit >= 0) out = out.slice(0, unit);
  out = out.replaceAll('\\%', '').replaceAll(' .', ' 0.').replaceAll('{.', '{0.');
  if (out === '') return out;
  if (out.startsWith('.')) out = `0${out}`;
  if (out.split('=').length === 2) out = out.split('=').at(-1) ?? out;
  if (out.split('\\approx').length === 2) out = out.split('\\approx').at(-1) ?? out;
  const rooted = out.includes('sqrt');
  if (rooted) out = bracedRoots(out);
  out = out.replaceAll(' ', '');
  if (rooted) out = bracedFractions(out);
  if (out === '0.5') return '\\frac{1}{2}';
  const slash = /^(0|-?[1-9]\d*)\/(0|-?[1-9]\d*)$/.exec(out);
  return slash === null ? out : `\\frac{${slash[1] ?? ''}}{${slash[2] ?? ''}}`;
}

/** `\sqrt3` → `\sqrt{3}`, whatever the character is. */
function bracedRoots(text: string): string {
  const [head = '', ...parts] = text.split('\\sqrt');
  return parts.reduce(
    (out, part) =>
      part === '' || part.startsWith('{')
        ? `${out}\\sqrt${part}`
        : `${out}\\sqrt{${part.slice(0, 1)}}${part.slice(1)}`,
    head,
  );
}

/** `\frac12` → `\frac{1}{2}`; a fraction that breaks off leaves the text as it is. */
function bracedFractions(text: string): string {
  const [head = '', ...parts] = text.split('\\frac');
  let out = head;
  for (const part of parts) {
    if (part.startsWith('{')) out += `\\frac${part}`;
    else if (part.length < 2) return text;
    else {
      const lower = part.charAt(1);
      out += `\\frac{${part.charAt(0)}}${lower === '{' ? lower : `{${lower}}`}${part.slice(2)}`;
    }
  }
  return out;
}

function lettersOf(text: string): string {
  let out = text;
  for (const letter of 'abcde') out = out.replaceAll(`(${letter})`, letter);
  for (const letter of 'abcde') out = out.replaceAll(`{${letter}}`, letter);
  return trimStart(trimEnd(out, '.', false), ':', false).trim();
}

/** Lower-case string equality, then tuples element by element, then values to two places. */
function equalsMathVision(gold: string, extracted: string, meter: Meter): boolean {
  const [a, b] = [gold.toLowerCase(), extracted.toLowerCase()];
  if (a.replaceAll(' ', '') === '' || b.replaceAll(' ', '') === '') return false;
  if (a.trim() === b.trim()) return true;
  const [left, right] = [tupleText(a, meter), tupleText(b, meter)];
  if (left === right) return true;
  // The published verdicts (item 3013 of Gemini-Pro) do not evaluate a fraction that the cleaning left
  // as `4/3`; the published code would.
  if (/^-?\d+\/\d+$/.test(b)) return false;
  const [x, y] = [latexNumber(left, 'python', meter), latexNumber(right, 'python', meter)];
  return x !== undefined && y !== undefined && roundedTwo(x) === roundedTwo(y);
}

/** A tuple or list with every element evaluated and rounded, as text; other texts as they are. */
function tupleText(text: string, meter: Meter): string {
  const ends = `${text.slice(0, 1)}${text.slice(-1)}`;
  const parts = text.slice(1, -1).split(',');
  if ((ends !== '()' && ends !== '[]') || text.length < 2 || parts.length < 2) return text;
  const values: string[] = [];
  for (const part of parts) {
    if (part.includes('infty') || part === 'a' || part === '-a') values.push(part);
    else {
      const value = latexNumber(part, 'python', meter);
      if (value === undefined) return text;
      values.push(pythonText(typeof value === 'bigint' ? value : pythonRound(value, 2)));
    }
  }
  return `${ends.charAt(0)}${values.join(',')}${ends.charAt(1)}`;
}

/** `round(value, 2)`, equal for equal numbers of either kind. */
export function roundedTwo(value: PythonNumber): string {
  if (typeof value === 'bigint') return value.toString();
  const rounded = pythonRound(value, 2);
  return Number.isInteger(rounded) ? BigInt(rounded).toString() : String(rounded);
}

/** The number that the official LaTeX reader and an evaluator find; undefined where they find none. */
export function latexNumber(
  text: string,
  evaluator: Evaluator,
  meter: Meter,
): PythonNumber | undefined {
  if (text.length > 20_000) return undefined;
  try {
    return latexValue(parseLatex(text, meter), evaluator, meter);
  } catch (error) {
    if (error instanceof LatexError) return undefined;
    if (error instanceof OverBudget && error.reason !== 'step-limit') return undefined;
    throw error;
  }
}
