import type { Row } from './rows.ts';

/** A row that cannot be read as a problem: which column, what was expected, what was found. */
export class RowFault extends Error {
  override readonly name = 'RowFault';
}

/** The text of a column; numbers become text. */
export function text(row: Row, column: string): string {
  const found = maybeText(row, column);
  if (found !== undefined) return found;
  throw new RowFault(`column ${column}: expected a text, found ${describe(row[column])}`);
}

/** The text of a column, or undefined where it is absent or null. */
export function maybeText(row: Row, column: string): string | undefined {
  const value = row[column];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return String(value);
  }
  throw new RowFault(`column ${column}: expected a text, found ${describe(value)}`);
}

/** The number of a column, or undefined where it is absent or null. */
export function maybeNumber(row: Row, column: string): number | undefined {
  const value = row[column];
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && !Number.isNaN(number)) return number;
  throw new RowFault(`column ${column}: expected a number, found ${describe(value)}`);
}

/** A list of texts, or undefined where the column is absent, null or empty. */
export function maybeTexts(row: Row, column: string): readonly string[] | undefined {
  const value = row[column];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) {
    throw new RowFault(`column ${column}: expected a list of texts, found ${describe(value)}`);
  }
  const texts = value.map((each: unknown) => text({ [column]: each }, column));
  return texts.length === 0 ? undefined : texts;
}

/** A value in a few words. */
export function describe(value: unknown): string {
  if (value === undefined) return 'no such column';
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object')
    return `an object with ${Object.keys(value).join(', ') || 'nothing'}`;
  const shown = JSON.stringify(typeof value === 'bigint' ? String(value) : value) ?? typeof value;
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}
