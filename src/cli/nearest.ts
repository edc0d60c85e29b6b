/**
 * Edits between two words: insertions, deletions, substitutions and swaps of neighbours, each
 * character touched once (optimal string alignment; Damerau 1964).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      line[column] = Math.min(
        (last[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped && row > 1 && column > 1 ? (before[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = last;
    last = line;
  }
  return last[b.length] ?? 0;
}

/**
 * The known word that was probably meant: one that starts with what was typed, or lies within a third
 * of its length in edits (at least one).
 */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const word = typed.toLowerCase();
  const begun = known.filter((name) => word.length >= 2 && name.startsWith(word));
  if (begun.length === 1) return begun[0];
  const reach = Math.max(1, Math.floor(word.length / 3));
  const near = known
    .map((name) => ({ name, distance: editDistance(word, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.name;
}

/** `; did you mean x?` or nothing, for the end of a message. */
export function didYouMean(typed: string, known: readonly string[], prefix = ''): string {
  const name = nearest(typed, known);
  return name === undefined ? '' : `; did you mean ${prefix}${name}?`;
}
