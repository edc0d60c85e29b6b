/**
 * Exact two-sided p-value of McNemar's test: the chance of a split at least as uneven as `wins` to
 * `losses` under a fair coin (McNemar 1947, binomial form).
 */
export function mcnemar(wins: number, losses: number): number {
  const n = wins + losses;
  if (n === 0) return 1;
  const least = Math.min(wins, losses);
  let logTerm = -n * Math.LN2;
  let scaled = 1;
  // Terms relative to the first, so that nothing underflows before it is added.
  let term = 1;
  for (let k = 1; k <= least; k += 1) {
    term *= (n - k + 1) / k;
    if (term > 1e250) {
      term /= 1e250;
      scaled /= 1e250;
      logTerm += 250 * Math.LN10;
    }
    scaled += term;
  }
  return Math.min(1, 2 * Math.exp(Math.log(scaled) + logTerm));
}
