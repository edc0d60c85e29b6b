import type { PictureCell } from '../picture-cell.ts';
import type { Row } from '../rows.ts';

/** A row as its source tells it, before its pictures are found and anything is checked. */
export interface RawProblem {
  /** Undefined where the row has none; then it takes its file's name and its number. */
  readonly id: string | undefined;
  readonly question: string;
  readonly pictures: readonly PictureCell[];
  readonly answer: string;
  readonly options?: readonly string[];
  readonly category: string;
  readonly source?: string;
  /** As written, −1 and worse included. */
  readonly passRates?: Readonly<Record<string, number>>;
  readonly response?: string;
}

/** One source of problems: how its rows are known and read. */
export interface Adapter {
  readonly name: string;
  readonly summary: string;
  /** Columns that every row has. */
  readonly required: readonly string[];
  /** Columns that are read where they are there; `a|b` names two spellings. */
  readonly optional: readonly string[];
  /** Whether rows with these columns are of this source; asked in the order of the list. */
  readonly recognises: (columns: ReadonlySet<string>) => boolean;
  /** Ids are the source's own, so that a row without one is at fault. */
  readonly ownIds: boolean;
  /** Answers are boxed by contract. */
  readonly boxedAnswers: boolean;
  /** Closed lists; a value outside is worth a warning. */
  readonly categories?: readonly string[];
  readonly sources?: readonly string[];
  /** @throws RowFault */
  readonly read: (row: Row, place: { readonly file: string }) => RawProblem;
}

export const hasAll = (columns: ReadonlySet<string>, names: readonly string[]): boolean =>
  names.every((name) => columns.has(name));
