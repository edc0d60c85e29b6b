import type { Adapter } from './adapters/adapter.ts';
import { geometry3k } from './adapters/geometry3k.ts';
import { plain } from './adapters/plain.ts';
import { puzzlevqa } from './adapters/puzzlevqa.ts';
import { virl39k } from './adapters/virl39k.ts';
import { DatasetError } from './dataset-error.ts';

/** Every source of problems; the first that recognises the columns of a file reads it. */
export const adapters: readonly Adapter[] = [virl39k, puzzlevqa, geometry3k, plain];

/**
 * The source that a file's columns belong to.
 *
 * @throws DatasetError `columns`, with the columns found, those expected, and the nearest of both.
 */
export function adapterFor(file: string, columns: readonly string[], name?: string): Adapter {
  const found = new Set(columns);
  const named = adapters.find((adapter) => adapter.name === name);
  if (name !== undefined && named === undefined) {
    const known = adapters.map((adapter) => adapter.name).join(', ');
    throw new DatasetError('columns', `format: expected one of ${known}, found ${name}`);
  }
  const adapter = named ?? adapters.find(({ recognises }) => recognises(found));
  const missing = (adapter ?? plain).required.filter(
    (spellings) => !spellings.split('|').some((spelling) => found.has(spelling)),
  );
  if (adapter !== undefined && missing.length === 0) return adapter;
  const near = missing.flatMap((spellings) => nearestColumn(spellings.split('|'), columns));
  const hint = near.length > 0 ? near.join('; ') : `rename the columns, or see docs/data-format.md`;
  throw new DatasetError(
    'columns',
    `${file}: expected the columns ${(adapter ?? plain).required.join(', ')}` +
      `${adapter === undefined ? '' : ` of ${adapter.name}`}, found ${columns.join(', ') || 'none'}; ${hint}`,
  );
}

/** `for question, Question is near; rename it`. */
function nearestColumn(
  spellings: readonly string[],
  columns: readonly string[],
): readonly string[] {
  const ranked = spellings
    .flatMap((wanted) =>
      columns.map((column) => ({ wanted, column, distance: edits(wanted, column) })),
    )
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  if (best === undefined || best.distance > Math.max(2, best.wanted.length / 3)) return [];
  return [`${JSON.stringify(best.column)} is near: rename it to ${best.wanted}`];
}

/** Levenshtein's distance, letter case aside. */
function edits(a: string, b: string): number {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: right.length + 1 }, (_, place) => place);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
