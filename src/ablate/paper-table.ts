/** A row of the paper's ablation of the 7B model. */
export interface PaperRow {
  readonly name: string;
  /** Which samples a step was made of. */
  readonly algorithm: 'SSR' | 'Filter' | 'GRPO';
  /** Size of the training data. */
  readonly data: '16K' | '13K' | '11K';
  /** Accuracy on the benchmarks of `paperTable`, percent. */
  readonly scores: readonly number[];
}

/** The ablation of the paper; a single run each, without intervals. */
export const paperTable: {
  readonly source: string;
  readonly version: string;
  readonly benchmarks: readonly string[];
  readonly rows: readonly PaperRow[];
} = {
  source: 'VL-Rethinker, arXiv:2504.08837',
  version: 'v1 and v3',
  benchmarks: ['MathVision', 'MathVista', 'MathVerse', 'MMMU-Pro', 'EMMA'],
  rows: [
    row('VL-Rethinker-7B', 'SSR', '16K', [32.3, 74.9, 54.2, 41.7, 29.7]),
    row('w/o Forced Rethinking', 'SSR', '16K', [29.8, 72.4, 53.2, 40.9, 29.5]),
    row('no SSR', 'Filter', '16K', [28.5, 72.0, 50.0, 40.0, 26.9]),
    row('no SSR and Filter', 'GRPO', '16K', [26.0, 70.9, 51.4, 38.8, 26.2]),
    row('no Text', 'SSR', '13K', [29.1, 73.5, 53.5, 41.1, 28.7]),
    row('no Science and Text', 'SSR', '11K', [28.0, 71.6, 50.3, 39.7, 28.0]),
  ],
};

function row(
  name: string,
  algorithm: PaperRow['algorithm'],
  data: PaperRow['data'],
  scores: readonly number[],
): PaperRow {
  return { name, algorithm, data, scores };
}

/** Mean over the five benchmarks, percent, by the name of the row; the mean is ours. */
export const paperRows: Readonly<Record<string, number>> = Object.fromEntries(
  paperTable.rows.map(({ name, scores }) => [
    name,
    Number((scores.reduce((sum, score) => sum + score, 0) / scores.length).toFixed(2)),
  ]),
);
