/** Levenshtein distance between two texts, at most 2,000 characters each. */
export function editDistance(a: string, b: string): number {
  const [x, y] = [Array.from(a.slice(0, 2_000)), Array.from(b.slice(0, 2_000))];
  let previous = Array.from({ length: y.length + 1 }, (_, index) => index);
  for (const [row, left] of x.entries()) {
    const current = [row + 1];
    for (const [column, right] of y.entries()) {
      const replaced = (previous[column] ?? 0) + (left === right ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[y.length] ?? 0;
}

/** The first option with the smallest distance. */
export function nearestOption(text: string, choices: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const choice of choices) {
    const distance = editDistance(text, choice);
    if (distance < least) [best, least] = [choice, distance];
  }
  return best;
}
