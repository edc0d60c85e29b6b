import { parsePythonLiteral, pictureCells } from '#data';
import type { PythonValue, Row } from '#data';
import { ItemError } from './item.ts';
import type { Piece } from './item.ts';

/** The text of a column; numbers become text. Throws `ItemError` where there is none. */
export function textIn(row: Row, ...columns: readonly string[]): string {
  const found = maybeTextIn(row, ...columns);
  if (found !== undefined) return found;
  throw new ItemError(
    `expected a text in the column ${columns.join(' or ')}, found ${kindOf(row[columns[0] ?? ''])}`,
  );
}

/** The text of the first of these columns that holds one. */
export function maybeTextIn(row: Row, ...columns: readonly string[]): string | undefined {
  for (const column of columns) {
    const value = row[column];
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
      return String(value);
  }
  return undefined;
}

/** A list of texts: a list, or a string that holds a Python list; empty where there is none. */
export function textsIn(row: Row, column: string): readonly string[] {
  const value = row[column];
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value)) return value.map((each) => pythonText(each));
  if (typeof value !== 'string')
    throw new ItemError(`expected a list in the column ${column}, found ${kindOf(value)}`);
  const parsed = literal(value);
  if (parsed === null) return [];
  if (!Array.isArray(parsed))
    throw new ItemError(`expected a Python list in the column ${column}, found ${short(value)}`);
  return parsed.map((each) => pythonText(each));
}

/** An answer: a text, a number, a list, or a string that holds a Python list. */
export function answersIn(row: Row, ...columns: readonly string[]): string | readonly string[] {
  for (const column of columns) {
    const value = row[column];
    if (Array.isArray(value)) return value.map((each) => pythonText(each));
    if (typeof value === 'string' && /^\s*\[[\s\S]*\]\s*$/.test(value)) {
      const parsed = literal(value);
      if (Array.isArray(parsed) && parsed.length > 0) return parsed.map((each) => pythonText(each));
    }
  }
  return textIn(row, ...columns);
}

/** The Python value that a text holds; undefined when it holds none. */
export function literal(text: string): PythonValue | undefined {
  try {
    return parsePythonLiteral(text);
  } catch {
    return undefined;
  }
}

/** `str(value)` of Python for what JSON and Python literals hold. */
export function pythonText(value: unknown): string {
  if (typeof value === 'string') return value;
  return pythonRepr(value);
}

function pythonRepr(value: unknown): string {
  if (typeof value === 'string')
    return value.includes("'") && !value.includes('"')
      ? `"${value}"`
      : `'${value.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (value instanceof Map)
    return `{${[...value].map(([key, each]) => `${pythonRepr(key)}: ${pythonRepr(each)}`).join(', ')}}`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, each]) => `${pythonRepr(key)}: ${pythonRepr(each)}`)
      .join(', ')}}`;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : 'None';
}

/** A number, or undefined where the column is absent, null or no number. */
export function maybeNumberIn(row: Row, column: string): number | undefined {
  const value = row[column];
  if (value === undefined || value === null || value === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** The pictures of the first of these columns that is there and not null. */
export function picturesIn(row: Row, ...columns: readonly string[]): readonly Piece[] {
  for (const column of columns) {
    const value = row[column];
    if (value === undefined || value === null) continue;
    try {
      const cells = pictureCells(value, column);
      if (cells.length > 0) return cells.map((cell) => ({ kind: 'picture', cell }));
    } catch (cause) {
      throw new ItemError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }
  return [];
}

/** A record inside a row, such as MathVista's `metadata`; a text is read as JSON or Python. */
export function recordIn(row: Row, column: string): Row {
  const value = row[column];
  if (typeof value === 'string') {
    const parsed = literal(value);
    if (parsed instanceof Map) return recordOf(parsed);
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : {};
}

/** A Python dict with text keys as a record without prototype. */
export function recordOf(map: ReadonlyMap<PythonValue, PythonValue>): Row {
  const record: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of map) record[pythonText(key)] = value;
  return record;
}

/**
 * A text with pictures in the places of its marks. Pictures without a mark come first, in order.
 *
 * @param mark Finds a mark; its first group is the key of the picture.
 */
export function withPictures(
  text: string,
  mark: RegExp,
  pictures: ReadonlyMap<string, readonly Piece[]>,
): readonly Piece[] {
  const used = new Set<string>();
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(mark)) {
    const key = match[1] ?? '';
    const own = pictures.get(key);
    if (own === undefined) continue;
    pushText(pieces, text.slice(at, match.index));
    pieces.push(...own);
    used.add(key);
    at = match.index + match[0].length;
  }
  pushText(pieces, text.slice(at));
  const first = [...pictures].filter(([key]) => !used.has(key)).flatMap(([, own]) => own);
  return [...first, ...pieces];
}

function pushText(pieces: Piece[], text: string): void {
  if (text !== '') pieces.push({ kind: 'text', text });
}

/** Groups of an item without those that the row does not give. */
export function groupsOf(
  groups: Readonly<Record<string, string | readonly string[] | undefined>>,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([name, value]) => {
      if (value === undefined || value === '') return [];
      return [[name, typeof value === 'string' ? [value] : value] as const];
    }),
  );
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

function kindOf(value: unknown): string {
  if (value === undefined) return 'no such column';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
