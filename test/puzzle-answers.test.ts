import { expect, test } from 'vitest';

import { puzzle, splits, styles } from '#data';
import { verify } from '#verify';

test('the verifier accepts the written solutions of every puzzle, and no slip', () => {
  const wrong: unknown[] = [];
  for (const split of splits) {
    for (let index = 0; index < 126; index++) {
      const { problem, solution } = withSolutions(split, index);
      for (const style of styles) {
        for (const slip of style === 'careful' ? [undefined] : [undefined, 1, 2]) {
          const { text, correct } = solution(style, slip);
          const verdict = verify({
            gold: problem.answer,
            prediction: text,
            source: 'response',
            question: problem.question,
            ...(problem.options === undefined ? {} : { choices: problem.options }),
          });
          if (verdict.correct !== correct || correct !== (slip === undefined)) {
            wrong.push({ id: problem.id, text, verdict });
          }
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

function withSolutions(split: (typeof splits)[number], index: number) {
  const made = puzzle('answers', split, index);
  return {
    problem: made.problem,
    solution: (style: (typeof styles)[number], slip?: number) => made.solution(style, slip),
  };
}
