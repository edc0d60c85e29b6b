import { expect, test } from 'vitest';
import { checkpointDue, validationDue } from './due.ts';

const at = (iteration: number, final = false) => ({ iteration, final });

test('validation comes first, last and every so many iterations', () => {
  const every = (problems: number) => ({ validation: { problems, every: 4 } });
  expect([0, 1, 2, 3, 4, 5].map((iteration) => validationDue(every(10), at(iteration)))).toEqual([
    true,
    false,
    false,
    false,
    true,
    false,
  ]);
  expect(validationDue(every(10), at(5, true))).toBe(true);
  expect(validationDue(every(0), at(5, true))).toBe(false);
});

test('checkpoints come every so many iterations, and the last one always', () => {
  const config = { checkpoint: { every: 2, keepLast: 3 } };
  expect([0, 1, 2, 3].map((iteration) => checkpointDue(config, at(iteration)))).toEqual([
    false,
    false,
    true,
    false,
  ]);
  expect(checkpointDue(config, at(3, true))).toBe(true);
});
