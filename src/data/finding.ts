/** What happens to a row because of a finding: it leaves, it is mended, or it stays as it is. */
export type FindingAction = 'drop' | 'repair' | 'warn' | 'list';

/** Everything that can be wrong with a row, and what is done about it. */
export const findingActions = {
  row_malformed: 'drop',
  qid_missing: 'drop',
  qid_duplicate: 'drop',
  image_missing: 'drop',
  image_corrupt: 'drop',
  image_extreme: 'drop',
  placeholder_missing: 'repair',
  placeholder_mismatch: 'drop',
  too_many_images: 'drop',
  gold_missing_box: 'repair',
  gold_unparsable: 'drop',
  gold_empty: 'drop',
  gold_not_self_equal: 'drop',
  choice_missing: 'warn',
  prompt_too_long: 'drop',
  category_unknown: 'warn',
  source_unknown: 'warn',
  passrate_range: 'warn',
  benchmark_overlap: 'list',
  duplicate_content: 'list',
} as const satisfies Readonly<Record<string, FindingAction>>;

export type FindingCode = keyof typeof findingActions;

/** One thing that is wrong with one row. */
export interface Finding {
  readonly code: FindingCode;
  readonly action: FindingAction;
  readonly file: string;
  /** The line of a text file, else the row, from 1. */
  readonly row: number;
  /** Undefined where the row has none. */
  readonly id: string | undefined;
  /** Expected, found. */
  readonly message: string;
}
