import { expect, test } from 'vitest';
import type { Row } from '#data';
import { benchmarkOf, textOf, turnOf } from '#eval';

const at = { file: 'data/test.jsonl', asking: true };
const image = { bytes: null, path: 'images/x.png' };

function prompt(name: string, row: Row, template?: string): string {
  const benchmark = benchmarkOf(name);
  const item = benchmark.read(row, at);
  return textOf(turnOf(item, { name: template ?? benchmark.prompts[0] ?? '', trigger: undefined }));
}

test('MathVision: the sentence, the question with the first token replaced, the options', () => {
  const row = {
    id: '1',
    question: '<image1> and <image2>?',
    options: ['3', '4', '5', '6', '7'],
    answer: 'A',
    decoded_image: image,
  };
  expect(prompt('mathvision', row)).toBe(
    'Please solve the problem step by step and put your answer in one "\\boxed{}". If it is a multiple choice question, only one letter is allowed in the "\\boxed{}".\n<image> and <image2>?\n(A) 3\n(B) 4\n(C) 5\n(D) 6\n(E) 7',
  );
});

test('MathVision: options that are letters stand in the picture and are not printed; without a token the picture comes first', () => {
  const row = {
    id: '1',
    question: 'Which?',
    options: ['A', 'B', 'C', 'D', 'E'],
    answer: 'A',
    image: 'images/1.jpg',
  };
  expect(prompt('mathvision', row)).toMatch(/^<image>Please solve .*\nWhich\?$/s);
});

test('MMMU: tokens name columns by number, options are a Python list', () => {
  const row = {
    id: 'validation_Art_1',
    question: 'See <image 2>.',
    options: "['<image 1>', \"it's\"]",
    question_type: 'multiple-choice',
    answer: 'A',
    image_1: { bytes: null, path: 'one.png' },
    image_2: { bytes: null, path: 'two.png' },
  };
  const item = benchmarkOf('mmmu').read(row, at);
  const paths = (item.prompts['official'] ?? []).flatMap((piece) =>
    piece.kind === 'picture' && piece.cell.kind === 'path' ? [piece.cell.path] : [],
  );
  expect(paths).toEqual(['two.png', 'one.png']);
  expect(prompt('mmmu', row)).toBe(
    "See <image>.\n(A) <image>\n(B) it's\n\nAnswer with the option's letter from the given choices directly.",
  );
  expect(prompt('mmmu', { ...row, options: '[]', question_type: 'open' })).toBe(
    '<image>See <image>.\nAnswer the question using a single word or phrase.',
  );
});

test('MMMU-Pro: standard and vision, thinking and direct', () => {
  const row = {
    id: 'test_Art_1',
    question: 'Q',
    options: "['x', 'y']",
    answer: 'A',
    subject: 'Art',
  };
  expect(prompt('mmmu-pro', row)).toBe(
    "Q\nA. x\nB. y\nAnswer the preceding multiple choice question. The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of options. Think step by step before answering.",
  );
  expect(prompt('mmmu-pro', row, 'direct')).toBe(
    'Q\nA. x\nB. y\nAnswer with the option letter from the given choices directly.',
  );
  const { question: _, ...vision } = { ...row, image };
  expect(prompt('mmmu-pro', vision)).toMatch(
    /^<image>Write out the multiple-choice question in the image/,
  );
});

test('MathVista: the column query, else hint, question, unit and choices', () => {
  const row = {
    pid: '1',
    question: 'How old?',
    unit: 'years',
    choices: null,
    answer: '4',
    answer_type: 'integer',
    image: 'images/1.jpg',
  };
  expect(prompt('mathvista', row)).toBe(
    '<image>Hint: Please answer the question requiring an integer answer and provide the final value, e.g., 1, 2, 3, at the end.\nQuestion: How old? (Unit: years)',
  );
  expect(prompt('mathvista', { ...row, query: 'As given' })).toBe('<image>As given');
});

test('EMMA: context, question, options, instruction and strategy; direct differs in its last sentence', () => {
  const row = {
    pid: 'math_1',
    question: 'What is <image_1>?',
    options: ['3', '5'],
    answer: 'A',
    type: 'Multiple Choice',
    context: null,
    image_1: image,
  };
  expect(prompt('emma', row)).toBe(
    '\nWhat is <image>?\nA: 3\nB: 5\n\nAnswer with the option\'s letter from the given choices and put the letter in one "\\boxed{}". Please solve the problem step by step.',
  );
  expect(prompt('emma', { ...row, type: 'open-ended', options: null }, 'direct')).toBe(
    '\nWhat is <image>?\nAnswer the question using a single word or phrase and put the answer in one "\\boxed{}". Please ensure that your output only contains the final answer without any additional content (such as intermediate reasoning steps).',
  );
});

test('MathVerse: the columns query_cot and query_wo, options from the question', () => {
  const row = {
    sample_index: '1',
    question: 'Find x.\nChoices:\nA:1\nB:2',
    query_cot: 'cot',
    query_wo: 'wo',
    answer: 'A',
    question_type: 'multi-choice',
    problem_version: 'Text Lite',
    image,
    metadata: "{'subject': 'Functions'}",
  };
  expect([prompt('mathverse', row), prompt('mathverse', row, 'wo')]).toEqual([
    '<image>cot',
    '<image>wo',
  ]);
  const item = benchmarkOf('mathverse').read(row, at);
  expect(item.choices).toEqual(['1', '2']);
  expect(item.groups['subject']).toEqual(['Functions']);
});

test('a template of ours stands behind the question and its options', () => {
  const item = benchmarkOf('mathvision').read(
    { id: '1', question: 'Q <image1>', options: [], answer: '1', image: 'images/1.jpg' },
    at,
  );
  expect(textOf(turnOf(item, { name: 'default', trigger: 'Think.' }))).toBe('Q <image>\n\nThink.');
  expect(() => turnOf(item, { name: 'nothing', trigger: undefined })).toThrow(
    /expected a prompt among official/,
  );
});
