import type { Meter } from '../budget.ts';
import type { Tokens } from './split.ts';
import type { Value } from './value.ts';

/** How a comma between digits is read. */
export type CommaReading = 'group' | 'decimal' | 'split';

/** What the layer carries down: the clean text, the meter, the reading of commas. */
export interface Reader {
  readonly text: string;
  readonly meter: Meter;
  readonly commas: CommaReading;
  readonly depth: number;
  readonly read: (tokens: Tokens) => Value;
}
