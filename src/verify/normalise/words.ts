import { isLetter } from '../leaf/lexer.ts';

/**
 * Words and plain-text operators that mean a sign: percent, infinity, comparison signs, `and`
 * and `or` between values, `sqrt(…)`. One scan; words are bounded by non-letters.
 */
export function cleanWords(text: string): string {
  let out = '';
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 92) {
      at = skipCommand(text, at);
      continue;
    }
    if (isWordCharacter(code)) {
      let end = at + 1;
      while (isWordCharacter(text.charCodeAt(end))) end += 1;
      if (
        text.startsWith(' cent', end) &&
        text.slice(at, end).toLowerCase() === 'per' &&
        !isWordCharacter(text.charCodeAt(end + 5))
      )
        end += 5;
      const replacement = end - at > 10 ? undefined : words.get(text.slice(at, end).toLowerCase());
      if (replacement !== undefined && replaceable(text, at, end)) {
        out += text.slice(from, at).trimEnd() + replacement;
        from = end;
      }
      at = end;
      continue;
    }
    const sign = operator(text, at, code);
    if (sign === undefined) at += 1;
    else {
      out += text.slice(from, at) + sign[0];
      at += sign[1];
      from = at;
    }
  }
  return from === 0 ? text : out + text.slice(from);
}

const words: ReadonlyMap<string, string> = new Map([
  ['percent', '\\%'],
  ['percentage', '\\%'],
  ['per cent', '\\%'],
  ['pct', '\\%'],
  ['infinity', '\\infty '],
  ['inf', '\\infty '],
  ['and', ', '],
  ['or', ', '],
  ['sqrt', '\\sqrt '],
  ['mod', '\\pmod '],
]);

function isWordCharacter(code: number): boolean {
  return isLetter(code);
}

/** Commands stay; the content of `\text{…}` may hold words and is looked at. */
function skipCommand(text: string, at: number): number {
  let end = at + 1;
  while (isWordCharacter(text.charCodeAt(end))) end += 1;
  return end === at + 1 ? at + 2 : end;
}

/** `and` at the end or start of a text joins nothing; a percent needs something before it. */
function replaceable(text: string, start: number, end: number): boolean {
  const word = text.slice(start, end).toLowerCase();
  if (word === 'sqrt') return '({ 0123456789'.includes(text.charAt(end)) && text.charAt(end) !== '';
  if (word === 'mod') return /^\s*\{?\s*(?:\d|[a-z](?![a-z]))/.test(text.slice(end, end + 8));
  if (word === 'and' || word === 'or')
    return (
      start > 0 &&
      end < text.length &&
      !/^[\s})\].]*$/.test(text.slice(end, end + 8)) &&
      !insideText(text, start)
    );
  if (word.startsWith('p'))
    return (
      /[\d})\s]/.test(text.charAt(start - 1)) &&
      /\d/.test(text.slice(Math.max(0, start - 24), start))
    );
  return true;
}

/** Whether the nearest brace before `at` opens a `\text{`. */
function insideText(text: string, at: number): boolean {
  const open = text.lastIndexOf('{', at);
  return open > 4 && text.startsWith('\\text', open - 5) && text.lastIndexOf('}', at) < open;
}

function operator(text: string, at: number, code: number): readonly [string, number] | undefined {
  const next = text.charCodeAt(at + 1);
  if (next === 61) {
    if (code === 60) return ['\\le ', 2];
    if (code === 62) return ['\\ge ', 2];
    if (code === 33) return ['\\ne ', 2];
    if (code === 61) return ['=', 2];
    if (code === 126) return ['\\approx ', 2];
  }
  if (code === 42 && next === 42) {
    const power = /[\w)}\]]/.test(text.charAt(at - 1)) && /[\w({\-\\]/.test(text.charAt(at + 2));
    return [power ? '^' : ' ', 2];
  }
  if (code === 37) return [text.charCodeAt(at - 1) === 92 ? '%' : '\\%', 1];
  if (code === 43 && text.startsWith('+/-', at)) return ['\\pm ', 3];
  if (code === 43 && text.startsWith('+-', at)) return ['\\pm ', 2];
  if (code === 45 && next === 62) return ['\\to ', 2];
  return undefined;
}
