import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { locateDataset } from '#data';
import {
  benchmarkOf,
  holdsItems,
  readItems,
  readResponses,
  scoreDocument,
  scoreResponses,
} from '#eval';
import type { ScoreReport } from '#eval';
import { chosenFiles } from '../../src/eval/read-items.ts';
import { folderOf, lines } from './rows.ts';

async function score(name: string, responses: string, data?: string): Promise<ScoreReport> {
  const benchmark = benchmarkOf(name);
  const found = await locateDataset(responses);
  const given = await readResponses(found.files, found.root, benchmark);
  const items =
    data === undefined ? undefined : await readItems(benchmark, await locateDataset(data));
  return scoreResponses(benchmark, given, items?.items);
}

const examples = fileURLToPath(
  new URL('../../../shared/data/verify_examples.json', import.meta.url),
);

interface Example {
  readonly id: string;
  readonly gold: string;
  readonly prediction: string;
  readonly expected: boolean;
  readonly source: string;
  readonly label: string;
  readonly options: Readonly<Record<string, unknown>>;
}

test.skipIf(!existsSync(examples)).each([
  ['mathvision', 'MATH-V', 265],
  ['mmmu-pro', 'MMMU', 149],
  ['mathvista', 'MathVista', 115],
])('%s agrees with its official scorer on every example', async (name, source, count) => {
  const all = JSON.parse(readFileSync(examples, 'utf8')) as readonly Example[];
  const own = all.filter(
    (each) => each.source.includes(source) && each.label.startsWith('official'),
  );
  const rows = own.map(({ id, gold, prediction, options }) => ({
    ...options,
    id,
    options: options['choices'] ?? [],
    answer: gold,
    response: prediction,
    ...(name === 'mathvista' ? { extraction: options['official_extraction'] } : {}),
    ...(name === 'mathvision' ? { model_answer: options['official_extraction'] } : {}),
    ...(name === 'mmmu-pro' ? { question: 'asked' } : {}),
  }));
  const report = await score(name, folderOf({ 'output.jsonl': lines(rows) }));
  const verdicts = new Map(
    report.scored.map(({ given, scores }) => [given.id, scores.official.status === 'correct']),
  );
  expect(own.length).toBe(count);
  expect(
    own.filter(({ id, expected }) => verdicts.get(id) !== expected).map(({ id }) => id),
  ).toEqual([]);
  expect(report.extractionsDiffer).toEqual([]);
});

test('MATH-V: the data is test.jsonl, the output has responses and the text that was extracted', async () => {
  const data = folderOf({
    'test.jsonl': lines([
      {
        id: '1',
        question: 'q',
        options: ['3', '4', '5', '6', '7'],
        answer: 'B',
        level: 2,
        subject: 'algebra',
        image: 'images/1.jpg',
      },
      {
        id: '2',
        question: 'q',
        options: [],
        answer: '0.5',
        level: 1,
        subject: 'counting',
        image: 'images/2.jpg',
      },
      {
        id: '3',
        question: 'q',
        options: [],
        answer: '7',
        level: 1,
        subject: 'counting',
        image: 'images/3.jpg',
      },
    ]),
  });
  const output = folderOf({
    'model.jsonl': lines([
      { id: '1', response: 'It is 4.', model_answer: '4' },
      { id: '2', response: 'so \\boxed{\\frac{1}{2}}' },
    ]),
  });
  const report = await score('mathvision', output, data);
  expect(report.scored.map(({ scores }) => scores.official.status)).toEqual(['correct', 'correct']);
  expect(report.unanswered).toEqual(['3']);
  const { scorers } = scoreDocument(benchmarkOf('mathvision'), report);
  expect(scorers['official']).toMatchObject({
    n: 2,
    correct: 2,
    wrong: 0,
    noAnswer: 0,
    score: 100,
  });
  expect(scorers['official']?.breakdowns['subject']).toMatchObject({
    algebra: { n: 1, correct: 1 },
    counting: { n: 1, correct: 1 },
  });
});

test('MMMU: a folder of output.json files, with answers from answer_dict_val.json; a guess is no answer', async () => {
  const choice = {
    question_type: 'multiple-choice',
    all_choices: ['A', 'B'],
    index2ans: { A: 'a red car', B: 'a blue car' },
  };
  const responses = folderOf({
    'Art/output.json': [{ id: 'validation_Art_1', ...choice, answer: 'B', response: '(B)' }],
    'Math/output.json': [
      { id: 'validation_Math_1', ...choice, answer: 'A', response: 'I cannot say.' },
      {
        id: 'validation_Math_2',
        question_type: 'short-answer',
        answer: "['24/7', '3.429']",
        response: 'The answer is 3.429',
      },
    ],
  });
  const data = folderOf({
    'answer_dict_val.json': {
      validation_Art_1: { question_type: 'multiple-choice', ground_truth: 'B' },
      validation_Math_1: { question_type: 'multiple-choice', ground_truth: 'A' },
      validation_Math_2: { question_type: 'short-answer', ground_truth: ['24/7', '3.429'] },
    },
  });
  for (const report of [await score('mmmu', responses), await score('mmmu', responses, data)]) {
    const status = Object.fromEntries(
      report.scored.map(({ item, scores }) => [item.id, scores.official.status]),
    );
    expect(status).toEqual({
      validation_Art_1: 'correct',
      validation_Math_1: 'no-answer',
      validation_Math_2: 'correct',
    });
    expect(report.tallies.official.guesses).toBe(1);
    expect(report.tallies.official.groups.get('domain')?.get('Science')?.counts.n).toBe(2);
  }
});

test('MMMU-Pro: options are a Python list in a text, the last Answer: line counts, parts are averaged', async () => {
  const row = { options: "['one', 'two', \"it's three\"]", answer: 'C', subject: 'Math' };
  const responses = folderOf({
    'gpt_standard (10 options)_cot.jsonl': lines([
      {
        id: 'test_Math_1',
        question: 'q <image 1>',
        ...row,
        response: 'Because A is small.\nAnswer: C',
      },
      { id: 'test_Math_2', question: 'q', ...row, response: 'Answer: B' },
    ]),
    'gpt_vision_cot.jsonl': lines([{ id: 'test_Math_1', ...row, response: 'Answer: C' }]),
  });
  const report = await score('mmmu-pro', responses);
  expect(report.scored.map(({ item }) => item.id)).toEqual([
    'standard/test_Math_1',
    'standard/test_Math_2',
    'vision/test_Math_1',
  ]);
  const { scorers } = scoreDocument(benchmarkOf('mmmu-pro'), report);
  expect(scorers['official']?.score).toBe(75);
});

test('MathVista: objects by pid; from an extraction the nearest option counts and is counted', async () => {
  const choice = {
    question_type: 'multi_choice',
    answer_type: 'text',
    choices: ['circle', 'square'],
    precision: null,
  };
  const responses = folderOf({
    'output_model.json': {
      '1': { pid: '1', ...choice, answer: 'square', response: 'a squre', extraction: 'squre' },
      '2': {
        pid: '2',
        question_type: 'free_form',
        answer_type: 'float',
        precision: 1,
        choices: null,
        answer: '1.0',
        response: 'about 1.04',
        extraction: '1.04',
      },
      '3': {
        pid: '3',
        question_type: 'free_form',
        answer_type: 'integer',
        choices: null,
        answer: '4',
        response: 'The answer is 4.',
      },
    },
  });
  const report = await score('mathvista', responses);
  expect(report.scored.map(({ scores }) => scores.official.status)).toEqual([
    'correct',
    'correct',
    'correct',
  ]);
  expect(report.tallies.official.nearest).toBe(1);
});

test('EMMA: letter or text of the option, the stored extraction where there is one, null for what failed', async () => {
  const responses = folderOf({
    'results.json': {
      math_1: {
        pid: 'math_1',
        options: ['3', '5'],
        answer: 'B',
        type: 'Multiple choice',
        category: 'a; b',
        response: 'so \\boxed{5}',
      },
      coding_1: {
        pid: 'coding_1',
        options: [],
        answer: '3',
        type: 'Open-ended',
        response: 'unclear',
        extraction: '\\frac{6}{2}',
      },
      coding_2: {
        pid: 'coding_2',
        options: [],
        answer: '3',
        type: 'Open-ended',
        response: null,
        extraction: null,
        true_false: false,
      },
    },
  });
  const report = await score('emma', responses);
  expect(report.scored.map(({ scores }) => scores.official.status)).toEqual(['correct', 'correct']);
  expect(report.failed).toEqual(['coding_2']);
  expect(report.faults).toEqual([]);
  expect([...(report.tallies.official.groups.get('category')?.keys() ?? [])]).toEqual(['a', 'b']);
});

test('MMMU: answers by id in one object count where no responses lie beside them', async () => {
  const data = folderOf({
    'answers_val.json': {
      validation_Art_1: { question_type: 'multiple-choice', ground_truth: 'B' },
      validation_Art_2: { question_type: 'short-answer', ground_truth: '24' },
    },
  });
  const letters = { validation_Art_1: 'B', validation_Art_2: 'It is 25.' };
  const alone = await score('mmmu', folderOf({ 'total.json': letters }), data);
  expect(alone.scored.map(({ scores }) => scores.official.status)).toEqual(['correct', 'wrong']);
  const row = {
    id: 'validation_Art_1',
    question_type: 'multiple-choice',
    answer: 'B',
    all_choices: ['A', 'B'],
    index2ans: { A: 'x', B: 'y' },
    response: 'A',
  };
  const beside = folderOf({ 'total.json': letters, 'Art.json': [row] });
  const both = await score('mmmu', beside, data);
  expect(both.scored.map(({ given }) => given.response)).toEqual(['A']);
});

test('what failed upstream is no wrong answer, and a row without a response is named', async () => {
  const row = { options: [], answer: '1' };
  const report = await score(
    'mathvision',
    folderOf({
      'r.jsonl': lines([
        { id: '1', ...row, response: '\\boxed{1}' },
        { id: '2', ...row, response: '[LMMS_EVAL_REQUEST_FAILED after 5 retries]' },
        { id: '3', ...row, response: 'Failed to obtain answer via API.' },
        { id: '4', ...row },
        { response: 'x' },
      ]),
    }),
  );
  expect(report.failed).toEqual(['2', '3']);
  expect(report.tallies.official.counts).toEqual({
    n: 1,
    correct: 1,
    wrong: 0,
    noAnswer: 0,
    unverifiable: 0,
  });
  expect(report.faults.map(({ row: at, id }) => [at, id])).toEqual([
    [4, '4'],
    [5, undefined],
  ]);
});

test('two different responses to one item are refused as mixed runs; the same one again is counted once', async () => {
  const row = { id: '1', options: [], answer: '1' };
  const mixed = folderOf({
    'a.jsonl': lines([{ ...row, response: '1' }]),
    'b.jsonl': lines([{ ...row, response: '2' }]),
  });
  await expect(score('mathvision', mixed)).rejects.toThrow(
    /a\.jsonl row 1 and b\.jsonl row 1; several runs are mixed/,
  );
  const padded = folderOf({
    'a.jsonl': lines([
      { ...row, response: '1' },
      { ...row, response: '1' },
    ]),
  });
  const report = await score('mathvision', padded);
  expect([report.scored.length, report.repeated]).toEqual([1, 1]);
});

test('an id with or without the prefix of its benchmark is found; an unknown one is listed', async () => {
  const data = folderOf({
    'test.jsonl': lines([
      { id: '1', question: 'q', options: [], answer: '1', image: 'images/1.jpg' },
    ]),
  });
  const responses = folderOf({
    'r.jsonl': lines([
      { id: 'mathvision-1', response: '\\boxed{1}' },
      { id: '99', response: '\\boxed{1}' },
    ]),
  });
  const report = await score('mathvision', responses, data);
  expect(report.scored.map(({ item }) => item.id)).toEqual(['1']);
  expect(report.unknown).toEqual(['99']);
});

test('scores of every breakdown that covers all items add up to the whole', async () => {
  const rows = Array.from({ length: 40 }, (_, index) => ({
    id: String(index),
    options: [],
    answer: String(index % 3),
    level: index % 5,
    subject: `s${index % 4}`,
    response: index % 7 === 0 ? '' : `\\boxed{${index % 2}}`,
  }));
  const report = await score('mathvision', folderOf({ 'r.jsonl': lines(rows) }));
  for (const tally of Object.values(report.tallies))
    for (const groups of tally.groups.values()) {
      const sum = (of: 'n' | 'correct' | 'wrong' | 'noAnswer'): number =>
        [...groups.values()].reduce((total, { counts }) => total + counts[of], 0);
      for (const of of ['n', 'correct', 'wrong', 'noAnswer'] as const)
        expect(sum(of)).toBe(tally.counts[of]);
    }
});

test('a file of the wrong columns is refused with what was found', async () => {
  const folder = folderOf({ 'test.jsonl': lines([{ number: 1, query: 'x' }]) });
  await expect(
    readItems(benchmarkOf('mathvision'), await locateDataset(join(folder))),
  ).rejects.toThrow(/expected rows of MathVision .*columns are number, query/);
});

test('of several splits the benchmark’s own counts, and of Parquet and JSON the Parquet files', () => {
  const chosen = (name: string, ...files: string[]) =>
    chosenFiles(benchmarkOf(name), { root: '/d', files: files.map((file) => `/d/${file}`) });
  expect(chosen('mathvision', 'test.jsonl', 'testmini.jsonl')).toEqual(['/d/test.jsonl']);
  expect(
    chosen('mathvista', 'annot_testmini.json', 'data/testmini-0.parquet', 'data/test-0.parquet'),
  ).toEqual(['/d/data/testmini-0.parquet']);
  expect(chosen('mmmu', 'Art/dev-0.parquet', 'Art/validation-0.parquet')).toEqual([
    '/d/Art/validation-0.parquet',
  ]);
  expect(
    chosen('mmmu-pro', 'standard (4 options)/test-0.parquet', 'vision/test-0.parquet'),
  ).toEqual(['/d/vision/test-0.parquet']);
  expect(holdsItems(benchmarkOf('mmmu'), 'Art/test-0.parquet')).toBe(false);
});
