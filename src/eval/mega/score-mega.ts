import type { PythonValue } from '#data';
import type { MegaItem } from '../item.ts';
import type { Judged } from '../score.ts';
import { boxAsAnswer } from './box.ts';
import { megaMetrics } from './metrics.ts';
import { parseResponse, unquoted } from './parse-response.ts';
import { PythonRaised, strOf } from './python.ts';
import type { MegaMetric } from './strings.ts';

/** Scores of the fields by their metrics, negative ones aside, weighed; correct at full score. */
export function scoreMega(item: MegaItem, response: string): Judged {
  const base = { span: null, notes: ['megabench'] } as const;
  const found = parseResponse(
    item.parser,
    item.boxAsAnswer === true ? boxAsAnswer(response) : response,
    item.fields.map(({ name }) => name),
    item.singleLine,
  );
  const scores = item.fields.map(({ metric, name, answer }) => {
    const gold = typeof answer === 'string' ? unquoted(answer) : answer;
    const against = metric === 'xml_norm_point_in_bbox' ? item.context : gold;
    return pointsOf(megaMetrics.get(metric), found.get(name) ?? null, against);
  });
  const score = aggregated(item, scores);
  if (response.trim() === '' && score === 0)
    return { ...base, status: 'no-answer', reason: 'empty', score, answer: null };
  const full = score >= 1 - 1e-9;
  const shown = [...found].map(([name, value]) => `${name}: ${strOf(value)}`).join('; ');
  return {
    ...base,
    status: full ? 'correct' : 'wrong',
    reason: full ? 'house-rule' : 'text-differs',
    score: full ? 1 : score,
    answer: shown,
  };
}

/** What raises in Python has no points. */
function pointsOf(metric: MegaMetric | undefined, answer: PythonValue, gold: PythonValue): number {
  try {
    return metric?.(answer, gold) ?? 0;
  } catch (error) {
    if (error instanceof PythonRaised) return 0;
    throw error;
  }
}

function aggregated({ fields, aggregation }: MegaItem, scores: readonly number[]): number {
  const counted = fields.flatMap(({ weight }, index) => {
    const score = scores[index] ?? 0;
    return score >= 0 ? [{ score, weight }] : [];
  });
  // Where no field counts, the query has no points.
  if (counted.length === 0) return 0;
  if (aggregation === 'min') return Math.min(...counted.map(({ score }) => score));
  const weights = counted.reduce((sum, { weight }) => sum + weight, 0);
  if (weights === 0) return 0;
  return counted.reduce((sum, { score, weight }) => sum + score * weight, 0) / weights;
}
