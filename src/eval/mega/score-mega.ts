import type { MegaItem } from '../item.ts';
import type { Judged } from '../score.ts';
import { boxAsAnswer } from './box.ts';
import { megaMetrics } from './metrics.ts';
import { parseResponse } from './parse-response.ts';
import { textOfValue } from './values.ts';

/** Fields weighed and averaged, each by its metric; correct at full score. */
export function scoreMega(item: MegaItem, response: string): Judged {
  const names = item.fields.map(({ name }) => name);
  const found = parseResponse(
    item.parser,
    item.boxAsAnswer === true ? boxAsAnswer(response) : response,
    names,
  );
  const base = { span: null, notes: ['megabench'] } as const;
  if (found === undefined)
    return { ...base, status: 'no-answer', reason: 'no-phrase', score: 0, answer: null };
  let [sum, weights] = [0, 0];
  for (const { name, metric, weight, answer } of item.fields) {
    const score = found.has(name) ? megaMetrics.get(metric)?.(found.get(name), answer) : 0;
    sum += weight * clamp(score ?? 0);
    weights += weight;
  }
  const score = weights === 0 ? 0 : sum / weights;
  const full = score >= 1 - 1e-9;
  const shown = [...found].map(([name, value]) => `${name}: ${textOfValue(value)}`).join('; ');
  return {
    ...base,
    status: full ? 'correct' : 'wrong',
    reason: full ? 'house-rule' : 'text-differs',
    score: full ? 1 : score,
    answer: shown,
  };
}

const clamp = (score: number): number => Math.min(1, Math.max(0, score));
