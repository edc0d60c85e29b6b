import { atFirstUse } from '../at-first-use.ts';
import type { Meter } from '../budget.ts';
import type { Token } from '../leaf/lexer.ts';
import { functionNames, plainNames } from '../leaf/names.ts';
import type { Node } from '../leaf/node.ts';
import { integer } from '../leaf/rational.ts';
import { NotMath, parseExpression } from '../leaf/parser.ts';
import { canonical, traitsOf } from '../leaf/node.ts';
import type { Tokens } from './split.ts';
import { bracketStep, isCommand, isOp } from './split.ts';
import type { Unit } from './units.ts';
import { isKnownUnit, isLetterUnit, parseUnit, scaleOf } from './units.ts';
import type { Scalar } from './value.ts';

/** One expression with percent sign, degree mark, currency or unit; undefined when the tokens are none. */
export function readScalar(tokens: Tokens, meter: Meter): Scalar | undefined {
  let rest = tokens;
  const currency = currencyAtStart(rest);
  if (currency !== undefined) rest = currency.rest;
  const residue = readResidue(rest, meter);
  if (residue !== undefined) return residue;
  let percent = false;
  if (rest.length > 1 && isCommand(rest.at(-1), '%')) {
    percent = true;
    rest = rest.slice(0, -1);
  }
  const plain = attempt(rest, meter);
  if (plain !== undefined) {
    const split = letterUnit(rest, plain, meter) ?? knownUnit(rest, plain, meter);
    return split ?? { kind: 'scalar', node: plain, unit: currency?.unit, percent };
  }
  const measured = readMeasured(rest, meter);
  if (measured === undefined) return undefined;
  return {
    ...measured,
    unit: measured.unit ?? currency?.unit,
    percent: percent || measured.percent,
  };
}

function attempt(tokens: Tokens, meter: Meter): Node | undefined {
  if (tokens.length === 0) return undefined;
  try {
    return parseExpression(tokens, meter);
  } catch (error) {
    if (error instanceof NotMath) return undefined;
    throw error;
  }
}

/** Where a modulus begins, `\pmod` or `(\bmod`; −1 without one. */
export function residueAt(tokens: Tokens): number {
  return tokens.findIndex(
    (token, at) =>
      isCommand(token, 'pmod') || (isCommand(token, 'bmod') && isOp(tokens[at - 1], '(')),
  );
}

/** `3 \pmod{7}`, `3 (\bmod 7)`: the modulus is kept as a unit, which one side may leave out. */
function readResidue(tokens: Tokens, meter: Meter): Scalar | undefined {
  const at = residueAt(tokens);
  const wrapped = isOp(tokens[at - 1], '(') && isOp(tokens.at(-1), ')');
  if (at < (wrapped ? 2 : 1)) return undefined;
  const modulus = attempt(tokens.slice(at + 1, wrapped ? -1 : undefined), meter);
  const node = modulus && attempt(tokens.slice(0, wrapped ? at - 1 : at), meter);
  if (modulus === undefined || node === undefined) return undefined;
  const name = canonical(modulus);
  return {
    kind: 'scalar',
    node,
    unit: { dimension: `modulo ${name}`, n: 1n, d: 1n, name: `mod ${name}` },
    percent: false,
  };
}

const threeLetters = atFirstUse(() => new RegExp('\\p{L}{3}', 'u'));
const currencySigns = '€£¥₹';
/** Currency codes that stand before their number: `USD 1500`. */
const currencyCodes: ReadonlySet<string> = new Set(['USD', 'EUR', 'GBP', 'INR', 'RMB', 'Rs']);

function currencyAtStart(
  tokens: Tokens,
): { readonly unit: Unit | undefined; readonly rest: Tokens } | undefined {
  const signed = isOp(tokens[0], '-');
  const first = tokens[signed ? 1 : 0];
  if (first === undefined) return undefined;
  const dollar = isCommand(first, '$');
  const code =
    (first.kind === 'word' || first.kind === 'text') &&
    currencyCodes.has(first.s.trim()) &&
    tokens.length > 1;
  const sign = first.kind === 'op' && currencySigns.includes(first.s);
  if (!dollar && !code && !sign) return undefined;
  const unit = parseUnit(dollar ? 'dollar' : first.s) ?? undefined;
  const after = tokens.slice(signed ? 2 : 1);
  return { unit, rest: signed ? [...tokens.slice(0, 1), ...after] : after };
}

/** `5m`, `12 s`: a single unit letter after a bare number is a unit and no factor. */
function letterUnit(tokens: Tokens, node: Node, meter: Meter): Scalar | undefined {
  let at = tokens.length - 1;
  let power = '';
  const exponent = tokens[at];
  if (exponent?.kind === 'num' && isOp(tokens[at - 1], '^')) {
    power = `^${exponent.s}`;
    at -= 2;
  } else if (
    isOp(exponent, '}') &&
    tokens[at - 1]?.kind === 'num' &&
    isOp(tokens[at - 2], '{') &&
    isOp(tokens[at - 3], '^')
  ) {
    power = `^${tokens[at - 1]?.s ?? ''}`;
    at -= 4;
  }
  const last = tokens[at];
  if (last === undefined || at === 0) return undefined;
  const known =
    (last.kind === 'letter' && isLetterUnit(last.s)) ||
    (last.kind === 'word' && isKnownUnit(last.s)) ||
    (last.kind === 'text' && isKnownUnit(last.s));
  if (!known || node.t === 'num') return undefined;
  if (tokens[at - 1]?.kind === 'op' && '+-*/^'.includes(tokens[at - 1]?.s ?? '')) return undefined;
  const head = attempt(tokens.slice(0, at), meter);
  if (head === undefined || traitsOf(head).symbols.size > 0) return undefined;
  const unit = parseUnit(last.s + power);
  return unit === undefined
    ? undefined
    : { kind: 'scalar', node: head, unit: unit ?? undefined, percent: false };
}

/**
 * `60 km/h`, `36\text{ in}^2`: it could be a product, but every word of the tail is a unit of the
 * table, or prose behind a number: `7\text{ apples}`.
 */
function knownUnit(tokens: Tokens, node: Node, meter: Meter): Scalar | undefined {
  if (tokens.length < 2 || node.t === 'num') return undefined;
  const from = tailStart(tokens);
  if (from === undefined || from === 0) return undefined;
  const words = tokens
    .slice(from)
    .filter((token) => token.kind === 'word' || token.kind === 'text' || token.kind === 'letter');
  const known = words.every((word) =>
    word.s
      .trim()
      .split(/\s+/)
      .every((part) => isKnownUnit(part)),
  );
  const counted =
    words.length === 1 && words[0]?.kind === 'text' && threeLetters().test(words[0].s);
  if (!known && !counted) return undefined;
  const measured = readMeasured(tokens, meter);
  const symbolic = measured !== undefined && traitsOf(measured.node).symbols.size > 0;
  return known || !symbolic ? measured : undefined;
}

/** An expression followed by unit words: the head must be an expression, the tail a unit. */
function readMeasured(tokens: Tokens, meter: Meter): Scalar | undefined {
  const from = tailStart(tokens);
  if (from === undefined || from === 0) return undefined;
  let head = tokens.slice(0, from);
  let percent = false;
  if (isCommand(head.at(-1), '%')) {
    percent = true;
    head = head.slice(0, -1);
  }
  if (isDegree(head)) head = head.slice(0, isOp(head.at(-1), '}') ? -4 : -2);
  const words = tokens.slice(from);
  const scale =
    words[0]?.kind === 'word' || words[0]?.kind === 'text'
      ? scaleOf(words[0].s.split(' ')[0] ?? '')
      : undefined;
  const unit = parseUnit(wordsOf(scale === undefined ? words : dropFirstWord(words)));
  if (unit === undefined) return undefined;
  const node = attempt(head, meter);
  if (node === undefined) return undefined;
  // Words behind symbols are factors or prose; behind a number they measure it.
  if (tokens[from]?.kind !== 'text' && traitsOf(node).symbols.size > 0) return undefined;
  const scaled: Node =
    scale === undefined
      ? node
      : { t: 'mul', args: [node, { t: 'num', v: integer(scale), dec: false }] };
  return { kind: 'scalar', node: scaled, unit: unit ?? undefined, percent };
}

function dropFirstWord(words: Tokens): Tokens {
  const [first, ...rest] = words;
  if (first === undefined || !first.s.includes(' ')) return rest;
  return [{ ...first, s: first.s.slice(first.s.indexOf(' ') + 1) }, ...rest];
}

function isDegree(tokens: Tokens): boolean {
  const closed = isOp(tokens.at(-1), '}');
  return isCommand(tokens.at(closed ? -2 : -1), 'circ') && isOp(tokens.at(closed ? -4 : -2), '^');
}

/** First token at depth 0, after something numeric, from which only unit words follow. */
function tailStart(tokens: Tokens): number | undefined {
  let depth = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    depth += bracketStep(token);
    // `min` and `sec` are functions unless nothing follows them.
    const short = at === tokens.length - 1 && token.kind === 'word' && isKnownUnit(token.s);
    if (depth === 0 && at > 0 && (short || isUnitWord(token))) {
      return tokens.slice(at).every(unitLike) ? at : undefined;
    }
  }
  return undefined;
}

function isUnitWord(token: Token): boolean {
  if (token.kind === 'text') return true;
  if (token.kind === 'letter')
    return (token.spaced && isLetterUnit(token.s)) || token.s.charCodeAt(0) > 0x2e7f;
  if (token.kind === 'op') return currencySigns.includes(token.s) && token.s !== '';
  if (token.kind === 'cmd') return token.s === '$';
  if (token.kind !== 'word') return false;
  return !functionNames.has(token.s) && !plainNames().has(token.s);
}

function unitLike(token: Token): boolean {
  if (isUnitWord(token) || token.kind === 'letter') return true;
  if (token.kind === 'word' && isKnownUnit(token.s)) return true;
  if (token.kind === 'num') return token.s.length === 1;
  if (token.kind === 'cmd') return token.s === 'cdot';
  return token.kind === 'op' && '^{}/-.*'.includes(token.s);
}

function wordsOf(tokens: Tokens): string {
  return tokens
    .map((token) => (token.kind === 'cmd' ? (token.s === '$' ? 'dollar' : '*') : token.s))
    .join(' ')
    .replace(/\^ ?\{? ?(-?) ?(\d) ?\}?/g, '^$1$2');
}
