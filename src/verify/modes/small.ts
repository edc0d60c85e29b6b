import type { Meter } from '../budget.ts';
import type { VerifyInput } from '../input.ts';
import { findBoxes } from '../extract/boxes.ts';
import { strictPolicy } from '../policy.ts';
import { verdictOf, verifyStrict } from '../strict.ts';
import type { Reason, Verdict } from '../verdict.ts';

interface House {
  readonly golds: readonly string[];
  readonly response: string;
}

function houseOf(input: VerifyInput, meter: Meter): House {
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  const response = input.prediction.slice(-meter.budget.responseLength);
  meter.spend(1 + (response.length >> 5));
  return { golds: golds.filter((gold) => gold.trim() !== ''), response };
}

function decided(
  answer: string | undefined,
  right: boolean,
  missing: Reason,
  { note, meter }: { readonly note: string; readonly meter: Meter },
): Verdict {
  if (answer === undefined) return verdictOf({ reason: missing, notes: [note] }, meter);
  const found = { text: answer, start: 0, end: answer.length, via: 'whole' as const };
  return verdictOf({ reason: right ? 'house-rule' : 'text-differs', notes: [note], found }, meter);
}

/** GSM8K: what follows the last `#### `; else the last number of the last 300 characters. String equality without `,` and `$`. */
export function verifyGsm8k(input: VerifyInput, meter: Meter): Verdict {
  const { golds, response } = houseOf(input, meter);
  if (golds.length === 0) return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const plain = (text: string): string => text.replace(/[,$\s]/g, '').replace(/\.$/, '');
  const marked = (text: string): string | undefined =>
    /^-?[\d.,]+/.exec(text.slice(text.lastIndexOf('#### ') + 5).trim())?.[0];
  const gold = golds.map((text) => plain(text.includes('#### ') ? (marked(text) ?? text) : text));
  const answer =
    input.extraction ??
    (response.includes('#### ')
      ? marked(response)
      : [...response.slice(-300).matchAll(/-?\$?\d[\d,]*(?:\.\d+)?/g)].at(-1)?.[0]);
  return decided(answer, answer !== undefined && gold.includes(plain(answer)), 'no-phrase', {
    note: 'gsm8k',
    meter,
  });
}

/** We-Math: the first character after the last "Answer" once `> < : .` are removed, if it is A to H. */
export function verifyWeMath(input: VerifyInput, meter: Meter): Verdict {
  const { golds, response } = houseOf(input, meter);
  if (golds.length === 0) return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const at = response.lastIndexOf('Answer');
  const rest =
    at < 0
      ? ''
      : response
          .slice(at + 'Answer'.length)
          .replace(/[><:.]/g, '')
          .trim();
  const letter = input.extraction ?? (/^[A-H]/.test(rest) ? rest.charAt(0) : undefined);
  return decided(letter, letter !== undefined && golds.includes(letter), 'no-phrase', {
    note: 'wemath',
    meter,
  });
}

/** DynaMath: JSON with `short answer`; numbers within 0.001, letters, else containment of the gold text. */
export function verifyDynaMath(input: VerifyInput, meter: Meter): Verdict {
  const { golds, response } = houseOf(input, meter);
  if (golds.length === 0) return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const answer = input.extraction ?? shortAnswer(response);
  const right =
    answer !== undefined && golds.some((gold) => dynaMathEqual(gold, answer, input, meter));
  return decided(answer, right, 'no-phrase', { note: 'dynamath', meter });
}

function shortAnswer(response: string): string | undefined {
  const at = response.lastIndexOf('"short answer"');
  if (at >= 0) {
    const found = /^\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(-?[\d.eE+-]+))/.exec(
      response.slice(at + 14, at + 4_000),
    );
    if (found !== null) return found[1] ?? found[2];
  }
  const box = findBoxes(response).boxes.at(-1);
  return box === undefined ? undefined : response.slice(box.start, box.end).trim();
}

function dynaMathEqual(gold: string, answer: string, input: VerifyInput, meter: Meter): boolean {
  const kind =
    input.answerType ??
    (/^-?\d*\.?\d+$/.test(gold.trim())
      ? 'float'
      : /^[A-Z]$/.test(gold.trim())
        ? 'multiple choice'
        : 'text');
  if (kind === 'float') {
    const [a, b] = [Number(gold), Number(answer.replace(/[,$\s]/g, ''))];
    if (Number.isFinite(a) && Number.isFinite(b) && answer.trim() !== '')
      return Math.abs(a - b) <= 0.001;
  }
  if (kind === 'text') return answer.toLowerCase().includes(gold.trim().toLowerCase());
  return verifyStrict({ ...input, gold, prediction: answer, source: 'answer' }, strictPolicy, meter)
    .correct;
}

/** LogicVista: the set of letters of the box, the last answer phrase or a short reply. */
export function verifyLogicVista(input: VerifyInput, meter: Meter): Verdict {
  const { golds, response } = houseOf(input, meter);
  if (golds.length === 0) return verdictOf({ reason: 'gold-empty', notes: [] }, meter);
  const text = input.extraction ?? logicAnswer(response);
  const letters = text === undefined ? [] : lettersOf(text);
  const answer = letters.length === 0 ? undefined : letters.join(', ');
  const right = golds.some((gold) => lettersOf(gold).join(', ') === answer);
  return decided(answer, right, 'no-phrase', { note: 'logicvista', meter });
}

function logicAnswer(response: string): string | undefined {
  const box = findBoxes(response).boxes.at(-1);
  if (box !== undefined) return response.slice(box.start, box.end);
  const phrase = [
    ...response.slice(-600).matchAll(/answer(?:s)?\s*(?:is|are|:)\s*:?([^\n.]{1,80})/gi),
  ].at(-1)?.[1];
  return phrase ?? (response.trim().length <= 20 ? response.trim() : undefined);
}

function lettersOf(text: string): readonly string[] {
  const plain = text.replace(/\\(?:text|mathrm|textbf)\{([^{}]*)\}/g, '$1');
  const found = [...plain.matchAll(/(?<![A-Za-z])[A-H](?![A-Za-z])/g)].map((match) => match[0]);
  const glued =
    found.length === 0 && /^[A-H]{2,4}$/.test(plain.trim()) ? Array.from(plain.trim()) : found;
  return [...new Set(glued)].sort();
}

/** MathVerse without a judge: `strict` with the options parsed out of the question, letters in prose of the last line. */
export function verifyMathVerse(input: VerifyInput, meter: Meter): Verdict {
  const choices = input.choices ?? optionsOfQuestion(input.question ?? '');
  const withChoices = choices.length > 0 ? { ...input, choices } : input;
  if (input.extraction !== undefined)
    return verifyStrict(
      { ...withChoices, prediction: input.extraction, source: 'auto' },
      strictPolicy,
      meter,
    );
  return verifyStrict(withChoices, strictPolicy, meter);
}

/** `Choices:` and lines `A:…`, or inline `A. … B. …`. */
export function optionsOfQuestion(question: string): readonly string[] {
  const at = question.search(/choices\s*:/i);
  const part = (at < 0 ? question : question.slice(at + 8)).slice(0, 4_000);
  const marks = [...part.matchAll(/(?:^|[\s(])\(?([A-H])\s*[:.)]\s*/g)];
  const options: string[] = [];
  for (const [index, mark] of marks.entries()) {
    if (mark[1] !== String.fromCharCode(65 + options.length)) continue;
    const start = (mark.index ?? 0) + mark[0].length;
    const next = marks
      .slice(index + 1)
      .find((later) => later[1] === String.fromCharCode(66 + options.length));
    options.push(part.slice(start, next?.index ?? part.length).trim());
  }
  return options.length >= 2 ? options : [];
}
