import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import type { Comparison } from '../compare/comparison.ts';
import { squeeze } from '../compare/text.ts';
import { valuesEqual } from '../compare/values.ts';
import type { VerifyInput } from '../input.ts';
import { normalise } from '../normalise/normalise.ts';
import { strictPolicy } from '../policy.ts';
import { verdictOf } from '../strict.ts';
import { readValues } from '../structure/structure.ts';
import type { Value } from '../structure/value.ts';
import type { Reason, Verdict } from '../verdict.ts';
import { agrees } from '../verdict.ts';
import { parseReference } from './reference-parse.ts';

type Score = 1 | 0 | -1;

/**
 * The reward rule of the released VL-Rethinker code, quirks included, for parity studies:
 * substring clean-up, candidates in order, letters by prefix, and the candidate in the gold's
 * position of Math-Verify 0.8.0. `docs/verifier.md` lists what the port leaves out.
 */
export function verifyReference(input: VerifyInput, meter: Meter): Verdict {
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  const response = endToken.test(input.prediction)
    ? input.prediction
    : `${input.prediction}<|im_end|>`;
  const scores = golds.map((gold) =>
    scoreOf(gold, response.slice(-meter.budget.responseLength - 64), meter),
  );
  const score: Score = scores.includes(1) ? 1 : scores.includes(0) ? 0 : -1;
  const reason: Reason =
    score === 1 ? 'house-rule' : score === 0 ? 'expression-differs' : 'no-phrase';
  const verdict = verdictOf({ reason, notes: ['reference', ...validity(input.prediction)] }, meter);
  return { ...verdict, referenceScore: score };
}

const endToken = /<\|im_end\|>|<\|endoftext\|>/;

/** Validity is independent of the score: an end token, and at most five waits. */
function validity(prediction: string): readonly string[] {
  if (!endToken.test(prediction)) return ['invalid:No eos.'];
  const waits = prediction.toLowerCase().split('wait').length - 1;
  return waits > 5 ? ['invalid:too many waits'] : [];
}

/** Plain substring replacements in the original's order. */
function cleanUp(text: string): string {
  return text
    .replaceAll('dfrac', 'frac')
    .replaceAll('\\text', '')
    .replaceAll('\\varnothing', '\\emptyset')
    .replaceAll('minutes', '')
    .replaceAll('cm', '');
}

const marker = 'Now everything looks fine. Solution finished.';

function scoreOf(gold: string, response: string, meter: Meter): Score {
  const marked = response.indexOf(marker);
  if (marked >= 0 && response.length > marked + marker.length + '<|im_end|>'.length) return 0;
  const cleaned = cleanUp(gold);
  const target = parseReference(cleaned.includes('\\boxed') ? cleaned : `\\boxed{${cleaned}}`);
  if (target.value === undefined && target.text === '') return -1;
  let score: Score = -1;
  for (const candidate of candidatesOf(response)) {
    score = judgeCandidate(target, cleanUp(candidate), meter);
    if (score === 1) return 1;
  }
  return score;
}

/** From the last box; the first answer tag; behind the last `Answer:`; the whole response. */
function candidatesOf(response: string): readonly string[] {
  const candidates: string[] = [];
  const box = response.lastIndexOf('\\boxed');
  if (box >= 0) candidates.push(response.slice(box).trim());
  const open = response.indexOf('<answer>');
  const close = open < 0 ? -1 : response.indexOf('</answer>', open);
  const inside = close < 0 ? '\n' : response.slice(open + 8, close);
  if (!inside.includes('\n')) candidates.push(`\\boxed{${inside}}`);
  const answer = response.lastIndexOf('Answer:');
  if (answer >= 0) candidates.push(`\\boxed{${response.slice(answer + 'Answer:'.length).trim()}}`);
  return [...candidates, response];
}

interface Parsed {
  readonly value: string | undefined;
  readonly text: string;
}

function judgeCandidate(gold: Parsed, candidate: string, meter: Meter): Score {
  if (gold.text !== '' && gold.value !== undefined && 'ABCDEFGHIJK'.includes(gold.text))
    return candidate.slice(7).startsWith(gold.text) ? 1 : 0;
  const parsed = parseReference(candidate);
  if (parsed.value === undefined && parsed.text === '') return -1;
  if (gold.text.trim() !== '' && gold.text.trim() === parsed.text.trim()) return 1;
  if (parsed.value === undefined || gold.value === undefined) return 0;
  return equalReference(parsed.value, gold.value, meter) ? 1 : 0;
}

/** Math-Verify's `verify(candidate, gold)`: the candidate stands where the gold belongs. */
function equalReference(candidate: string, gold: string, meter: Meter): boolean {
  if (candidate.length > 8_192 || gold.length > 8_192) return false;
  try {
    const g = readValues(normalise(candidate), meter)[0];
    const p = readValues(normalise(gold), meter)[0];
    if (g === undefined || p === undefined) return false;
    const how: Comparison = {
      policy: { ...strictPolicy, percent: 'hundredth' },
      precision: { places: 6, fixed: true },
      meter,
      notes: new Set(),
      equal: valuesEqual,
    };
    if (g.kind === 'text' || p.kind === 'text')
      return letters(candidate) === letters(gold) && letters(gold) !== '';
    return agrees(valuesEqual(g, loosened(g, unwrapped(g, p)), how));
  } catch (error) {
    if (error instanceof OverBudget) return false;
    throw error;
  }
}

const letters = (text: string): string => squeeze(text.replace(/[{}]/g, '')).toLowerCase();

/** A list in the first place takes the order out of a tuple in the second. */
function loosened(g: Value, p: Value): Value {
  if (g.kind !== 'sequence' || p.kind !== 'sequence' || p.open !== '(' || p.close !== ')') return p;
  return g.open === '' || g.open === '{' ? { ...p, open: '', close: '' } : p;
}

/** Any equation on the second side gives its last right side when the first side is none. */
function unwrapped(g: Value, p: Value): Value {
  const equation = (value: Value): boolean =>
    value.kind === 'assignment' ||
    (value.kind === 'relation' && value.signs.every((sign) => sign === '='));
  if (p.kind !== 'relation' || !equation(p) || equation(g)) return p;
  return p.parts.at(-1) ?? p;
}
