import type { Row } from '#ablate';
import { columns, rowTexts } from '#ablate';
import { columnsOf } from '../text.ts';
import { table } from '../table.ts';

/** What a narrow terminal does without, first to last; the page and ablation.md have all. */
const spared = [
  'seconds',
  'sampled tokens',
  'steps',
  'first answers',
  'batch',
  'effective % first → last',
  'paper %',
  'own waits %',
];

/** The table of a block, without its last columns where the terminal is too narrow for them. */
export function resultLines(rows: readonly Row[], width: number | undefined): readonly string[] {
  const texts = rows.map(rowTexts);
  const without = new Set<string>();
  for (let next = 0; ; next++) {
    const places = [...columns.keys()].filter((place) => !without.has(columns[place] ?? ''));
    const lines = table(
      places.map((place) => ({
        title: columns[place] ?? '',
        align: place === 0 ? 'left' : 'right',
      })),
      texts.map((row) => places.map((place) => row[place] ?? '')),
    );
    const leaves = spared[next];
    if (width === undefined || leaves === undefined || Math.max(...lines.map(columnsOf)) <= width) {
      return lines;
    }
    without.add(leaves);
  }
}
