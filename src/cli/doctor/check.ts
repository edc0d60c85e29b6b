/** One finding of `doctor`. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found, in a few words. */
  readonly measured: string;
  /** What to do about it; empty when all is well. */
  readonly advice: string;
  /** The same as data, for `--json`. */
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
}

/** A finding without advice. */
export function ok(name: string, measured: string, values: Check['values'] = {}): Check {
  return { name, status: 'ok', measured, advice: '', values };
}
