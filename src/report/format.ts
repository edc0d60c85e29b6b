/** Numbers as people read them. */

/** @example percent(0.5833) // '58.3 %' */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : `${(100 * share).toFixed(1)} %`;
}

/** @example points(0.116) // '+11.6' */
export function points(change: number | null | undefined): string {
  if (change === null || change === undefined) return '–';
  return `${change >= 0 ? '+' : '−'}${Math.abs(100 * change).toFixed(1)}`;
}

/** @example number(1234.5) // '1,235' */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (Number.isInteger(value) || Math.abs(value) >= 1000) {
    return Math.round(value).toLocaleString('en-US');
  }
  return String(Number(value.toPrecision(3)));
}

/** @example duration(3725) // '1 h 2 min' */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @example probability(0.00001) // '< 0.0001' */
export function probability(p: number): string {
  return p < 1e-4 ? '< 0.0001' : p.toPrecision(2);
}
