import { PythonLiteralError } from './python-value.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * The Python text or bytes that begin at a place, prefix included. Unknown escapes keep their
 * backslash; names of characters (`\N{…}`) are refused.
 *
 * @throws PythonLiteralError
 */
export function parseString(
  text: string,
  start: number,
): { readonly value: string | Uint8Array; readonly end: number } {
  const prefix = /[a-zA-Z]*/y;
  prefix.lastIndex = start;
  const letters = (prefix.exec(text)?.[0] ?? '').toLowerCase();
  const open = start + letters.length;
  const sign = text[open] ?? '';
  const quote = text.startsWith(sign.repeat(3), open) ? sign.repeat(3) : sign;
  const bytes = letters.includes('b');
  const raw = letters.includes('r');
  const parts: string[] = [];
  let at = open + quote.length;
  let from = at;
  while (!text.startsWith(quote, at)) {
    const next = text[at];
    if (next === undefined || (next === '\n' && quote.length === 1)) {
      throw new PythonLiteralError(`expected a closing ${quote}, found the end of the line`, at);
    }
    if (next !== '\\') {
      at++;
      continue;
    }
    if (raw) {
      at += 2;
      continue;
    }
    parts.push(text.slice(from, at));
    const escape = escaped(text, at, bytes);
    parts.push(escape.value);
    at = escape.end;
    from = at;
  }
  parts.push(text.slice(from, at));
  const value = parts.join('');
  const end = at + quote.length;
  if (!bytes) return { value, end };
  if (/[^\p{ASCII}]/u.test(text.slice(open, end)))
    throw new PythonLiteralError('expected ASCII letters in bytes', start);
  return { value: Buffer.from(value, 'latin1'), end };
}

/** What an escape stands for, and where it ends. The backslash is at `at`. */
function escaped(
  text: string,
  at: number,
  bytes: boolean,
): { readonly value: string; readonly end: number } {
  const kind = text[at + 1] ?? '';
  const simple = SIMPLE[kind];
  if (simple !== undefined && Object.hasOwn(SIMPLE, kind)) return { value: simple, end: at + 2 };
  if (kind === '\r') return { value: '', end: at + (text[at + 2] === '\n' ? 3 : 2) };
  const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4))?.[0];
  if (octal !== undefined) {
    const code = Number.parseInt(octal, 8);
    return { value: String.fromCharCode(bytes ? code & 0xff : code), end: at + 1 + octal.length };
  }
  const digits = kind === 'x' ? 2 : bytes ? 0 : kind === 'u' ? 4 : kind === 'U' ? 8 : 0;
  if (digits > 0) {
    const hex = text.slice(at + 2, at + 2 + digits);
    const code = Number.parseInt(hex, 16);
    if (!/^[\da-fA-F]+$/.test(hex) || hex.length < digits || code > 0x10ffff) {
      throw new PythonLiteralError(`expected ${digits} hexadecimal digits of a character`, at);
    }
    return { value: String.fromCodePoint(code), end: at + 2 + digits };
  }
  if (kind === 'N' && !bytes) {
    throw new PythonLiteralError(String.raw`expected no character by name (\N{…})`, at);
  }
  return { value: `\\${kind}`, end: at + 2 };
}
