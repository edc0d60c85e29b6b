import type { Meter } from '../budget.ts';
import type { Precision } from '../leaf/scalars-equal.ts';
import type { Policy } from '../policy.ts';
import type { Value } from '../structure/value.ts';
import type { Reason } from '../verdict.ts';

/** What a comparison carries along; notes collect what was dropped or converted on the way. */
export interface Comparison {
  readonly policy: Policy;
  readonly precision: Precision;
  readonly meter: Meter;
  readonly notes: Set<string>;
  /** Compares two parts with the same rules as the whole. */
  readonly equal: (gold: Value, prediction: Value, how: Comparison) => Reason;
}
