import type { Published } from './events.ts';
import type { RunConfig } from './run-config.ts';

/** Whether the weights of a `published` event are to be validated: every so many iterations, first and last. */
export function validationDue(
  { validation }: Pick<RunConfig, 'validation'>,
  { iteration, final }: Pick<Published, 'iteration' | 'final'>,
): boolean {
  if (validation.problems === 0) return false;
  return final || iteration % validation.every === 0;
}

/** Whether a checkpoint is to be made at a `published` event; the last one always is (algorithm.md D8). */
export function checkpointDue(
  { checkpoint }: Pick<RunConfig, 'checkpoint'>,
  { iteration, final }: Pick<Published, 'iteration' | 'final'>,
): boolean {
  return final || (iteration > 0 && iteration % checkpoint.every === 0);
}
