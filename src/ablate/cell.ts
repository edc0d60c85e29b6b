/** One way of training, to be compared with others. */
export interface Cell {
  readonly name: string;
  /** One line. */
  readonly title: string;
  readonly preset: string;
  /** `key=value`: what differs from the preset. */
  readonly settings: readonly string[];
  /** The cell whose last checkpoint, at the same seed, this one starts from; the base model unless told. */
  readonly after?: string;
  /** The row of the paper's ablation that it stands for (algorithm.md 7.2). */
  readonly paperRow?: string;
}

/** Cells with the same start, the same number of first answers and of steps: what may be compared. */
export interface Block {
  readonly title: string;
  /** The cell that differences are taken against. */
  readonly baseline: string;
  readonly cells: readonly Cell[];
}

/** Problems chosen so that few groups teach at the start (tiny.md 9). */
export interface PoolPlan {
  /**
   * Rounds of measuring with responses of the base. Each keeps the problems that are least likely to
   * teach by all responses so far: after one round of few responses, many of those that seem never or
   * always solved would still teach.
   */
  readonly rounds: readonly { readonly problems: number; readonly responses: number }[];
  /** Problems of the pool: those that are left after the last round. */
  readonly problems: number;
}

/** A named ablation. */
export interface AblationSet {
  readonly name: string;
  readonly summary: string;
  readonly seeds: number;
  readonly blocks: readonly Block[];
  readonly pool?: PoolPlan;
}

/** A cell at a seed: one training run and its evaluation. */
export interface Job {
  readonly id: string;
  readonly cell: Cell;
  readonly seed: number;
  /** The job that must be finished before, whose last checkpoint is the start. */
  readonly after: string | undefined;
}

/** Words that name what cannot be run. */
export class AblationError extends Error {
  override readonly name = 'AblationError';
}
