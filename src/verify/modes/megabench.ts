import { OverBudget } from '../budget.ts';
import type { Meter } from '../budget.ts';
import type { VerifyInput } from '../input.ts';
import { findBoxes } from '../extract/boxes.ts';
import { strictPolicy } from '../policy.ts';
import { verdictOf, verifyStrict } from '../strict.ts';
import type { Verdict } from '../verdict.ts';
import { realValue } from '../leaf/float.ts';
import { tokenize } from '../leaf/lexer.ts';
import { traitsOf } from '../leaf/node.ts';
import { NotMath, parseExpression } from '../leaf/parser.ts';
import { normalise } from '../normalise/normalise.ts';

/**
 * String-level metrics of MEGA-Bench for one field: `answerType` names the metric (`exact_str_match`,
 * `exact_str_match_case_insensitive`, `simple_str_match`, `general_single_numerical_match`,
 * `latex_expr_equality`, `set_equality`, `sequence_equality`). Without a name the exact one.
 */
export function verifyMegaBench(input: VerifyInput, meter: Meter): Verdict {
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  if (golds.every((gold) => gold.trim() === ''))
    return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const response = input.prediction.slice(-meter.budget.responseLength);
  meter.spend(1 + (response.length >> 5));
  const answer = input.extraction ?? parseAnswerString(response);
  if (answer === '') return verdictOf({ reason: 'no-phrase', notes: ['megabench'] }, meter);
  const metric = metrics.get(input.answerType ?? 'exact_str_match') ?? exact;
  const right = golds.some((gold) => metric(gold, answer, input, meter));
  const start = response.lastIndexOf(answer);
  const found = {
    text: answer,
    start: Math.max(0, start),
    end: Math.max(0, start) + answer.length,
    via: 'phrase' as const,
  };
  return verdictOf(
    { reason: right ? 'house-rule' : 'text-differs', notes: ['megabench'], found },
    meter,
  );
}

/** Text after the last `Answer:`, content of a code block, first paragraph, redundant quotes removed. */
export function parseAnswerString(response: string): string {
  const at = response.lastIndexOf('Answer:');
  if (at < 0) return '';
  let text = response.slice(at + 'Answer:'.length).trim();
  if (text.startsWith('**')) text = text.slice(2).trim();
  const fence = text.indexOf('```');
  if (fence >= 0) {
    const close = text.indexOf('```', fence + 3);
    if (close > 0)
      return text
        .slice(fence + 3, close)
        .replace(/^[a-z]*\n/, '')
        .trim();
  }
  const paragraph = /^[{[]/.test(text) ? text : (text.split(/\n\s*\n/)[0] ?? '');
  const bare = paragraph.replace(/\*\*$/, '').trim();
  const quoted = /^(["'])([\s\S]*)\1$/.exec(bare);
  return quoted?.[2] ?? bare;
}

/** The switch that maps the last box to `Answer: …` before parsing, for models trained to end in a box. */
export function boxToAnswer(response: string): string {
  const box = findBoxes(response).boxes.at(-1);
  return box === undefined
    ? response
    : `${response}\nAnswer: ${response.slice(box.start, box.end).trim()}`;
}

type Metric = (gold: string, answer: string, input: VerifyInput, meter: Meter) => boolean;

const stripLetter = (text: string): string =>
  /^\(?([A-Za-z])[).:]*$/.exec(text.trim())?.[1] ?? text.trim();

const exact: Metric = (gold, answer) => {
  if (/^[A-Za-z]$/.test(gold.trim())) return stripLetter(answer) === gold.trim();
  return gold.trim() === answer.trim();
};

const caseBlind: Metric = (gold, answer) =>
  stripLetter(gold).toLowerCase() === stripLetter(answer).toLowerCase();

const simple: Metric = (gold, answer) => {
  const plain = (text: string): string => text.toLowerCase().replace(/[\s\-.]/g, '');
  return plain(gold) === plain(answer);
};

/** Within 1 %; π is taken as it is, `%` as a hundredth. */
const numeric: Metric = (gold, answer, _, meter) => {
  const [a, b] = [valueOf(gold, meter), valueOf(answer, meter)];
  if (a === undefined || b === undefined) return false;
  return Math.abs(a - b) <= 0.01 * Math.abs(a);
};

const latex: Metric = (gold, answer, input, meter) =>
  verifyStrict({ ...input, gold, prediction: answer, source: 'answer' }, strictPolicy, meter)
    .correct;

const elements = (text: string): readonly string[] =>
  text
    .trim()
    .replace(/^[[({]|[\])}]$/g, '')
    .split(',')
    .map((part) => part.trim().replace(/^["']|["']$/g, ''));

const setEqual: Metric = (gold, answer) => {
  const [a, b] = [new Set(elements(gold)), new Set(elements(answer))];
  return a.size === b.size && [...a].every((item) => b.has(item));
};

const sequenceEqual: Metric = (gold, answer) => {
  const [a, b] = [elements(gold), elements(answer)];
  return a.length === b.length && a.every((item, index) => item === b[index]);
};

const metrics: ReadonlyMap<string, Metric> = new Map<string, Metric>([
  ['exact_str_match', exact],
  ['exact_str_match_case_insensitive', caseBlind],
  ['simple_str_match', simple],
  ['general_single_numerical_match', numeric],
  ['number_rel_diff_ratio', numeric],
  ['latex_expr_equality', latex],
  ['set_equality', setEqual],
  ['sequence_equality', sequenceEqual],
]);

/** The number a short piece of LaTeX or plain arithmetic stands for; undefined when it has symbols, a degree mark or is none. */
function valueOf(text: string, meter: Meter): number | undefined {
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
