import { parseNumber } from './python-number.ts';
import { parseString } from './python-string.ts';
import { PythonLiteralError } from './python-value.ts';
import type { Complex, PythonValue } from './python-value.ts';

const MOST_NESTED = 100;
const BLANKS = /(?:[ \t\r\n\f]|\\\r?\n|#[^\n]*)*/y;
const NUMBER_START = /^[\d.]/;
const STRING_START = /(?:[rR][bB]?|[bB][rR]?|[uU])?['"]/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;

/**
 * Reads one Python literal, as `ast.literal_eval` does: texts, bytes, numbers, lists, tuples, dicts,
 * sets, `set()`, `True`, `False`, `None`; signs before numbers, and `1+2j`. Nothing is evaluated, no
 * other name is known, and brackets nest at most a hundred deep. With `exact` whole numbers are bigints
 * and floats are numbers, so that 2 and 2.0 differ.
 *
 * @throws PythonLiteralError
 * @example parsePythonLiteral("['$MgS$', 'MgS']") // ['$MgS$', 'MgS']
 */
export function parsePythonLiteral(
  text: string,
  { exact = false }: { readonly exact?: boolean } = {},
): PythonValue {
  const reader = new Reader(text, exact);
  const value = reader.value(0);
  reader.blanks();
  if (reader.at < text.length) throw reader.expected('the end');
  return value;
}

/** A text and a place in it. */
class Reader {
  readonly text: string;
  readonly exact: boolean;
  at = 0;

  constructor(text: string, exact: boolean) {
    this.text = text;
    this.exact = exact;
  }

  blanks(): void {
    this.match(BLANKS);
  }

  /** The next character after blanks, empty at the end. */
  peek(): string {
    this.blanks();
    return this.text[this.at] ?? '';
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  expected(what: string): PythonLiteralError {
    const found = this.text.slice(this.at, this.at + 12);
    const shown = found === '' ? 'the end' : JSON.stringify(found);
    return new PythonLiteralError(`expected ${what}, found ${shown}`, this.at);
  }

  value(depth: number): PythonValue {
    const sign = this.peek();
    if (sign === '[') return this.items(']', depth).items;
    if (sign === '(') return this.group(depth);
    if (sign === '{') return this.braces(depth);
    if (sign === '+' || sign === '-' || NUMBER_START.test(sign)) return this.number();
    STRING_START.lastIndex = this.at;
    if (STRING_START.test(this.text)) return this.strings();
    return this.name();
  }

  name(): PythonValue {
    const start = this.at;
    const name = this.match(NAME);
    if (name === 'True') return true;
    if (name === 'False') return false;
    if (name === 'None') return null;
    if (name === 'set' && this.peek() === '(') {
      this.at++;
      if (this.peek() === ')') {
        this.at++;
        return new Set();
      }
    }
    this.at = start;
    throw this.expected('a literal');
  }

  /** Texts side by side are one text. */
  strings(): string | Uint8Array {
    const parts: (string | Uint8Array)[] = [];
    for (;;) {
      STRING_START.lastIndex = this.at;
      if (!STRING_START.test(this.text)) break;
      const start = this.at;
      const { value, end } = parseString(this.text, start);
      this.at = end;
      if (parts.length > 0 && typeof parts[0] !== typeof value) {
        this.at = start;
        throw this.expected('no mixture of texts and bytes');
      }
      parts.push(value);
      this.blanks();
    }
    const texts = parts.filter((part) => typeof part === 'string');
    return texts.length > 0 ? texts.join('') : Buffer.concat(parts as Uint8Array[]);
  }

  number(): number | bigint | Complex {
    const first = this.signed();
    const sign = this.peek();
    if (sign !== '+' && sign !== '-') return first;
    const start = this.at++;
    this.blanks();
    const second = this.unsigned();
    if (typeof first === 'object' || typeof second !== 'object') {
      this.at = start;
      throw this.expected('no calculation but that of a complex number');
    }
    const imaginary = sign === '-' ? -second.imaginary : second.imaginary;
    return { real: Number(first), imaginary };
  }

  signed(): number | bigint | Complex {
    const sign = this.peek();
    if (sign === '+' || sign === '-') {
      this.at++;
      this.blanks();
    }
    const value = this.unsigned();
    if (sign !== '-') return value;
    if (typeof value !== 'object') return value === 0 && !this.isFloat() ? 0 : -value;
    return { real: -value.real, imaginary: -value.imaginary };
  }

  /** Whether the number just read was written as a float: only those have a negative zero. */
  isFloat(): boolean {
    return /[.eE]\d*$|\.\d*(?:[eE][+-]?\d+)?$|[eE][+-]?\d+$/.test(
      this.text.slice(0, this.at).slice(-40),
    );
  }

  unsigned(): number | bigint | Complex {
    const found = parseNumber(this.text, this.at, this.exact);
    if (found === undefined) throw this.expected('a number');
    this.at = found.end;
    return found.value;
  }

  group(depth: number): PythonValue {
    const { items, commas } = this.items(')', depth);
    const [only] = items;
    // Brackets around one value without a comma only group.
    return items.length === 1 && commas === 0 ? (only ?? null) : Object.freeze(items);
  }

  /** Values between brackets; the reader stands on the opening one. */
  items(close: string, depth: number): { readonly items: PythonValue[]; readonly commas: number } {
    this.enter(depth);
    const items: PythonValue[] = [];
    let commas = 0;
    while (this.peek() !== close) {
      if (items.length > commas) throw this.expected(`a comma or ${close}`);
      items.push(this.value(depth + 1));
      if (this.peek() === ',') {
        commas++;
        this.at++;
      }
    }
    this.at++;
    return { items, commas };
  }

  enter(depth: number): void {
    if (depth >= MOST_NESTED) {
      throw new PythonLiteralError(`expected brackets at most ${MOST_NESTED} deep`, this.at);
    }
    this.at++;
  }

  /** A dict or a set. */
  braces(depth: number): PythonValue {
    this.enter(depth);
    const dict = new Map<PythonValue, PythonValue>();
    const set = new Set<PythonValue>();
    let isDict: boolean | undefined;
    let open = true;
    while (this.peek() !== '}') {
      if (!open) throw this.expected('a comma or }');
      const start = this.at;
      const key = this.value(depth + 1);
      if (!isHashable(key)) {
        this.at = start;
        throw this.expected('a key or element that does not change');
      }
      isDict ??= this.peek() === ':';
      if (isDict) {
        if (this.peek() !== ':') throw this.expected('a colon');
        this.at++;
        dict.set(key, this.value(depth + 1));
      } else {
        set.add(key);
      }
      open = this.peek() === ',';
      if (open) this.at++;
    }
    this.at++;
    return isDict === false ? set : dict;
  }
}

/** Lists, dicts and sets are no keys, nor are tuples of them. */
function isHashable(value: PythonValue): boolean {
  if (value instanceof Map || value instanceof Set) return false;
  return !Array.isArray(value) || (Object.isFrozen(value) && value.every(isHashable));
}
