import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { verify } from '../verify.ts';
import { parseAnswerString } from './mega-answer.ts';
import { literalText, readLiteral } from './python-literal.ts';

interface Row {
  readonly metric: string;
  readonly parser: string;
  readonly answers: Readonly<Record<string, string>>;
  readonly response: string;
  readonly score: number;
}

/** Replies and the scores that MEGA-Bench's own code gives them. */
const rows: readonly Row[] = readFileSync(
  new URL('../../../test/fixtures/eval/mega-differential.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

test.each([
  'exact_str_match',
  'exact_str_match_case_insensitive',
  'simple_str_match',
  'general_single_numerical_match',
  'set_equality',
  'sequence_equality',
  'number_rel_diff_ratio',
])('a field read as a text is scored as by the official code: %s', (metric) => {
  const own = rows.filter((row) => row.metric === metric && row.parser === 'answer_string');
  expect(own.length).toBeGreaterThan(20);
  const wrong = own.filter(({ answers, response, score }) => {
    const [gold = ''] = Object.values(answers);
    const { correct } = verify(
      { gold, prediction: response, source: 'response', answerType: metric },
      { mode: 'megabench' },
    );
    // The ratio is a score between 0 and 1; a verdict asks for a difference of a hundredth at most.
    return correct !== (metric === 'number_rel_diff_ratio' ? score >= 0.99 : score === 1);
  });
  expect(wrong).toEqual([]);
});

test.each([
  ["('x',)", "('x',)"],
  ["{'a': [1, 2.0], 'b': None}", "{'a': [1, 2.0], 'b': None}"],
  ['["it\'s", "b"]', "[\"it's\", 'b']"],
  ['1, True', '(1, True)'],
  ['[1e400, -0.5, 1_000]', '[inf, -0.5, 1000]'],
  ['{1, 2}', '{1, 2}'],
  ['()', '()'],
])('the literal %s prints as %s', (text, printed) => {
  const value = readLiteral(text);
  expect(value).toBeDefined();
  expect(literalText(value ?? '')).toBe(printed);
});

test.each([
  '[1, 2',
  'a, b',
  '[1 2]',
  '{1: 2, 3}',
  "'x",
  '012',
  '[,]',
  '__import__("os")',
  '['.repeat(9_000),
  '['.repeat(200) + ']'.repeat(200),
  `[${'1,'.repeat(5_000)}1]`,
])('what is no literal is none: %s', (text) => expect(readLiteral(text)).toBeUndefined());

test.each([
  ['x\n**Answer: left**\nmore', 'left'],
  ['no\nthen answer: "right"', 'right'],
  ['Answer: B\n\nBecause I say so.', 'B'],
  ['Answer:\n```python\n[1,2]\n```', '[1, 2]'],
  ['left', 'left'],
])('the answer of %j is %j', (response, answer) => {
  expect(parseAnswerString(response)).toBe(answer);
});

test.each([
  ['[1, 2, 3]', '[3, 2.01, 1]', true],
  ['[1, 2, 3]', '[3, 2.1, 1]', false],
  ['(1, 2)', '(1, 2)', false],
  ['50%', '0.5', true],
  ['2\\pi', '6.28', true],
  ['x = 40', '40.3', true],
  ['40', '40.5', false],
])(
  'numbers agree within a hundredth, lists sorted, tuples never: %s, %s',
  (gold, answer, right) => {
    const input = { gold, prediction: `Answer: ${answer}`, source: 'response' } as const;
    const answerType = 'general_single_numerical_match';
    expect(verify({ ...input, answerType }, { mode: 'megabench' }).correct).toBe(right);
  },
);
