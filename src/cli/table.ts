import { columnsOf, pad, truncate } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Gives up room first when the terminal is narrow. Plain text only. */
  readonly shrinks?: boolean;
}

const gap = '  ';

/**
 * Lines of a table without rules: a head, then one line per row, columns two spaces apart. Shrinking
 * columns are cut until the table fits `width` columns, down to eight each; undefined never cuts.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width?: number,
): readonly string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(columnsOf(title), ...rows.map((row) => columnsOf(row[index] ?? ''))),
  );
  if (width !== undefined) shrink(columns, widths, width);
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align, shrinks }, index) => {
        const room = widths[index] ?? 0;
        const cell = cells[index] ?? '';
        return pad(shrinks === true ? truncate(cell, room) : cell, room, align);
      })
      .join(gap)
      .trimEnd();
  const head = columns.map(({ title }) => title);
  return [...(head.some((title) => title !== '') ? [line(head)] : []), ...rows.map(line)];
}

/** Takes from the widest shrinking column, one at a time, until the sum fits. */
function shrink(columns: readonly Column[], widths: number[], width: number): void {
  const least = 8;
  let excess = widths.reduce((sum, each) => sum + each + gap.length, -gap.length) - width;
  while (excess-- > 0) {
    let widest = -1;
    for (const [index, { shrinks }] of columns.entries())
      if (shrinks === true && (widths[index] ?? 0) > (widths[widest] ?? least)) widest = index;
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}
