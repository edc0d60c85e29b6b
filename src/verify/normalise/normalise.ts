import { closingBrace } from '../leaf/lexer.ts';
import { mapCharacters } from './characters.ts';
import { blanks, dropped, fonts, numberSets, swallowed, synonyms, unwrapped } from './commands.ts';
import { bracedArguments } from './arguments.ts';
import { cleanNumbers } from './numbers.ts';
import { cleanWords } from './words.ts';
import { trimEnd, trimStart } from '../trim.ts';

/** Passes after which the text is taken as it is; two are enough for everything but adversarial nesting. */
const passes = 6;

/**
 * Layer 2: an answer as written becomes clean LaTeX with one spelling per thing. The result is a
 * fixed point: normalising it again changes nothing.
 */
export function normalise(raw: string): string {
  let text = mapCharacters(raw);
  if (/^\s*\{\s*\}\s*$/.test(text)) return '\\emptyset';
  for (let pass = 0; pass < passes; pass += 1) {
    const next = strip(
      cleanNumbers(
        bracedArguments(cleanWords(withoutEmptyGroups(withoutAlignment(rewrite(text))))),
      ),
    );
    if (next === text) return next;
    text = next;
  }
  return text;
}

/** `x &= 7`: a mark of an alignment, which is no structure; between matrix entries it stays. */
function withoutAlignment(text: string): string {
  if (!text.includes('&') || text.includes('\\begin')) return text;
  return text
    .replace(/\\\\(?=\s*[^\s&=])/g, ', ')
    .replaceAll('\\\\', ' ')
    .replaceAll('&', ' ');
}

/** `2\pi{}` and `{}^\circ`: an empty group behind or before something says nothing; `_{}` and `\{\}` stay. */
function withoutEmptyGroups(text: string): string {
  return text.includes('{}') ? text.replace(/(?<![\\^_])\{\}/g, ' ') : text;
}

/** Rewrites commands in one scan: fonts, synonyms, spacing, sizes, wrappers. */
function rewrite(text: string): string {
  if (!text.includes('\\') && !text.includes('$') && !text.includes('~')) return text;
  const rows = text.includes('\\begin') || text.includes('matrix');
  let out = '';
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code !== 92 && code !== 36 && code !== 126) {
      at += 1;
      continue;
    }
    out += text.slice(from, at);
    if (code === 92) {
      const [replacement, end] = rewriteCommand(text, at, rows);
      out += replacement;
      at = end;
    } else {
      out += code === 126 ? ' ' : '';
      at += 1;
    }
    from = at;
  }
  return out + text.slice(from);
}

/** Replacement for the command at `at`, and where the scan goes on. */
function rewriteCommand(text: string, at: number, rows: boolean): readonly [string, number] {
  let end = at + 1;
  while (isAsciiLetter(text.charCodeAt(end))) end += 1;
  if (end === at + 1) return rewriteSymbol(text, at, rows);
  const name = text.slice(at + 1, end);
  if (name === 'text') return rewriteFont(text, at, end);
  if (dropped.has(name)) return ['', text.charCodeAt(end) === 46 ? end + 1 : end];
  if (blanks.has(name)) return [' ', end];
  const synonym = synonyms.get(name);
  if (synonym !== undefined) return [synonym, end];
  if (fonts.has(name)) return rewriteFont(text, at, end);
  if (name === 'begin' || name === 'end') return environment(text, at, end);
  if (name === 'mathbb' || name === 'mathds') return numberSet(text, at, end);
  if (name === 'f' && text.startsWith('rac', end)) return ['\\frac', end + 3];
  if (unwrapped.has(name) || swallowed.has(name)) return unwrap(text, end, unwrapped.has(name));
  return [text.slice(at, end), end];
}

function isAsciiLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** A backslash before something that is no letter: spacing, `\(`, a row end or a doubled backslash. */
function rewriteSymbol(text: string, at: number, rows: boolean): readonly [string, number] {
  const character = text.charAt(at + 1);
  if (character === '\\') {
    if (rows) return ['\\\\', at + 2];
    // The next row of an alignment goes on, or states something of its own.
    const ownRow = text.includes('&') && /^\s*[^\s&=]/.test(text.slice(at + 2));
    if (ownRow) return [', ', at + 2];
    return isAsciiLetter(text.charCodeAt(at + 2)) ? ['', at + 1] : [' ', at + 2];
  }
  if ('()[]'.includes(character) && character !== '') return [' ', at + 2];
  if (character === '' || character === ' ') return [' ', at + 1];
  if (character === '!') return ['\\!', at + 2];
  if (character === ',') return ['\\,', at + 2];
  if (blanks.has(character)) return [' ', at + 2];
  const synonym = synonyms.get(character);
  return synonym === undefined ? [text.slice(at, at + 2), at + 2] : [synonym, at + 2];
}

/** Content of the argument that begins at or after `at`, and where it ends; undefined without one. */
function argumentAt(text: string, at: number): readonly [string, number] | undefined {
  let open = at;
  while (text.charCodeAt(open) === 32) open += 1;
  if (text.charCodeAt(open) !== 123) return undefined;
  const close = closingBrace(text, open);
  return close < 0 ? undefined : [text.slice(open + 1, close), close + 1];
}

const functionLike = /^(?:arc)?(?:sin|cos|tan|cot|sec|csc)h?$|^(?:ln|log|exp|gcd|lcm|max|min|lg)$/;

/** `\text{X}` of one letter is the letter; of a number or a formula, that; else prose in `\text{…}`. */
function rewriteFont(text: string, at: number, end: number): readonly [string, number] {
  const argument = argumentAt(text, end);
  if (argument === undefined) {
    const next = text.slice(end).trimStart();
    const bare = /^[A-Za-z0-9](?![A-Za-z])/.exec(next);
    if (bare === null || text.startsWith('{', at - 1)) return [' ', end];
    return [` ${bare[0]}`, end + (text.length - end - next.length) + 1];
  }
  const [inner, after] = argument;
  const content = plain(inner);
  if (content === '') return [' ', after];
  if (/^(?:per\s?cent|percentage|pct)\.?$/i.test(content)) return ['\\%', after];
  if (functionLike.test(content)) return [`\\${content} `, after];
  if (/[\\^_{}=<>+*/|]/.test(content) || /^[([]?[-\d.,;:\s]+[)\]]?$/.test(content))
    return [` ${content} `, after];
  if (/^\(?[A-Za-z]\)?[.:]?$/.test(content)) return [` ${content} `, after];
  if (/^,?\s*(?:and|or)\s*,?$/i.test(content)) return [',', after];
  if (/^[A-Z]{2,3}$/.test(content)) return [` ${content} `, after];
  // Lists of letters, and numbers with their unit: what the font holds is the answer itself.
  if (/^[A-Z]{1,4}(?:(?:,\s?|\s+and\s+|\s+or\s+)[A-Z]{1,4})+$/.test(content))
    return [` ${content} `, after];
  if (/^-?\d/.test(content)) return [` ${content} `, after];
  return [`\\text{${content}}`, after];
}

/** Prose inside a font command: blanks folded, nested fonts removed. */
function plain(inner: string): string {
  if (!inner.includes('\\') && !inner.includes('~') && !inner.includes('$'))
    return inner.replace(/\s+/g, ' ').trim();
  return rewrite(inner)
    .replace(/\\text\{([^{}]*)\}/g, '$1')
    .replace(/\\[,!]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Environment names: starred and small forms are the plain ones; alignments are no structure. */
function environment(text: string, at: number, end: number): readonly [string, number] {
  const argument = argumentAt(text, end);
  if (argument === undefined) return [' ', end];
  const [inner, after] = argument;
  const name = inner.trim().replace(/\*$/, '').replace('smallmatrix', 'matrix');
  const kind = text.slice(at + 1, end);
  if (!matrices.has(name)) return [' ', after];
  const unified = name === 'dcases' ? 'cases' : name;
  if (unified !== 'array' || kind !== 'begin') return [`\\${kind}{${unified}}`, after];
  const columns = argumentAt(text, after);
  return ['\\begin{array}', columns === undefined ? after : columns[1]];
}

const matrices: ReadonlySet<string> = new Set(
  'matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix array cases dcases'.split(' '),
);

function numberSet(text: string, at: number, end: number): readonly [string, number] {
  const argument = argumentAt(text, end);
  const rest = argument === undefined ? text.slice(end).trimStart().charAt(0) : argument[0].trim();
  const after = argument === undefined ? text.indexOf(rest, end) + rest.length : argument[1];
  return numberSets.has(rest) ? [`\\${rest} `, after] : [text.slice(at, end), end];
}

function unwrap(text: string, end: number, keep: boolean): readonly [string, number] {
  const argument = argumentAt(text, end);
  if (argument === undefined) return [' ', end];
  return [keep ? ` ${argument[0]} ` : ' ', argument[1]];
}

/** Outer braces, emphasis marks, closing punctuation, doubled blanks. */
function strip(text: string): string {
  let out = text.replace(/\s+/g, ' ');
  for (;;) {
    const next = stripOnce(out);
    if (next === out) return out;
    out = next;
  }
}

function stripOnce(text: string): string {
  let out = text.trim();
  if (out.startsWith('**')) out = out.slice(2);
  if (out.startsWith('#')) out = out.replace(/^#{1,6} +/, '');
  const short = trimEnd(out, '.,;:*`');
  const escaped = short.endsWith('\\') && short.length < out.length ? out.charAt(short.length) : '';
  out = short === '' ? out.slice(0, 1) : short + escaped;
  const late = trimStart(out, ':`=');
  if (late !== '') out = late;
  if (out.startsWith('{') && out.endsWith('}') && closingBrace(out, 0) === out.length - 1)
    out = out.slice(1, -1);
  if (out.length > 2 && out.startsWith('"') && out.endsWith('"')) out = out.slice(1, -1);
  return out.trim();
}
