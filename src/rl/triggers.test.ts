import { expect, test } from 'vitest';
import { paperTriggers, triggers } from './triggers.ts';

test('triggers are the texts of the paper, each after a blank line [F1] [2.7]', () => {
  expect(triggers).toEqual({
    self_questioning: '\n\nWait, does it seem right?',
    self_correction: '\n\nWait, there might be a mistake',
    self_verification: "\n\nWait, let's double check",
    bare_wait: '\n\nWait',
  });
  expect(paperTriggers).toEqual(['self_questioning', 'self_correction', 'self_verification']);
});
