/** Mean, or null when there is nothing: an empty denominator is never a zero. */
export function mean(values: readonly number[]): number | null {
  return ratio(total(values), values.length);
}

export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Share of the items of which the claim holds; null when there are none. */
export function share<Item>(items: readonly Item[], claim: (item: Item) => boolean): number | null {
  return ratio(items.filter(claim).length, items.length);
}

/** The smallest value that at least the fraction `at` of all values does not exceed; null for none. */
export function percentile(values: readonly number[], at: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(at * sorted.length) - 1)] ?? null;
}

export function largest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b));
}
