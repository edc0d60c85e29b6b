import { compact } from '../src/cli/progress.ts';
import type { Figure, Spread } from './bench.ts';

/** Three significant digits in the unit that suits: `0.71 µs`, `106 ms`, `2.40 s`. */
export function time(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, 'µs'],
    [1e-9, 'ns'],
  ];
  const [scale, unit] = units.find(([size]) => seconds >= size) ?? ([1e-9, 'ns'] as const);
  return `${significant(seconds / scale)} ${unit}`;
}

/** Three significant digits without an exponent. */
export function significant(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 12));
}

function quartiles({ lower, median, upper }: Spread): string {
  return `${time(median)} (${time(lower)} – ${time(upper)})`;
}

function verdict(holds: boolean | null, bound: string): string {
  if (holds === null) return '';
  return holds ? `  holds ${bound}` : `  MISSES ${bound}`;
}

function rateRow({ rate, ratio }: Extract<Figure, { kind: 'comparison' }>): readonly string[][] {
  if (rate === null) return [];
  const speed = (value: number | null) => (value === null ? '–' : `${compact(value)} ${rate.unit}`);
  return [
    ['  rate', speed(rate.ours), speed(rate.theirs), ratio === null ? '–' : (1 / ratio).toFixed(2)],
  ];
}

/** The rows of a figure: label, ours, theirs, ratio and bar; then the rate, where there is one. */
export function figureRows(figure: Figure): readonly (readonly string[])[] {
  if (figure.kind === 'value') {
    const { label, value, unit, most, least, holds } = figure;
    const bounds = [most === null ? '' : `≤ ${most}`, least === null ? '' : `≥ ${least}`];
    const bound = bounds.filter((text) => text !== '').join(', ');
    return [[label, `${significant(value)} ${unit}`, '', verdict(holds, bound).trim()]];
  }
  const { label, part, ours, theirs, ratio, bar, holds } = figure;
  const row = [
    part === null ? label : `  ${part}`,
    quartiles(ours),
    theirs === null ? '–' : quartiles(theirs),
    (ratio === null ? '–' : ratio.toFixed(2)) + verdict(holds, `≤ ${bar ?? ''}`),
  ];
  return [row, ...rateRow(figure)];
}
