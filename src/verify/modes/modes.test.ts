import { expect, test } from 'vitest';
import type { Mode, VerifyInput } from '../input.ts';
import { verify } from '../verify.ts';
import { nearestOption } from './edit-distance.ts';
import { extractEmma } from './emma.ts';
import { mathRuler } from './geometry3k.ts';
import { Meter, defaultBudget } from '../budget.ts';
import { extractMathVision } from './mathvision.ts';
import { parseAnswerString } from './mega-answer.ts';
import { boxToAnswer } from './megabench.ts';
import { parseLetter, parseLetterPro } from './mmmu.ts';
import { optionsOfQuestion } from './small.ts';

const judge = (
  mode: Mode,
  input: Partial<VerifyInput> & Pick<VerifyInput, 'gold' | 'prediction'>,
): boolean => verify({ source: 'response', ...input }, { mode }).correct;

/** Measured on the released rule: gold, response, score. */
test.each([
  ['A', '\\boxed{A. 5 cm}', 1],
  ['A', '\\boxed{(A)}', 0],
  ['A', '\\boxed{\\text{A}}', 0],
  ['A', '\\boxed{ A}', 0],
  ['A', '\\boxed {A}', 0],
  ['A', '\\boxed{Apple}', 1],
  ['A', '\\boxed{AB}', 1],
  ['A', '\\boxed{a}', 0],
  ['A', 'Answer: A', 1],
  ['A', 'Answer: A\n\\boxed{B}', 1],
  ['A', '\\boxed{A} then \\boxed{B}', 1],
  ['A', '1234567A', 1],
  ['AB', '\\boxed{ABC}', 1],
  ['30^\\circ', '\\boxed{30}', 1],
  ['30°', '\\boxed{30}', 0],
  ['-3', '\\boxed{−3}', 1],
  ['blue', '\\boxed{Blue}', 1],
  ['5', '\\boxed{5\\text{ cm}}', 0],
  ['50\\%', '\\boxed{50}', 0],
  ['50\\%', '\\boxed{0.5}', 1],
  ['\\frac13', '\\boxed{0.333}', 0],
  ['\\frac13', '\\boxed{0.333333}', 1],
  ['(1,2)', '\\boxed{1,2}', 1],
  ['(1,2)', '\\boxed{(2,1)}', 0],
  ['1,2', '\\boxed{2,1}', 1],
  ['[1,2)', '\\boxed{1\\le x<2}', 1],
  ['2\\pi', '\\boxed{6.283185}', 1],
  ['2\\pi', '\\boxed{6.28}', 0],
  ['1.5\\times10^{3}', '\\boxed{1500}', 1],
  ['2:3', '\\boxed{\\frac23}', 1],
  ['\\varnothing', '\\boxed{\\emptyset}', 1],
  ['5', 'so it is. Final answer is 5.', 1],
  ['3', '\\boxed{three}', 0],
  ['2x+y=1', '\\boxed{1}', 1],
  ['1', '\\boxed{2x+y=1}', 0],
  ['', '\\boxed{1}', -1],
])('reference: gold %s, response %s: %i', (gold, prediction, score) => {
  const verdict = verify({ gold, prediction, source: 'response' }, { mode: 'reference' });
  expect(verdict.referenceScore).toBe(score);
  expect(verdict.correct).toBe(score === 1);
});

test('reference notes validity apart from the score', () => {
  const notes = (prediction: string): readonly string[] =>
    verify({ gold: '5', prediction, source: 'response' }, { mode: 'reference' }).notes;
  expect(notes('\\boxed{5}')).toContain('invalid:No eos.');
  expect(notes('\\boxed{5}<|im_end|>')).toEqual(['reference']);
  expect(notes(`${'wait '.repeat(6)}\\boxed{5}<|im_end|>`)).toContain('invalid:too many waits');
});

test.each([
  ['The answer is (C).', 'c'],
  ['so $x = \\boxed{a^2=4}$', '4'],
  ['\\boxed{(B)}.', 'b'],
  ['E', 'e'],
  ['The final answer is 7.', '7'],
  ['$\\boxed{\\frac12}$', '\\frac12'],
  ['$\\boxed{\\sqrt2}$', '\\sqrt{2}'],
  ['$\\boxed{90^\\circ}$', '90'],
])('mathvision extracts from %j: %j', (response, text) => {
  expect(extractMathVision(response)).toBe(text);
});

test('mathvision rounds to two places and takes the option text', () => {
  expect(judge('mathvision', { gold: '1/3', prediction: '\\boxed{0.333}' })).toBe(true);
  expect(
    judge('mathvision', {
      gold: 'B',
      prediction: '\\boxed{7}',
      choices: ['5', '7', '9', '11', '13'],
    }),
  ).toBe(true);
  expect(
    judge('mathvision', {
      gold: 'B',
      prediction: '\\boxed{9}',
      choices: ['5', '7', '9', '11', '13'],
    }),
  ).toBe(false);
});

test('mathvista compares by kind of answer; the nearest option counts only for an official extraction', () => {
  const choices = ['60°', '45°', '30°'];
  expect(judge('mathvista', { gold: '30°', prediction: 'So the answer is (C).', choices })).toBe(
    true,
  );
  expect(
    judge('mathvista', { gold: '30°', prediction: '', extraction: '30 degrees', choices }),
  ).toBe(true);
  expect(judge('mathvista', { gold: '30°', prediction: 'no idea', choices })).toBe(false);
  expect(
    judge('mathvista', { gold: '3', prediction: '', extraction: '3.7', answerType: 'integer' }),
  ).toBe(true);
  expect(
    judge('mathvista', {
      gold: '1.0',
      prediction: '',
      extraction: '1',
      answerType: 'float',
      precision: 1,
    }),
  ).toBe(true);
  expect(
    judge('mathvista', {
      gold: '2.67',
      prediction: '',
      extraction: '2.675',
      answerType: 'float',
      precision: 2,
    }),
  ).toBe(true);
  expect(nearestOption('yess', ['no', 'yes'])).toBe('yes');
});

test('the MMMU parsers take brackets, then lone letters, then option texts', () => {
  const choices = ['cat', 'dog', 'cow'];
  expect(parseLetter('I pick (B) or (C)', choices, false)).toBe('C');
  expect(parseLetter('A', choices, false)).toBe('A');
  expect(parseLetter('It is most certainly the dog here', choices, false)).toBe('B');
  expect(parseLetter('none', choices, false)).toBeUndefined();
  expect(parseLetterPro('Answer: B', choices)).toBe('B');
  expect(parseLetterPro('B. dog', choices)).toBe('B');
  const verdict = verify(
    { gold: 'A', prediction: 'none', source: 'response', choices },
    { mode: 'mmmu-pro' },
  );
  expect(verdict.notes).toContain('random-guess');
});

test('mmmu short answers match by number or containment', () => {
  expect(judge('mmmu', { gold: '3.429', prediction: 'So the ratio is 3.43.' })).toBe(true);
  expect(judge('mmmu', { gold: ['Tampa', 'Florida'], prediction: 'The city is Tampa.' })).toBe(
    true,
  );
  expect(judge('mmmu', { gold: '24', prediction: 'The answer is 25.' })).toBe(false);
});

test.each([
  ['b', 'B'],
  ['C: because', 'C'],
  ['so \\boxed{\\text{D}}', 'D'],
  ['The correct answer is 12. Done', '12'],
  ['nothing here', ''],
])('emma extracts from %j: %j', (response, text) => {
  expect(extractEmma(response)).toBe(text);
});

test('emma takes two places and the option text; number words are noted, as published verdicts have it', () => {
  const three = verify(
    { gold: '3', prediction: '\\boxed{three}', source: 'response' },
    { mode: 'emma' },
  );
  expect(three.correct).toBe(false);
  expect(three.notes).toContain('number-words');
  expect(judge('emma', { gold: 'B', prediction: '\\boxed{7}', choices: ['5', '7'] })).toBe(true);
  expect(judge('emma', { gold: '0.333', prediction: '\\boxed{\\frac{1}{3}}' })).toBe(true);
});

test.each([
  ['1/2', '\\frac{1}{2}', true],
  ['2/4', '1/2', false],
  ['4', '4.0', true],
  ['5\\text{ cm}', '5', true],
  ['30^\\circ', '30', true],
  ['2\\sqrt{3}', '\\sqrt{12}', true],
  ['50\\%', '50', true],
  ['(1,2)', '[1,2]', false],
  ['Blue', 'blue', true],
])('MathRuler: gold %s, answer %s: %s', (gold, given, correct) => {
  expect(mathRuler(given, gold, new Meter(defaultBudget))).toBe(correct);
});

test('geometry3k wants the last closed box, and an empty gold is unverifiable', () => {
  expect(judge('geometry3k', { gold: '12', prediction: 'x \\boxed{11} \\boxed{12}' })).toBe(true);
  expect(judge('geometry3k', { gold: '12', prediction: '12' })).toBe(false);
  expect(
    verify({ gold: '', prediction: 'None', source: 'response' }, { mode: 'geometry3k' }).status,
  ).toBe('unverifiable');
});

test('gsm8k compares strings behind the last ####, else the last number', () => {
  expect(judge('gsm8k', { gold: 'It costs 1,200.\n#### 1,200', prediction: 'so #### 1200' })).toBe(
    true,
  );
  expect(judge('gsm8k', { gold: '18', prediction: 'She makes $18.' })).toBe(true);
  expect(judge('gsm8k', { gold: '18', prediction: 'She makes $18.50' })).toBe(false);
});

test('we-math, dynamath and logicvista follow their own rules', () => {
  expect(judge('wemath', { gold: 'C', prediction: 'Answer>: C. text' })).toBe(true);
  expect(judge('wemath', { gold: 'C', prediction: 'Answer: none' })).toBe(false);
  const reply = '{"solution": "…", "short answer": "2.0005"}';
  expect(judge('dynamath', { gold: '2', prediction: reply, answerType: 'float' })).toBe(true);
  expect(judge('dynamath', { gold: '2.01', prediction: reply, answerType: 'float' })).toBe(false);
  expect(judge('logicvista', { gold: 'A, C', prediction: 'The answers are C and A.' })).toBe(true);
  expect(judge('logicvista', { gold: 'A', prediction: '\\boxed{B}' })).toBe(false);
});

test('mathverse parses the options out of the question', () => {
  const question = 'What is x?\nChoices:\nA:30°\nB:45°\nC:60°';
  expect(optionsOfQuestion(question)).toEqual(['30°', '45°', '60°']);
  expect(judge('mathverse', { gold: 'B', prediction: '\\boxed{45^\\circ}', question })).toBe(true);
  expect(judge('mathverse', { gold: 'B', prediction: '\\boxed{60}', question })).toBe(false);
});

test('mega-bench reads Answer: and compares by the named metric', () => {
  expect(parseAnswerString('I think.\n**Answer: "left"**')).toBe('left');
  expect(judge('megabench', { gold: 'left', prediction: '\\boxed{left}' })).toBe(false);
  expect(parseAnswerString(boxToAnswer('so \\boxed{left}'))).toBe('left');
  expect(judge('megabench', { gold: 'B', prediction: 'Answer: (B)' })).toBe(true);
  expect(
    judge('megabench', {
      gold: '[1, 2]',
      prediction: 'Answer: [2, 1]',
      answerType: 'set_equality',
    }),
  ).toBe(true);
  expect(
    judge('megabench', {
      gold: '100',
      prediction: 'Answer: 100.5',
      answerType: 'general_single_numerical_match',
    }),
  ).toBe(true);
});

test('a verdict of every mode on an empty gold is unverifiable', () => {
  for (const mode of [
    'mathvista',
    'mathvision',
    'mmmu',
    'emma',
    'megabench',
    'gsm8k',
    'wemath',
    'dynamath',
    'logicvista',
    'mathverse',
  ] as const)
    expect(
      verify({ gold: ' ', prediction: '\\boxed{1}', source: 'response' }, { mode }).status,
    ).toBe('unverifiable');
});

test('mmmu-pro: of several letters before points the first counts, as none stands between blanks', () => {
  expect(parseLetterPro('either A. or B. here', ['w', 'x', 'y', 'z'])).toBe('A');
});

test('mathvision: a fraction that a full stop kept as a/b is not evaluated, in a box it is', () => {
  const gold = '\\frac{4}{3}';
  expect(judge('mathvision', { gold, prediction: 'The answer is 4/3.' })).toBe(false);
  expect(judge('mathvision', { gold, prediction: 'so \\boxed{4/3}' })).toBe(true);
});

test('mathvision reads LaTeX as far as it goes', () => {
  const right = (gold: string, prediction: string): boolean =>
    judge('mathvision', { gold, prediction });
  expect(right('0.25', 'It is \\boxed{\\frac{1}{4}}. The answer is: \\frac{1}{4}')).toBe(true);
  expect(right('$3: 16$', '\\boxed{3:16}')).toBe(true);
  expect(right('45', 'The angle is 45°')).toBe(false);
});
