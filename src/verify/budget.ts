import type { Reason } from './verdict.ts';

/** Limits of one call of `verify`; all are counts, never time. */
export interface Budget {
  /** Characters of a response that are searched, from its end. */
  readonly responseLength: number;
  /** Characters of an extracted answer that is not one run of digits. */
  readonly answerLength: number;
  /** Levels of braces, brackets, roots and fractions. */
  readonly depth: number;
  /** Nodes of one parsed expression. */
  readonly nodes: number;
  /** Elements of one list, set or tuple. */
  readonly elements: number;
  /** Rows and columns of one matrix. */
  readonly matrixSide: number;
  /** Bits of one integer. */
  readonly bits: number;
  /** Terms of one expanded polynomial, and its highest degree. */
  readonly terms: number;
  readonly degree: number;
  /** Points at which two expressions are evaluated. */
  readonly points: number;
  /** Elements up to which sets are matched pair by pair. */
  readonly matching: number;
  /** Everything together. */
  readonly steps: number;
}

export const defaultBudget: Budget = Object.freeze({
  responseLength: 65_536,
  answerLength: 8_192,
  depth: 64,
  nodes: 2_000,
  elements: 1_000,
  matrixSide: 64,
  bits: 262_144,
  terms: 4_096,
  degree: 1_024,
  points: 24,
  matching: 64,
  steps: 200_000,
});

export type OverReason = Extract<
  Reason,
  'too-long' | 'too-deep' | 'too-many-nodes' | 'step-limit' | 'number-too-large'
>;

/** Thrown by a layer when a limit is reached; `verify` turns it into a verdict and never lets it out. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget';
  readonly reason: OverReason;
  constructor(reason: OverReason) {
    super(reason);
    this.reason = reason;
  }
}

/** Counts the steps of one pair and stops it at the limit. */
export class Meter {
  readonly budget: Budget;
  steps = 0;
  constructor(budget: Budget) {
    this.budget = budget;
  }

  spend(steps: number): void {
    this.steps += steps;
    if (this.steps > this.budget.steps) throw new OverBudget('step-limit');
  }

  /** Whether `steps` more would still fit. */
  affords(steps: number): boolean {
    return this.steps + steps <= this.budget.steps;
  }

  /** Charges one operation on an integer of about `bits` bits: multiplication grows with their square. */
  bigOperation(bits: number): void {
    if (bits > this.budget.bits) throw new OverBudget('number-too-large');
    const words = bits / 64;
    this.spend(1 + Math.ceil((words * Math.max(1, words / 16)) / 16));
  }
}
