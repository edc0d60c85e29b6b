import { expect, test } from 'vitest';
import { configOf, verifyPolicy } from '#rl';
import { verify } from '#verify';

/** The verdict of a response as training asks for it. */
const judged = (
  gold: string,
  prediction: string,
  choices?: readonly string[],
  answer: 'box' | 'box_or_phrase' = 'box',
) =>
  verify(
    { gold, prediction, source: 'response', ...(choices === undefined ? {} : { choices }) },
    { policy: verifyPolicy(configOf({ 'reward.answer': answer }).reward) },
  );
const right = (gold: string, prediction: string, choices?: readonly string[]) =>
  judged(gold, prediction, choices).correct;

test('the last box counts, found by matching braces [R3] [rule 24]', () => {
  expect(right('4', 'First \\boxed{3}, but no: \\boxed{4}.')).toBe(true);
  expect(right('3', 'First \\boxed{3}, but no: \\boxed{4}.')).toBe(false);
  expect(right('\\frac{1}{2}', 'So \\boxed{\\frac{1}{2}}')).toBe(true);
  expect(right('\\{1,2\\}', 'So \\boxed{\\{1, 2\\}}')).toBe(true);
});

test('without a box there is no answer, whatever the response says [R3] [rule 24]', () => {
  for (const response of [
    'It is 42 then',
    'The answer is 42.',
    '<answer>42</answer>',
    '42',
    '\\boxed{42',
  ]) {
    expect([response, judged('42', response).status]).toEqual([response, 'no-answer']);
  }
  expect(judged('42', 'The answer is 42.', undefined, 'box_or_phrase').correct).toBe(true);
  expect(judged('42', 'It is 42 then', undefined, 'box_or_phrase').status).toBe('no-answer');
});

const options = ['3', '12', '7', '9'];
test.each(['B', '(B)', 'B.', 'B)', ' B', '\\text{B}', '\\mathrm{B}', 'B. 12', '(B) 12', 'b'])(
  'a choice is compared by its letter in every usual spelling: %s [R4] [rule 23]',
  (spelling) => {
    expect(right('\\boxed{B}', `So \\boxed{${spelling}}`, options)).toBe(true);
    expect(right('\\boxed{C}', `So \\boxed{${spelling}}`, options)).toBe(false);
  },
);

test('words are no letters, option text is accepted where the options are known, an empty key is unusable [R4] [rule 23]', () => {
  for (const word of ['Because', 'Blue', 'BA', 'Boxes'])
    expect(right('B', `So \\boxed{${word}}`, options)).toBe(false);
  expect(right('B', 'So \\boxed{12}', options)).toBe(true);
  expect(right('B', 'So \\boxed{7}', options)).toBe(false);
  expect(judged('', 'So \\boxed{B}').status).toBe('unverifiable');
});

test('units are parsed beside a number, and nothing is deleted inside words [R5] [rule 25]', () => {
  expect(right('5', 'So \\boxed{5 cm}')).toBe(true);
  expect(right('5\\text{ cm}', 'So \\boxed{5}')).toBe(true);
  expect(right('2\\text{ cm}', 'So \\boxed{2\\text{ m}}')).toBe(false);
  expect(right('17^\\circ', 'So \\boxed{17}')).toBe(true);
  expect(right('acme', 'So \\boxed{ae}')).toBe(false);
  expect(right('acme', 'So \\boxed{acme}')).toBe(true);
});

test(
  'hostile expressions end within their budget with the same verdict every time, gold first [rule 26] [R6]',
  { timeout: 10_000 },
  () => {
    const hostile = [
      '9^{9^{9^{9}}}',
      '\\frac{1}{'.repeat(400) + '1' + '}'.repeat(400),
      '(x+1)^{10000}',
      '1'.repeat(5000),
      '\\sqrt{'.repeat(500) + '2' + '}'.repeat(500),
    ];
    for (const expression of hostile) {
      const verdicts = [1, 2, 3].map(() => judged('7', `So \\boxed{${expression}}`));
      expect(verdicts[0]?.correct).toBe(false);
      expect(verdicts[1]).toEqual(verdicts[0]);
      expect(verdicts[2]).toEqual(verdicts[0]);
    }
  },
);
