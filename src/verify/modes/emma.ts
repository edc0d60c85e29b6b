import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import { findBoxes } from '../extract/boxes.ts';
import type { VerifyInput } from '../input.ts';
import { normalise } from '../normalise/normalise.ts';
import { judgeValues } from '../judge.ts';
import { strictPolicy } from '../policy.ts';
import { readValues } from '../structure/structure.ts';
import { verdictOf } from '../strict.ts';
import type { Verdict } from '../verdict.ts';
import { agrees } from '../verdict.ts';
import { isFloat, roundedTwo, valueOf } from './mathvision.ts';

/** EMMA's fast rules: extraction, then the answer or the text of its option. */
export function verifyEmma(input: VerifyInput, meter: Meter): Verdict {
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  if (golds.every((gold) => gold.trim() === ''))
    return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const response = input.prediction.slice(-meter.budget.responseLength);
  meter.spend(1 + (response.length >> 5));
  const extracted = input.extraction ?? extractEmma(response);
  if (extracted === '') return verdictOf({ reason: 'no-phrase', notes: ['emma'] }, meter);
  const found = { text: extracted, start: 0, end: response.length, via: 'whole' as const };
  const correct = golds.some((gold) => {
    const option = /^[A-H]$/.test(gold) ? input.choices?.[gold.charCodeAt(0) - 65] : undefined;
    return [gold, ...(option === undefined ? [] : [option])].some((target) =>
      equalsEmma(target, extracted, meter),
    );
  });
  return verdictOf(
    { reason: correct ? 'house-rule' : 'text-differs', notes: ['emma'], found },
    meter,
  );
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
  if (/^[A-Ha-h]$/.test(text)) return text.toUpperCase();
  const lettered = /^([A-Ha-h])[:.]/.exec(text)?.[1];
  if (lettered !== undefined) return lettered.toUpperCase();
  if (isFloat(text)) return text;
  const box = findBoxes(text).boxes.at(-1);
  if (box !== undefined) {
    const inner = text.slice(box.start, box.end);
    const at = inner.lastIndexOf('\\text{');
    const close = at < 0 ? -1 : inner.indexOf('}', at);
    return (close < 0 ? inner : inner.slice(at + 6, close)).trim();
  }
  const lower = text.toLowerCase();
  for (const phrase of phrases) {
    const at = lower.lastIndexOf(phrase);
    if (at < 0) continue;
    const rest = lower.slice(at + phrase.length).trim();
    return (rest.split('\n')[0] ?? '').split('.')[0]?.trim() ?? '';
  }
  return '';
}

const numberWords: ReadonlyMap<string, string> = new Map(
  'zero one two three four five six seven eight nine ten'
    .split(' ')
    .map((word, index) => [word, String(index)]),
);

function equalsEmma(target: string, extracted: string, meter: Meter): boolean {
  const [a, b] = [target.trim().toLowerCase(), extracted.trim().toLowerCase()];
  if (a === b) return a !== '';
  const [x, y] = [numberWords.get(a) ?? a, numberWords.get(b) ?? b];
  if (x === y) return true;
  const [u, v] = [valueOf(x, meter), valueOf(y, meter)];
  if (u !== undefined && v !== undefined) return roundedTwo(u) === roundedTwo(v);
  return symbolically(target, extracted, meter);
}

/** The difference of two expressions vanishes; sets and prose are compared as strings only. */
function symbolically(target: string, extracted: string, meter: Meter): boolean {
  if (target.length > 500 || extracted.length > 500) return false;
  try {
    const [a, b] = [readValues(normalise(target), meter), readValues(normalise(extracted), meter)];
    if ([...a, ...b].some((value) => value.kind !== 'scalar')) return false;
    return agrees(judgeValues(a, b, { choices: undefined, policy: strictPolicy, meter }).reason);
  } catch (error) {
    if (error instanceof OverBudget && error.reason !== 'step-limit') return false;
    throw error;
  }
}
