import { verify } from '#verify';
import type { PythonValue } from '#data';
import { arithmetic } from './arithmetic.ts';
import { isNumber, literalOf, PythonRaised, strOf } from './python.ts';
import { bit, simple, textOf } from './strings.ts';
import type { MegaMetric } from './strings.ts';

/** 1 at equality, falling with the relative difference to 0. */
export const ratio: MegaMetric = (answer, gold) => {
  const given = isNumber(answer) ? answer : literalOf(textOf(answer));
  if (given === undefined || !isNumber(given)) return 0;
  const wanted = literalOf(textOf(gold));
  if (wanted === undefined || !isNumber(wanted)) return 0;
  if (Number(wanted) === 0) throw new PythonRaised('division by zero');
  return Math.max(0, 1 - Math.abs((Number(given) - Number(wanted)) / Number(wanted)));
};

/** −1, which does not count, where neither is positive. */
export const positiveInt: MegaMetric = (answer, gold) => {
  const given = literalOf(textOf(answer));
  const whole = (value: PythonValue | undefined): bigint | undefined =>
    typeof value === 'bigint' ? value : typeof value === 'boolean' ? BigInt(value) : undefined;
  if (textOf(gold) === '') return 0;
  const [a, b] = [whole(given), whole(literalOf(textOf(gold)))];
  if (b === undefined) throw new PythonRaised('no whole number');
  if (a === undefined) return 0;
  return a <= 0n && b <= 0n ? -1 : bit(a === b);
};

/** Within one hundredth of the reference; π is 3.14, a percent sign ÷ 100; texts as simple texts. */
export const numerical: MegaMetric = (answer, gold) => {
  const [given, wanted] = [assigned(bare(strOf(answer))), assigned(bare(textOf(gold)))];
  const [a, b] = [numberOf(given), numberOf(wanted)];
  if (a === undefined || b === undefined) return simple(given, wanted);
  if (Array.isArray(a) && Array.isArray(b)) return bit(within(a, b));
  if (typeof a !== 'number' || typeof b !== 'number') return 0;
  return bit(near(a, b));
};

/** The same for what stands in a box. */
export const boxedNumerical: MegaMetric = (answer, gold) => {
  const inner = (text: string): string =>
    /\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}/.exec(text)?.[1] ?? text;
  return numerical(inner(strOf(answer)), inner(textOf(gold)));
};

const near = (a: number, b: number): boolean => {
  const room = Math.abs(b) * 0.01;
  return a >= b - room && a <= b + room;
};

const within = (a: readonly number[], b: readonly number[]): boolean => {
  if (a.length !== b.length) return false;
  const [x, y] = [[...a].sort((p, q) => p - q), [...b].sort((p, q) => p - q)];
  return x.every((value, index) => near(value, y[index] ?? Number.NaN));
};

/** Without `\( \)` and `\[ \]`. */
const bare = (text: string): string =>
  text.replaceAll(/\\\((.*?)\\\)/g, '$1').replaceAll(/\\\[(.*?)\\\]/g, '$1');

/** What follows the first sign of equality. */
const assigned = (text: string): string =>
  /(?:=|≈|\\approx)\s*(.+)/.exec(text)?.[1]?.trim() ?? text;

function numberOf(given: string): number | readonly number[] | undefined {
  const text = withoutUnits(given);
  const direct = floatOf(text);
  if (direct !== undefined) return direct;
  const value = verifiedNumber(text);
  if (value !== undefined) return value;
  const data = literalOf(text);
  if (!Array.isArray(data) || !data.every(isNumber)) return undefined;
  // Lists are compared sorted; tuples never are.
  return Object.isFrozen(data) ? [Number.NaN] : (data as readonly PythonValue[]).map(Number);
}

function floatOf(text: string): number | undefined {
  const plain = text.trim();
  return /^[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(plain)
    ? Number(plain.replaceAll('_', ''))
    : undefined;
}

function withoutUnits(given: string): string {
  let text = given.replaceAll('\\pi', 'π');
  text = text.replaceAll(/(?<![\d}])\\?π/g, '3.14').replaceAll(/(\d)(?:\\?π)/g, '$1*3.14');
  text = text.replaceAll(/\{\\?π\}/g, '3.14').replaceAll(/\*\\?π/g, '*3.14');
  text = text.replaceAll('%', '/100');
  for (const unit of ['$', '¥', '°C', ' C', '°']) text = text.replaceAll(unit, '');
  return text;
}

/** The number of an arithmetic or LaTeX text, within what the comparison of one hundredth needs. */
function verifiedNumber(text: string): number | undefined {
  if (text.length > 400 || /[a-zA-Z]/.test(text.replaceAll(/\\[a-zA-Z]+/g, ''))) return undefined;
  return arithmetic(text);
}

/** Equal expressions, judged by our own rules; simple texts where they do not read. */
export const latex: MegaMetric = (answer, gold) => {
  if (typeof answer !== 'string' || typeof gold !== 'string') return 0;
  if (simple(answer, gold) === 1) return 1;
  return bit(
    verify(
      {
        gold,
        prediction: answer,
        extraction: answer,
        source: 'answer',
        answerType: 'latex_expr_equality',
      },
      { mode: 'megabench' },
    ).correct,
  );
};

/** Text and formulas between dollars, each for itself. */
export const textWithLatex: MegaMetric = (answer, gold) => {
  if (typeof answer !== 'string' || typeof gold !== 'string') return 0;
  const split = (text: string): readonly [string, string] => {
    const parts = text.split(/(\$[^$]*\$)/);
    const formula = (part: string): boolean =>
      part.length > 0 && part.startsWith('$') && part.endsWith('$');
    return [
      parts
        .filter((part) => !formula(part))
        .map((part) => part.trim())
        .join('')
        .replaceAll(',', ''),
      parts
        .filter(formula)
        .map((part) => part.slice(1, -1).trim().replaceAll(',', ''))
        .join(' '),
    ];
  };
  const [[text, formulas], [wantedText, wantedFormulas]] = [split(answer), split(gold)];
  return bit(simple(text, wantedText) === 1 && latex(formulas, wantedFormulas) === 1);
};
