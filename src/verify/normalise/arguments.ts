import { closingBrace, isDigit } from '../leaf/lexer.ts';

/** Commands with bare arguments, and how many they take. */
const arities: ReadonlyMap<string, number> = new Map([
  ['frac', 2],
  ['sqrt', 1],
  ['binom', 2],
]);

/**
 * `\frac12`, `\frac1{72}`, `\frac{1}2`, `\frac 1 2`, `\sqrt3`: bare arguments get their braces. A
 * bare last argument of a fraction takes all digits that follow, any other a single character.
 */
export function bracedArguments(given: string): string {
  const raw = given.includes('\\over') ? withoutOver(given) : given;
  const text = raw.includes('\\choose')
    ? raw.replace(/\{([^{}]*)\\choose(?![a-zA-Z])([^{}]*)\}/g, '\\binom{$1}{$2}')
    : raw;
  if (!text.includes('\\frac') && !text.includes('\\sqrt') && !text.includes('\\binom'))
    return text;
  let out = '';
  let from = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    let end = at + 1;
    while (/[a-zA-Z]/.test(text.charAt(end))) end += 1;
    const count = arities.get(text.slice(at + 1, end));
    if (count === undefined) {
      at = Math.max(end, at + 2);
      continue;
    }
    const [replacement, next] = wrapArguments(text, end, count);
    out += text.slice(from, end) + replacement;
    from = next;
    at = next;
  }
  return out + text.slice(from);
}

/** `{a \over b}`: TeX's fraction takes its whole group; outside braces, up to a sign that separates. */
function withoutOver(text: string): string {
  const at = [...text.matchAll(/\\over(?![a-zA-Z])/g)].at(-1)?.index ?? -1;
  if (at < 0) return text;
  let from = at;
  for (let depth = 0; from > 0; from -= 1) {
    const character = text.charAt(from - 1);
    if (character === '}') depth += 1;
    if (character === '{') depth -= 1;
    if (depth < 0 || (depth === 0 && separating.includes(character))) break;
  }
  let to = at + '\\over'.length;
  for (let depth = 0; to < text.length; to += 1) {
    const character = text.charAt(to);
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth < 0 || (depth === 0 && separating.includes(character))) break;
  }
  const [over, under] = [text.slice(from, at).trim(), text.slice(at + '\\over'.length, to).trim()];
  if (over === '' || under === '') return text;
  return `${text.slice(0, from)}\\frac{${over}}{${under}}${text.slice(to)}`;
}

const separating = '=<>,;()[]|&';

/** Braces for bare arguments from `at` on; arguments already in braces are left for the scan to enter. */
function wrapArguments(text: string, at: number, count: number): readonly [string, number] {
  let start = skipBlanks(text, at);
  const opener = text.charAt(start);
  if (opener === '[' || opener === '(') return ['', at];
  let out = '';
  for (let index = 0; index < count; index += 1) {
    start = skipBlanks(text, start);
    if (text.charAt(start) === '{') {
      const close = closingBrace(text, start);
      if (close < 0) return ['', at];
      // The first argument may hold fractions of its own: it is entered by a scan of its content.
      if (index === count - 1) return [out, start];
      out += `{${bracedArguments(text.slice(start + 1, close))}}`;
      start = close + 1;
      continue;
    }
    const end = bareEnd(text, start, count === 2 && index === 1);
    if (end === start) return index === 0 ? ['', at] : [out, start];
    out += `{${text.slice(start, end)}}`;
    start = end;
  }
  return [out, start];
}

function skipBlanks(text: string, at: number): number {
  while (text.charCodeAt(at) === 32) at += 1;
  return at;
}

function bareEnd(text: string, start: number, allDigits: boolean): number {
  const code = text.charCodeAt(start);
  if (isDigit(code)) {
    let end = start + 1;
    if (!allDigits) return end;
    while (isDigit(text.charCodeAt(end))) end += 1;
    return end;
  }
  if (/[a-zA-Z]/.test(text.charAt(start))) return start + 1;
  const command = /^\\(?:pi|theta|alpha|beta|infty)(?![a-zA-Z])/.exec(text.slice(start, start + 8));
  return start + (command?.[0].length ?? 0);
}
