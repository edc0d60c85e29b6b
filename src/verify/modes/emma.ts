import type { Meter } from '../budget.ts';
import type { VerifyInput } from '../input.ts';
import { verdictOf } from '../strict.ts';
import type { Verdict } from '../verdict.ts';
import { latexNumber, roundedTwo } from './mathvision.ts';
import { wordsToNumber } from './number-words.ts';
import { isFloat } from './python-number.ts';

/**
 * EMMA's fast rules: extraction, then the answer or the text of its option. Number words are noted as
 * `number-words` and not counted: the published code counts them, the published verdicts never did.
 */
export function verifyEmma(input: VerifyInput, meter: Meter): Verdict {
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  if (golds.every((gold) => gold.trim() === ''))
    return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const response = input.prediction.slice(-meter.budget.responseLength);
  meter.spend(1 + (response.length >> 5));
  const extracted = input.extraction ?? extractEmma(response);
  if (extracted === '') return verdictOf({ reason: 'no-phrase', notes: ['emma'] }, meter);
  const found = { text: extracted, start: 0, end: response.length, via: 'whole' as const };
  const targets = golds.flatMap((gold) => {
    const option = /^[A-H]$/.test(gold) ? input.choices?.[gold.charCodeAt(0) - 65] : undefined;
    return option === undefined ? [gold] : [gold, option];
  });
  const correct = targets.some((target) => equalsEmma(target, extracted, meter));
  const words = correct ? undefined : wordsToNumber(extracted);
  const named = targets.some((target) => words === target.toLowerCase().trim());
  const notes = named ? ['emma', 'number-words'] : ['emma'];
  return verdictOf({ reason: correct ? 'house-rule' : 'text-differs', notes, found }, meter);
}

const phrases = [
  'final answer is',
  'correct answer is',
  'answer should be',
  'answer is',
  'answer:',
];

/** A letter, a number, the last box and the last text inside it, or what follows an answer phrase. */
export function extractEmma(response: string): string {
  const text = response.trim();
  for (const letter of 'ABCDEFGH')
    if (
      text.toUpperCase() === letter ||
      text.startsWith(`${letter}:`) ||
      text.startsWith(`${letter}.`)
    )
      return letter;
  if (isFloat(text)) return text;
  const box = text.includes('boxed{') ? outerBoxes(text).at(-1) : undefined;
  if (box !== undefined)
    return ([...box.matchAll(/\\text\{([^\n]*?)\}/g)].at(-1)?.[1] ?? box).trim();
  const lower = text.toLowerCase();
  for (const phrase of phrases) {
    const at = lower.lastIndexOf(phrase);
    if (at < 0) continue;
    const rest = lower.slice(at + phrase.length).trim();
    return (rest.split('\n')[0] ?? '').split('.')[0] ?? '';
  }
  return '';
}

/** Contents of the boxes that close, outermost ones, in order. */
function outerBoxes(text: string): readonly string[] {
  const boxes: string[] = [];
  for (let at = text.indexOf('\\boxed{'); at >= 0; at = text.indexOf('\\boxed{', at)) {
    const start = at + '\\boxed{'.length;
    let depth = 0;
    for (at = start; at < text.length && !(depth === 0 && text.charAt(at) === '}'); at += 1)
      depth += text.charAt(at) === '{' ? 1 : text.charAt(at) === '}' ? -1 : 0;
    if (at < text.length) boxes.push(text.slice(start, at));
  }
  return boxes;
}

/** Lower-case strings, then values to two places. */
function equalsEmma(target: string, extracted: string, meter: Meter): boolean {
  const [gold, found] = [target.toLowerCase(), extracted.toLowerCase()];
  if (gold.trim() === found.trim()) return true;
  const [a, b] = [latexNumber(found, 'sympy', meter), latexNumber(gold, 'sympy', meter)];
  return a !== undefined && b !== undefined && roundedTwo(Number(a)) === roundedTwo(Number(b));
}
