import { expect, test } from 'vitest';
import { policyOfTags } from './policy.ts';
import type { Verdict } from './verdict.ts';
import { verify } from './verify.ts';

const judge = (gold: string, prediction: string, tag?: string): Verdict =>
  verify(
    { gold, prediction, source: 'auto' },
    { policy: tag === undefined ? {} : policyOfTags([tag]) },
  );

test.each([
  ['9', 'So $3^2=9$', '3^2=9'],
  ['9', 'Hence $9=3^2$', '9=3^2'],
  ['x=2', 'Now $x=2$', 'x=2'],
])('a word of speech before mathematics is no part of it: %s, %s', (gold, prediction, text) => {
  const verdict = judge(gold, prediction);
  expect([verdict.correct, verdict.answer?.text]).toEqual([true, text]);
});

test.each([
  ['1000', 'Elle paie en tout 1 000 euros', '1 000'],
  ['1234567', 'We counted them all and found 1 234 567 stars', '1 234 567'],
  ['12500', 'Answer: the way measures 12 500 metres', '12 500'],
])('groups of three keep together in prose: %s', (gold, prediction, text) => {
  const verdict = judge(gold, prediction);
  expect([verdict.correct, verdict.answer?.text]).toEqual([true, text]);
});

test.each([
  ['1000', 'The answer is 1 000 euros, as everyone saw.'],
  ['-12500', 'Answer: -12 500 because it falls'],
  ['1234567.5', 'The answer is 1 234 567.5 of something'],
])('groups of three keep together behind an answer phrase: %s', (gold, prediction) => {
  expect(verify({ gold, prediction, source: 'response' }).correct).toBe(true);
  expect(verify({ gold: gold.slice(0, -3), prediction, source: 'response' }).correct).toBe(false);
});

test.each([
  ['7', 'The answer is 7, as everyone saw.', true],
  ['7', 'Answer: 7, because there are three and four of them', true],
  ['7', 'The answer is 7 apples, which is what we wanted.', true],
  ['7', 'The answer is 7 apples, not 8.', true],
  ['7', 'The answer is 7 (that is, half of 14).', true],
  ['7', 'The answer is $7$, where $x=3$.', true],
  ['7', 'The answer is $7$ cm or, equivalently, $70$ mm.', true],
  ['7', 'The answer is 7 8 9', false],
  ['7', 'The answer is 7, but it may be 8.', false],
  ['7', 'The answer is 7, then 8, then 9.', false],
  ['7', 'The answer is $7$ (maybe $8$)', false],
  ['7', 'The answer is 7 of 9, or 8', false],
  ['7', 'The answer is 7, as well as 8.', false],
  ['7', 'The answer is 7 and for the other one 8.', false],
  ['7', 'The answer is 7, or else 8 if we look again.', false],
])(
  'speech behind a number takes nothing from it, a second number does: %s, %s',
  (gold, prediction, right) => {
    expect(verify({ gold, prediction, source: 'response' }).correct).toBe(right);
  },
);

test.each([
  ['300', 'Then in the year 2024 300 people came'],
  ['1000', 'We counted that room 21 has 1000 seats, 21 1000 in short'],
  ['45', 'They took the buses 123 and 45, in short 123 45'],
])('numbers side by side that are no groups stay apart: %s, %s', (gold, prediction) => {
  expect(judge(gold, prediction)).toMatchObject({ correct: true, answer: { text: gold } });
});

test.each([
  ['67', 'इसलिए, दुकान में अब ६७ कमीजें हैं।'],
  ['15', 'คำตอบคือ ๑๕'],
  ['15', 'মোট সংখ্যা এখন ১৫'],
  ['0.5', 'إذن النتيجة التي حصلنا عليها ٠٫٥'],
])(
  'the last number of prose may be written in the digits of its script: %s',
  (gold, prediction) => {
    expect(judge(gold, prediction, 'multilingual').correct).toBe(true);
    expect(judge(`${gold}1`, prediction, 'multilingual').correct).toBe(false);
  },
);

test.each([
  ['50\\%', 'La probabilité est de 3/6 = 1/2 = 50%.'],
  ['17', 'The answer is seventeen, i.e. 17'],
  ['4', 'Le nombre est 2 + 2 = 4'],
])('a sentence is no equation and no list: %s', (gold, prediction) => {
  expect(judge(gold, prediction).correct).toBe(true);
});

test.each([
  ['yes', 'The answer is yes.'],
  ['isosceles', 'Two sides agree. The final answer is: Isosceles'],
  ['north east', '**Answer:** north east'],
])(
  'words behind an answer phrase are the answer when they are those of the gold: %s',
  (gold, text) => {
    expect(judge(gold, text)).toMatchObject({ correct: true, answer: { via: 'phrase' } });
    expect(judge('no', text).correct).toBe(false);
    expect(judge(gold, text.replace(/\S+$/, 'not so')).correct).toBe(false);
  },
);

test.each([
  ['paris', '<think>paris?</think>London'],
  ['3', 'about 3.5'],
  ['1', '1,000'],
  ['42', 'the number 421'],
])(
  'contained words are whole, whole numbers, and no part of the reasoning: %s in %s',
  (gold, text) => {
    expect(judge(gold, text, 'word-match').correct).toBe(false);
    expect(judge(gold, `<think>hm</think>It is ${gold}, of course`, 'word-match').correct).toBe(
      true,
    );
  },
);

test.each(['\\boxed{42}', 'the answer is 42', '42'])(
  'where reasoning is asked for, a response without it earns nothing: %s',
  (prediction) => {
    const tag = 'reasoning-stripped-before-grading';
    expect(judge(prediction, prediction, tag).correct).toBe(false);
    expect(judge(prediction, `<think>so</think> ${prediction}`, tag).correct).toBe(true);
  },
);

test.each([
  ['9', '1. First we see that $3\\cdot 4=12$.\n2. Then\n\\[\n9\n\\]'],
  ['(1,2)', 'Adding both equations and dividing by two, we find $(1,2)$.'],
  ['\\frac34', 'The two events are independent of each other, which gives \\(\\frac34\\)'],
])('an answer given as a solution is what the solution ends in: %s', (prediction, gold) => {
  expect(judge(gold, prediction).correct).toBe(true);
  expect(judge(gold, `${prediction.slice(0, -1)}7`).correct).toBe(false);
  expect(judge(`${gold} Is it?`, prediction).correct).toBe(false);
});
