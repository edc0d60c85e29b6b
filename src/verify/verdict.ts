/** How one response was judged. */
export type Status = 'correct' | 'wrong' | 'no-answer' | 'unverifiable' | 'over-budget';

/** The rule that decided, for every status. */
export type Reason =
  | 'identical'
  | 'number-exact'
  | 'number-rounded'
  | 'expression-expanded'
  | 'expression-sampled'
  | 'text-equal'
  | 'option-letter'
  | 'option-text'
  | 'elements-equal'
  | 'relation-equal'
  | 'house-rule'
  | 'number-differs'
  | 'expression-differs'
  | 'shape-differs'
  | 'count-differs'
  | 'order-differs'
  | 'bracket-differs'
  | 'variables-differ'
  | 'relation-differs'
  | 'unit-conflict'
  | 'text-differs'
  | 'option-differs'
  | 'no-box'
  | 'empty-box'
  | 'unclosed-box'
  | 'no-phrase'
  | 'several-letters'
  | 'letter-out-of-range'
  | 'only-in-reasoning'
  | 'gold-empty'
  | 'gold-unparsable'
  | 'gold-over-budget'
  | 'too-long'
  | 'too-deep'
  | 'too-many-nodes'
  | 'step-limit'
  | 'number-too-large'
  | 'worker-killed';

/** What a normalised answer was read as. */
export type Shape =
  | 'number'
  | 'expression'
  | 'tuple'
  | 'list'
  | 'set'
  | 'interval'
  | 'union'
  | 'matrix'
  | 'relation'
  | 'equation'
  | 'assignment'
  | 'text'
  | 'letter'
  | 'ratio'
  | 'time'
  | 'based';

/** Where in the response the answer stood: `response.slice(start, end)` holds `text`. */
export interface Found {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly via: 'box' | 'tag' | 'phrase' | 'segment' | 'number' | 'whole';
}

export interface Verdict {
  readonly correct: boolean;
  readonly status: Status;
  readonly reason: Reason;
  readonly answer?: Found;
  readonly shapes?: { readonly gold: Shape; readonly prediction: Shape };
  readonly notes: readonly string[];
  /** Budget spent; the same for the same input everywhere. */
  readonly steps: number;
  /** Mode `reference` only: right, wrong, could not be judged. */
  readonly referenceScore?: 1 | 0 | -1;
}

const correctReasons: ReadonlySet<Reason> = new Set<Reason>([
  'identical',
  'number-exact',
  'number-rounded',
  'expression-expanded',
  'expression-sampled',
  'text-equal',
  'option-letter',
  'option-text',
  'elements-equal',
  'relation-equal',
  'house-rule',
]);

/** Whether a comparison that ended with `reason` found the two sides equal. */
export function agrees(reason: Reason): boolean {
  return correctReasons.has(reason);
}

/** The reward of a verdict: 1, 0, or null for a sample that must leave the reward because its gold is unusable. */
export function rewardOf(verdict: Verdict): 1 | 0 | null {
  if (verdict.status === 'unverifiable') return null;
  return verdict.correct ? 1 : 0;
}
