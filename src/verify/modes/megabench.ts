import { OverBudget } from '../budget.ts';
import type { Meter } from '../budget.ts';
import type { VerifyInput } from '../input.ts';
import { findBoxes } from '../extract/boxes.ts';
import { parseAnswerString } from './mega-answer.ts';
import { literalKey, readLiteral } from './python-literal.ts';
import type { Literal } from './python-literal.ts';
import { pythonFloat } from './python-number.ts';
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
  const answer =
    input.extraction ?? parseAnswerString(response, !golds.some((gold) => gold.includes('\n')));
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

/** The switch that maps the last box to `Answer: …` before parsing, for models trained to end in a box. */
export function boxToAnswer(response: string): string {
  const box = findBoxes(response).boxes.at(-1);
  return box === undefined
    ? response
    : `${response}\nAnswer: ${response.slice(box.start, box.end).trim()}`;
}

type Metric = (gold: string, answer: string, input: VerifyInput, meter: Meter) => boolean;

/** Equal texts; where the reference is one letter, the letter that the answer begins with. */
const exact: Metric = (gold, answer) => {
  const letter = /^[A-Za-z]$/.test(gold) && answer.length > 1;
  return (letter ? (/^\(?([A-Za-z])/.exec(answer)?.[1] ?? answer) : answer) === gold;
};

const caseBlind: Metric = (gold, answer, input, meter) =>
  exact(gold.toLowerCase(), answer.toLowerCase(), input, meter);

/** Without blanks, hyphens and points, lower case. */
const simple: Metric = (gold, answer, input, meter) => {
  const plain = (text: string): string => text.replace(/[ \-\n\t.]/g, '').toLowerCase();
  return exact(plain(gold), plain(answer), input, meter);
};

/** Within a hundredth of the reference; π is 3.14, `%` a hundredth, lists are sorted, texts simple texts. */
const numeric: Metric = (gold, answer, input, meter) => {
  const [wanted, given] = [assigned(gold), assigned(answer)];
  const [a, b] = [numbersOf(given, meter), numbersOf(wanted, meter)];
  if (a === undefined || b === undefined) return simple(wanted, given, input, meter);
  return (
    a.list === b.list &&
    a.values.length === b.values.length &&
    a.values.every((value, at) => near(value, b.values[at] ?? Number.NaN))
  );
};

function near(value: number, gold: number): boolean {
  const room = Math.abs(gold) * 0.01;
  return value >= gold - room && value <= gold + room;
}

/** What follows the first sign of equality, without marks of mathematics. */
function assigned(text: string): string {
  const bare = text.replace(/\\\((.*?)\\\)/g, '$1').replace(/\\\[(.*?)\\\]/g, '$1');
  return /(?:=|≈|\\approx)\s*(.+)/.exec(bare)?.[1]?.trim() ?? bare;
}

interface Numbers {
  readonly list: boolean;
  readonly values: readonly number[];
}

function numbersOf(given: string, meter: Meter): Numbers | undefined {
  const text = withoutUnits(given);
  const direct = pythonFloat(text) ?? valueOf(text, meter);
  if (direct !== undefined) return { list: false, values: [direct] };
  const data = readLiteral(text);
  if (typeof data !== 'object' || data === null || data.kind === 'dict') return undefined;
  const values = data.items.map((item) =>
    typeof item === 'number' || typeof item === 'bigint' ? Number(item) : Number.NaN,
  );
  // Lists are compared sorted; tuples never are, and agree with nothing.
  if (values.some(Number.isNaN) || data.kind === 'set') return undefined;
  return {
    list: true,
    values: data.kind === 'list' ? values.toSorted((a, b) => a - b) : [Number.NaN],
  };
}

function withoutUnits(given: string): string {
  return given
    .replaceAll('\\pi', 'π')
    .replace(/(?<![\d}])\\?π/g, '3.14')
    .replace(/(\d)\\?π/g, '$1*3.14')
    .replace(/\{\\?π\}/g, '3.14')
    .replace(/\*\\?π/g, '*3.14')
    .replaceAll('%', '/100')
    .replace(/[$¥°]C?| C/g, '');
}

/** 1 − relative difference, of which 0.99 counts as right. */
const ratio: Metric = (gold, answer) => {
  const [a, b] = [readLiteral(answer), readLiteral(gold)];
  const isNumber = (value: unknown): value is number | bigint =>
    typeof value === 'number' || typeof value === 'bigint';
  if (!isNumber(a) || !isNumber(b) || Number(b) === 0) return false;
  return near(Number(a), Number(b));
};

const latex: Metric = (gold, answer, input, meter) =>
  simple(gold, answer, input, meter) ||
  verifyStrict({ ...input, gold, prediction: answer, source: 'answer' }, strictPolicy, meter)
    .correct;

/**
 * The elements that a text stands for: those of a Python literal (a number is one element, a quoted
 * text its characters), else the parts between commas. An open bracket that stays open has none.
 */
function elements(given: string): readonly Literal[] {
  const text = given.replace(/^ +| +$/g, '');
  const close = new Map([
    ['(', ')'],
    ['{', '}'],
    ['[', ']'],
  ]).get(text.charAt(0));
  if (text === '' || (close !== undefined && !text.endsWith(close))) return [];
  const data = readLiteral(text);
  if (data === undefined) {
    const inner = close === undefined ? text : text.slice(1, -1);
    return inner.split(',').map((part) => part.trim());
  }
  if (data === null) return [];
  if (typeof data === 'string') return Array.from(data);
  if (typeof data !== 'object') return [data];
  return data.kind === 'dict' ? data.items.filter((_, at) => at % 2 === 0) : data.items;
}

const isNone = (text: string): boolean => readLiteral(text.replace(/^ +| +$/g, '')) === null;

const setEqual: Metric = (gold, answer) => {
  const keys = (text: string): ReadonlySet<string> => {
    const all = elements(text);
    // A list inside makes no set in Python: nothing is left of it, on either side.
    const whole = all.every(
      (item) => typeof item !== 'object' || item === null || item.kind === 'tuple',
    );
    return new Set(whole ? all.map(literalKey) : []);
  };
  const [a, b] = [keys(gold), keys(answer)];
  return isNone(gold) === isNone(answer) && a.size === b.size && [...a].every((key) => b.has(key));
};

const sequenceEqual: Metric = (gold, answer) => {
  const [a, b] = [elements(gold).map(literalKey), elements(answer).map(literalKey)];
  return isNone(gold) === isNone(answer) && a.length === b.length && a.join() === b.join();
};

const metrics: ReadonlyMap<string, Metric> = new Map<string, Metric>([
  ['exact_str_match', exact],
  ['exact_str_match_case_insensitive', caseBlind],
  ['simple_str_match', simple],
  ['general_single_numerical_match', numeric],
  ['number_rel_diff_ratio', ratio],
  ['latex_expr_equality', latex],
  ['set_equality', setEqual],
  ['sequence_equality', sequenceEqual],
]);

/** The number a short piece of LaTeX or plain arithmetic stands for; undefined when it has symbols, a degree mark or is none. */
function valueOf(text: string, meter: Meter): number | undefined {
  if (text.length > 400 || /[a-zA-Z]/.test(text.replace(/\\[a-zA-Z]+/g, ''))) return undefined;
  if (/\{\}|\\circ/.test(text)) return undefined;
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
