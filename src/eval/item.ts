import type { PictureCell, PythonValue } from '#data';

/** A stretch of a user turn: text, or a picture that is opened when the item is asked. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'picture'; readonly cell: PictureCell };

/** One question of a benchmark. */
export interface EvalItem {
  /** Unique in its benchmark; the join key of records, responses and comparisons. */
  readonly id: string;
  /** The user turn by name of the benchmark's own prompts. */
  readonly prompts: Readonly<Record<string, readonly Piece[]>>;
  /** The question with its options, behind which a template of ours is put. */
  readonly question: readonly Piece[];
  /** The reference answer; of several, any counts. */
  readonly answer: string | readonly string[];
  /** Texts of the options, A first. */
  readonly choices?: readonly string[];
  /** Kind of answer that the benchmark declares, as its scorer needs it. */
  readonly answerType?: string;
  /** Decimal places that the benchmark declares. */
  readonly precision?: number;
  /** What scores are broken down by: name of the breakdown to the groups the item stands in. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** MEGA-Bench only: the row's metrics. */
  readonly mega?: MegaItem;
  /** Why no rule can score the item, if so. */
  readonly notScored?: string;
}

/** How a MEGA-Bench row is scored: metric and weight of each field of the answer. */
export interface MegaItem {
  readonly task: string;
  readonly parser: string;
  readonly aggregation: string;
  /** Whether the reference answer has one line only. */
  readonly singleLine: boolean;
  /** Takes the last box for the answer. */
  readonly boxAsAnswer?: boolean;
  /** What a metric needs beside the answer, such as boxes that a point may lie in. */
  readonly context: PythonValue;
  readonly fields: readonly {
    readonly name: string;
    readonly metric: string;
    readonly weight: number;
    readonly answer: PythonValue;
  }[];
}

/** A row that cannot be used: where it is, what was expected, what was found. */
export interface ItemFault {
  readonly file: string;
  /** Line or number of the row, from 1. */
  readonly row: number;
  readonly id?: string | undefined;
  readonly message: string;
}

/** Thrown by the readers of rows: what was expected, what was found. */
export class ItemError extends Error {
  override readonly name = 'ItemError';
}

/** Something that cannot be evaluated as asked: expected, found, what to do. */
export class EvalError extends Error {
  override readonly name = 'EvalError';
}

/** The text of a turn; a picture stands as `<image>`. */
export function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (piece.kind === 'text' ? piece.text : '<image>')).join('');
}
