import { pythonText } from './python-number.ts';

/** A value that a Python literal stands for, as far as lists of short answers need it. */
export type Literal = string | number | bigint | boolean | null | Collection;

export interface Collection {
  readonly kind: 'list' | 'tuple' | 'set' | 'dict';
  /** Elements; of a dict keys and values in turn. */
  readonly items: readonly Literal[];
}

class NoLiteral extends Error {}

const closers: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}' };
const deepest = 32;
/** Characters beyond which a text is no short answer, and is read as a text. */
const longest = 8_192;

/** `ast.literal_eval`, without bytes, complex numbers and joined texts; undefined where it raises. */
export function readLiteral(text: string): Literal | undefined {
  if (text.length > longest) return undefined;
  const own = text.replace(/^[ \t]+/, '');
  const value = whole(own);
  return value === undefined && own.includes(',') && !own.includes('\n')
    ? whole(`(${own})`)
    : value;
}

function whole(text: string): Literal | undefined {
  try {
    return new Reader(text).whole();
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Literal {
    const value = this.#value();
    this.#blanks();
    if (this.#at < this.#text.length) throw new NoLiteral();
    return value;
  }

  #blanks(): void {
    while (/[ \t\n\r\f]/.test(this.#text.charAt(this.#at))) this.#at += 1;
  }

  #value(): Literal {
    this.#blanks();
    const first = this.#text.charAt(this.#at);
    if (first === "'" || first === '"') return this.#string(first);
    if (first !== '' && first in closers) return this.#collection(first);
    const word = /[A-Za-z]+/y;
    word.lastIndex = this.#at;
    const name = word.exec(this.#text)?.[0];
    if (name !== undefined) {
      this.#at += name.length;
      if (name === 'None') return null;
      if (name === 'True' || name === 'False') return name === 'True';
      throw new NoLiteral();
    }
    return this.#number();
  }

  #number(): number | bigint {
    const pattern = /[-+]?\s*(?:(?:\d(?:_?\d)*)?\.\d+|\d(?:_?\d)*\.?)(?:[eE][-+]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw new NoLiteral();
    this.#at += found.length;
    const text = found.replace(/[\s_]/g, '');
    if (!/^[-+]?\d+$/.test(text)) return Number(text);
    if (/^[-+]?0\d/.test(text) && /[1-9]/.test(text)) throw new NoLiteral();
    return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace('+', ''));
  }

  #string(quote: string): string {
    let out = '';
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      const character = this.#text.charAt(at);
      if (character === '\n') break;
      if (character === quote) {
        this.#at = at + 1;
        return out;
      }
      if (character !== '\\') out += character;
      else {
        at += 1;
        out += escaped(this.#text.charAt(at));
      }
    }
    throw new NoLiteral();
  }

  #collection(open: string): Literal {
    this.#depth += 1;
    if (this.#depth > deepest) throw new NoLiteral();
    const close = closers[open];
    const items: Literal[] = [];
    let [dict, comma] = [false, false];
    this.#at += 1;
    for (this.#blanks(); this.#text.charAt(this.#at) !== close; this.#blanks()) {
      if (items.length > 0 && !comma) throw new NoLiteral();
      const item = this.#value();
      this.#blanks();
      const colon = open === '{' && this.#take(':');
      if (items.length > 0 && colon !== dict) throw new NoLiteral();
      dict = colon;
      items.push(item, ...(colon ? [this.#value()] : []));
      this.#blanks();
      comma = this.#take(',');
    }
    this.#at += 1;
    this.#depth -= 1;
    if (open === '[') return { kind: 'list', items };
    if (open === '{') return { kind: dict || items.length === 0 ? 'dict' : 'set', items };
    const [only] = items;
    return only !== undefined && items.length === 1 && !comma ? only : { kind: 'tuple', items };
  }

  #take(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at += 1;
    return true;
  }
}

function escaped(character: string): string {
  const named: ReadonlyMap<string, string> = new Map([
    ['n', '\n'],
    ['t', '\t'],
    ['r', '\r'],
    ['\\', '\\'],
    ["'", "'"],
    ['"', '"'],
  ]);
  return named.get(character) ?? `\\${character}`;
}

/** `str(value)` */
export function literalText(value: Literal): string {
  return typeof value === 'string' ? value : representation(value);
}

function representation(value: Literal): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return pythonText(value);
  if (typeof value === 'string') {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
    const inner = value.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
    return `${quote}${inner.replaceAll('\n', '\\n').replaceAll('\t', '\\t')}${quote}`;
  }
  const items = value.items.map(representation);
  if (value.kind === 'list') return `[${items.join(', ')}]`;
  if (value.kind === 'set') return `{${items.join(', ')}}`;
  if (value.kind === 'tuple')
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
  const pairs = items.flatMap((item, at) => (at % 2 === 0 ? [`${item}: ${items[at + 1]}`] : []));
  return `{${pairs.join(', ')}}`;
}

/** A text that is the same for values that Python calls equal. */
export function literalKey(value: Literal): string {
  if (typeof value === 'string') return `s${JSON.stringify(value)}`;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'n1' : 'n0';
  if (typeof value === 'bigint') return `n${value}`;
  if (typeof value === 'number')
    return `n${Number.isInteger(value) ? BigInt(value) : String(value)}`;
  const keys = value.items.map(literalKey);
  return `${value.kind}(${(value.kind === 'set' ? keys.sort() : keys).join()})`;
}
