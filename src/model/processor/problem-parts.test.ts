import { expect, test } from 'vitest';

import { problemParts } from './problem-parts.ts';

const image = (hash: string) => ({ hash, source: '', width: 28, height: 28 });
const [a, b] = [image('a'), image('b')];
const problem = (question: string, images: readonly ReturnType<typeof image>[]) => ({
  id: 'p-1',
  question,
  images,
  answer: '',
  category: '',
});

test('pictures stand in the places of their marks, in order', () => {
  const found = problemParts(problem('<image>first <image><image>\nthird', [a, b, a]), 'none');
  expect(found).toEqual({
    parts: [
      { kind: 'image', image: a },
      { kind: 'text', text: 'first ' },
      { kind: 'image', image: b },
      { kind: 'image', image: a },
      { kind: 'text', text: '\nthird' },
    ],
    placeholderInserted: false,
  });
});

test('pictures without any mark come before the question, and that is reported', () => {
  expect(problemParts(problem('Which?', [a, b]), 'none')).toEqual({
    parts: [
      { kind: 'image', image: a },
      { kind: 'image', image: b },
      { kind: 'text', text: 'Which?' },
    ],
    placeholderInserted: true,
  });
});

test('a question without pictures is text', () => {
  expect(problemParts(problem('Why?', []), 'none')).toEqual({
    parts: [{ kind: 'text', text: 'Why?' }],
    placeholderInserted: false,
  });
});

test('any other number of marks is a named error', () => {
  for (const [question, images] of [
    ['<image> Why?', []],
    ['<image> Why?', [a, b]],
    ['<image><image> Why?', [a]],
  ] as const) {
    expect(() => problemParts(problem(question, images), 'none')).toThrow(
      expect.objectContaining({
        name: 'PlaceholderError',
        message: expect.stringContaining('problem p-1'),
      }),
    );
  }
});
