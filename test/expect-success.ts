import { expect } from 'vitest';
import type { Ended } from './run-cli.ts';

/** Shows what it wrote where it did not end well; otherwise returns it. */
export function expectSuccess(ended: Ended): Ended {
  const { code, err } = ended;
  expect([code, code === 0 ? '' : err]).toEqual([0, '']);
  return ended;
}
