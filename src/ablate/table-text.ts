import type { BlockTable, Row } from './table.ts';
import type { Estimate } from './statistics.ts';

/** `70.7 ± 1.9`, in percent. */
export function shareText(found: Estimate | undefined): string {
  return scaled(found, 100);
}

/** `+1.4 ± 2.0`, in points. */
export function differenceText(found: Estimate | undefined): string {
  if (found === undefined) return '–';
  return `${found.mean >= 0 ? '+' : '−'}${scaled({ ...found, ...absolute(found) }, 100)}`;
}

function absolute({ mean, low, high }: Estimate): Pick<Estimate, 'mean' | 'low' | 'high'> {
  return mean >= 0 || low === null || high === null
    ? { mean: Math.abs(mean), low: low === null ? null : low, high }
    : { mean: -mean, low: -high, high: -low };
}

function scaled(found: Estimate | undefined, by: number): string {
  if (found === undefined) return '–';
  const { mean, high } = found;
  const half = high === null ? '' : ` ± ${(by * (high - mean)).toFixed(1)}`;
  return `${(by * mean).toFixed(1)}${half}`;
}

export function countText(found: Estimate | undefined): string {
  return found === undefined ? '–' : Math.round(found.mean).toLocaleString('en-US');
}

/** Titles of the columns of `rowTexts`. */
export const columns: readonly string[] = [
  'cell',
  'seeds',
  'accuracy %',
  'difference',
  'forced %',
  'fixed / broken',
  'own waits %',
  'effective % first → last',
  'batch',
  'first answers',
  'steps',
  'sampled tokens',
  'seconds',
  'paper %',
];

export function rowTexts(row: Row): readonly string[] {
  const [first, last] = row.effective;
  return [
    row.cell,
    String(row.seeds),
    shareText(row.accuracy),
    differenceText(row.difference),
    shareText(row.forced),
    row.seeds === 0 ? '–' : `${row.fixed} / ${row.broken}`,
    shareText(row.waits),
    row.seeds === 0 ? '–' : `${shareText(first)} → ${shareText(last)}`,
    countText(row.batch),
    row.rollouts?.toLocaleString('en-US') ?? (row.seeds === 0 ? '–' : 'unequal'),
    row.steps?.toLocaleString('en-US') ?? (row.seeds === 0 ? '–' : 'unequal'),
    countText(row.sampledTokens),
    countText(row.seconds),
    row.paper === null ? '' : row.paper.toFixed(2),
  ];
}

/** The result as Markdown, for a log. */
export function markdownOf(tables: readonly BlockTable[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return tables
    .map(({ title, baseline, rows, notes }) =>
      [
        `## ${title}`,
        '',
        line(columns),
        `| --- |${' ---: |'.repeat(columns.length - 1)}`,
        ...rows.map((row) => line(rowTexts(row))),
        '',
        `Differences are against ${baseline}, in points of the same seeds. ± is half of a 95 % interval over seeds (Student).`,
        ...notes,
        ...rows.flatMap(({ failures }) => failures.map((failure) => `Failed: ${failure}`)),
        '',
      ].join('\n'),
    )
    .join('\n');
}
