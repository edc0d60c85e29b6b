import type { Case, ExampleRow } from './cases.ts';
import { caseOfExample, inputOfExample } from './cases.ts';
import { verify } from './verify.ts';

/** A group of the example collection, judged. */
export interface Group {
  readonly name: string;
  readonly cases: number;
  readonly correct: number;
  readonly falsePositives: number;
  /** Identifiers of the rows whose verdict is not the expected one. */
  readonly misses: readonly string[];
}

export interface Bar {
  readonly correct: number;
  readonly falsePositives: number;
}

/**
 * Least correct and most false positives per group of the collection of 1,126. `strict` on MATH-V
 * choice: four replies are right by every rule of ours and wrong for the official scorer.
 */
export const bars: ReadonlyMap<string, Bar> = new Map<string, Bar>([
  ['human-written, no tag', { correct: 140, falsePositives: 0 }],
  ["of these Math-Verify's own suite", { correct: 84, falsePositives: 0 }],
  ['human-written, tagged', { correct: 50, falsePositives: 0 }],
  ['gold solutions MATH-500', { correct: 175, falsePositives: 0 }],
  ['gold solutions GSM8K', { correct: 53, falsePositives: 0 }],
  ['rotated negatives', { correct: 175, falsePositives: 0 }],
  ['MATH-V free-form, mode', { correct: 125, falsePositives: 0 }],
  ['MATH-V free-form, strict', { correct: 124, falsePositives: 0 }],
  ['MATH-V choice, mode', { correct: 140, falsePositives: 0 }],
  ['MATH-V choice, strict', { correct: 136, falsePositives: 4 }],
  ['MMMU-Pro, mode', { correct: 149, falsePositives: 0 }],
  ['MMMU-Pro, strict', { correct: 146, falsePositives: 1 }],
  ['MathVista free-form, rules', { correct: 53, falsePositives: 0 }],
  ['MathVista choice, rules', { correct: 54, falsePositives: 0 }],
  ['MathVista from the official extraction', { correct: 115, falsePositives: 0 }],
  ['reference against the measured rule', { correct: 1_109, falsePositives: 1_126 }],
  ['reference, letter golds', { correct: 301, falsePositives: 1_126 }],
]);

interface Row extends ExampleRow {
  readonly ref?: { readonly vl_rethinker_rule?: number };
}

interface Judged {
  readonly id: string;
  readonly right: boolean;
  readonly falsePositive: boolean;
}

/** Judges the collection group by group, each row by the rule of its own source. */
export function scoreboard(rows: readonly Row[]): readonly Group[] {
  const human = rows.filter((row) => row.label === 'human-written test');
  const plain = human.filter((row) => (row.policy ?? []).length === 0);
  const of = (part: string, category?: string): readonly Row[] =>
    rows.filter(
      (row) => row.source?.includes(part) && (category === undefined || row.category === category),
    );
  const gold = rows.filter((row) => row.label === 'derived: dataset gold');
  const [free, choice] = ['bench-freeform', 'mc-choice-response'];
  return [
    group('human-written, no tag', plain, own),
    group(
      "of these Math-Verify's own suite",
      plain.filter((row) => row.source === 'huggingface/Math-Verify'),
      own,
    ),
    group(
      'human-written, tagged',
      human.filter((row) => (row.policy ?? []).length > 0),
      own,
    ),
    group(
      'gold solutions MATH-500',
      gold.filter((row) => row.source?.startsWith('hendrycks')),
      own,
    ),
    group(
      'gold solutions GSM8K',
      gold.filter((row) => row.source?.startsWith('openai')),
      own,
    ),
    group(
      'rotated negatives',
      rows.filter((row) => row.label === 'derived: rotation'),
      own,
    ),
    group('MATH-V free-form, mode', of('MATH-V', free), own),
    group('MATH-V free-form, strict', of('MATH-V', free), strict),
    group('MATH-V choice, mode', of('MATH-V', choice), own),
    group('MATH-V choice, strict', of('MATH-V', choice), strict),
    group('MMMU-Pro, mode', of('mmmu-pro'), own),
    group('MMMU-Pro, strict', of('mmmu-pro'), strict),
    group('MathVista free-form, rules', of('MathVista', free), own),
    group('MathVista choice, rules', of('MathVista', choice), own),
    group('MathVista from the official extraction', of('MathVista'), extracted),
    group('reference against the measured rule', rows, reference),
    group(
      'reference, letter golds',
      rows.filter((row) => /^[A-K]$/.test(row.gold.trim())),
      reference,
    ),
  ];
}

function group(name: string, rows: readonly Row[], judge: (row: Row) => Judged): Group {
  const judged = rows.map(judge);
  return {
    name,
    cases: judged.length,
    correct: judged.filter((one) => one.right).length,
    falsePositives: judged.filter((one) => one.falsePositive).length,
    misses: judged.filter((one) => !one.right).map((one) => one.id),
  };
}

function judged(row: Row, correct: boolean): Judged {
  return {
    id: row.id,
    right: correct === row.expected,
    falsePositive: correct && row.expected === false,
  };
}

function own(row: Row): Judged {
  const found: Case = caseOfExample(row);
  return judged(row, verify(found.input, { mode: found.mode, policy: found.policy }).correct);
}

function strict(row: Row): Judged {
  return judged(row, verify(inputOfExample(row)).correct);
}

function extracted(row: Row): Judged {
  const extraction = row.options?.['official_extraction'];
  const input = {
    ...inputOfExample(row),
    extraction: typeof extraction === 'string' ? extraction : '',
  };
  return judged(row, verify(input, { mode: 'mathvista' }).correct);
}

/** Three-valued agreement with the rule of the released code. */
function reference(row: Row): Judged {
  const input = { gold: row.gold, prediction: row.prediction, source: 'response' } as const;
  const score = verify(input, { mode: 'reference' }).referenceScore;
  return { id: row.id, right: score === row.ref?.vl_rethinker_rule, falsePositive: false };
}

/** Reason codes of the missed rows in `strict`, for the message of a failed run. */
export function reasonsOfMisses(
  rows: readonly Row[],
  misses: readonly string[],
): readonly string[] {
  return rows
    .filter((row) => misses.includes(row.id))
    .map(
      (row) =>
        `${row.id}: expected ${row.expected}, ${own(row).right ? 'right' : 'wrong'} in its mode, strict says ${verify(inputOfExample(row)).reason}`,
    );
}
