import { expect, test } from 'vitest';
import { problemLines } from './inspect-rollout.ts';

test('a picture that the run keeps is named where the run lies now', () => {
  const problem = {
    id: 'p',
    question: 'How many?',
    answer: '3',
    options: null,
    category: 'count',
    source: null,
    pictures: [
      { hash: 'ab', path: 'pictures/ab/ab.png', width: 84, height: 56 },
      { hash: 'cd', path: '/data/cd.png', width: 84, height: 56 },
    ],
  };
  expect(problemLines(problem, '/moved/run', false)).toEqual(
    expect.arrayContaining([
      '   picture /moved/run/pictures/ab/ab.png (84 × 56)',
      '   picture /data/cd.png (84 × 56)',
    ]),
  );
});
