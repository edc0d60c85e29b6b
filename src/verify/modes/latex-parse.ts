import { OverBudget } from '../budget.ts';
import type { Meter } from '../budget.ts';
import { LatexError, LatexReader } from './latex-tokens.ts';
import type { LatexToken } from './latex-tokens.ts';

/** An expression as the official reader sees it. */
export type LatexNode =
  | { readonly kind: 'number'; readonly text: string; readonly percent: boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'product' | 'sum' | 'quotient' | 'power' | 'modulo'; readonly of: Pair }
  | { readonly kind: 'negated' | 'factorial' | 'root'; readonly of: readonly [LatexNode] }
  | { readonly kind: 'call'; readonly name: string; readonly of: readonly LatexNode[] }
  | { readonly kind: 'relation'; readonly name: string; readonly of: Pair };

type Pair = readonly [LatexNode, LatexNode];

const closing: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['{', '}'],
  ['[', ']'],
  ['\\{', '\\}'],
  ['\\lgroup', '\\rgroup'],
  ['\\lbrace', '\\rbrace'],
  ['\\lbrack', '\\rbrack'],
]);
/** Marks around an argument that are functions of it. */
const wrapping: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['|', ['|', 'abs']],
  ['\\lvert', ['\\rvert', 'abs']],
  ['\\vert', ['\\vert', 'abs']],
  ['\\|', ['\\|', 'norm']],
  ['\\lfloor', ['\\rfloor', 'floor']],
  ['\\llcorner', ['\\lrcorner', 'floor']],
  ['\\lceil', ['\\rceil', 'ceil']],
  ['\\ulcorner', ['\\urcorner', 'ceil']],
]);
const transposes = new Set(['^T', '^{T}', '^{\\top}', "'"]);
const products = new Set(['*', '\\times', '\\cdot']);
const quotients = new Set(['/', '\\over', '\\div', ':']);

/**
 * Reads the longest beginning of a text that is an expression or relation, as latex2sympy 1.9.1 does:
 * what follows a whole expression is left alone, what breaks off inside one is an error.
 *
 * @throws LatexError for lists, for what is no expression, and for constructs without a number.
 */
export function parseLatex(text: string, meter: Meter): LatexNode {
  return new LatexParser(prepared(text), meter).whole();
}

/** Spellings that the official reader rewrites before it reads. */
function prepared(text: string): string {
  return text
    .replaceAll('\\dfrac', '\\frac')
    .replaceAll('\\tfrac', '\\frac')
    .replaceAll('\\mathrm{T}', 'T')
    .replaceAll('\\mathrm{d}', 'd')
    .replaceAll('{\\rm d}', 'd')
    .replaceAll('\\left[\\begin{matrix}', '\\begin{bmatrix}')
    .replaceAll('\\end{matrix}\\right]', '\\end{bmatrix}')
    .replace(
      /\(([a-zA-Z0-9+\-*/\\ ]{1,200}?)\)_\{([a-zA-Z0-9+\-*/\\ ]{1,200}?)\}/g,
      '\\frac{($1)!}{(($1)-($2))!}',
    )
    .replaceAll('\\displaystyle', ' ')
    .replaceAll('\\quad', ' ')
    .replaceAll('\\qquad', ' ')
    .replaceAll('~', ' ')
    .replaceAll('\\,', ' ')
    .replaceAll('$', ' ');
}

class LatexParser {
  readonly #reader: LatexReader;
  readonly #meter: Meter;
  /** What closes the absolute values that are open: `|` inside one ends it. */
  readonly #bars: string[] = [];
  #depth = 0;
  #nodes = 0;

  constructor(text: string, meter: Meter) {
    this.#reader = new LatexReader(text);
    this.#meter = meter;
  }

  whole(): LatexNode {
    const node = this.#relation();
    const next = this.#reader.peek()?.text;
    if (next === ',' || next === ';') throw new LatexError('a list');
    return node;
  }

  #relation(): LatexNode {
    let left = this.#sum();
    while (this.#reader.peek()?.kind === 'relation') {
      const name = this.#reader.take()?.text ?? '';
      left = { kind: 'relation', name, of: [left, this.#sum()] };
    }
    return left;
  }

  #sum(): LatexNode {
    let left = this.#product();
    for (;;) {
      const sign = this.#sign();
      if (sign === undefined) return left;
      const right = this.#product();
      left = { kind: 'sum', of: [left, sign === '-' ? { kind: 'negated', of: [right] } : right] };
    }
  }

  #sign(): string | undefined {
    const text = this.#reader.peek()?.text;
    return text === '+' || text === '-' ? this.#reader.take()?.text : undefined;
  }

  #product(): LatexNode {
    let left = this.#unary();
    for (;;) {
      const text = this.#reader.peek()?.text ?? '';
      const kind = products.has(text)
        ? 'product'
        : quotients.has(text)
          ? 'quotient'
          : text === '\\mod'
            ? 'modulo'
            : undefined;
      if (kind === undefined) return left;
      this.#reader.take();
      left = { kind, of: [left, this.#unary()] };
    }
  }

  #unary(): LatexNode {
    this.#count();
    const sign = this.#sign();
    if (sign === '+') return this.#unary();
    if (sign === '-') return { kind: 'negated', of: [this.#unary()] };
    const factors = [this.#postfix()];
    while (this.#startsFactor(this.#reader.peek())) factors.push(this.#postfix());
    return factors.reduceRight((right, left) => ({ kind: 'product', of: [left, right] }));
  }

  #startsFactor(token: LatexToken | undefined): boolean {
    if (token === undefined) return false;
    const { kind, text } = token;
    if (kind === 'mark') {
      if (text === this.#bars.at(-1)) return false;
      return closing.has(text) || wrapping.has(text) || text === '\\left' || text === '\\mleft';
    }
    if (kind === 'command') return text !== '\\choose' && !text.startsWith('\\end');
    return kind !== 'operator' && kind !== 'relation';
  }

  #postfix(): LatexNode {
    let node = this.#power();
    for (;;) {
      const text = this.#reader.peek()?.text ?? '';
      this.#count();
      if (text === '!') node = { kind: 'factorial', of: [node] };
      else if (!transposes.has(text)) return node;
      this.#reader.take();
    }
  }

  #power(): LatexNode {
    let node = this.#atom();
    while (this.#reader.peek()?.text === '^') {
      this.#reader.take();
      node = { kind: 'power', of: [node, this.#exponent()] };
      if (this.#reader.peek()?.text === '_') this.#subscript();
    }
    return node;
  }

  /** An atom or an expression in braces. */
  #exponent(): LatexNode {
    if (this.#reader.peek()?.text === '{') return this.#between('{', '}');
    const token = this.#reader.peek();
    if (
      !['number', 'percent', 'letter', 'symbol', 'constant', 'accent'].includes(token?.kind ?? '')
    )
      throw new LatexError('no exponent');
    return this.#atom();
  }

  #subscript(): void {
    this.#expect('_');
    if (this.#reader.peek()?.text !== '{') {
      this.#exponent();
      return;
    }
    this.#expect('{');
    this.#sum();
    while (this.#reader.peek()?.text === ',') {
      this.#reader.take();
      this.#sum();
    }
    this.#expect('}');
  }

  #atom(): LatexNode {
    const token = this.#reader.take();
    if (token === undefined) throw new LatexError('the end inside an expression');
    this.#count();
    const { kind, text } = token;
    if (kind === 'number' || kind === 'percent')
      return { kind: 'number', text: text.replace('\\%', ''), percent: kind === 'percent' };
    if (kind === 'constant') return { kind: 'name', name: text };
    if (kind === 'letter' || kind === 'symbol') return this.#named(text);
    if (kind === 'accent') {
      this.#between('{', '}');
      return this.#named(text);
    }
    if (kind === 'e') return this.#exponential();
    if (kind === 'function') return this.#call(text);
    if (kind === 'command') return this.#command(text);
    return this.#group(text);
  }

  #count(): void {
    this.#meter.spend(1);
    this.#nodes += 1;
    if (this.#nodes > this.#meter.budget.nodes) throw new OverBudget('too-many-nodes');
  }

  #named(name: string): LatexNode {
    if (this.#reader.peek()?.text === '_') this.#subscript();
    return { kind: 'name', name: `${name} ` };
  }

  #exponential(): LatexNode {
    if (this.#reader.peek()?.text !== '^') return { kind: 'name', name: 'e' };
    this.#reader.take();
    return { kind: 'call', name: '\\exp', of: [this.#exponent()] };
  }

  #call(name: string): LatexNode {
    let [base, power]: (LatexNode | undefined)[] = [];
    for (let part = this.#reader.peek()?.text; part === '_' || part === '^';) {
      this.#reader.take();
      if (part === '_') base = this.#exponent();
      else power = this.#exponent();
      part = this.#reader.peek()?.text;
    }
    const argument = this.#argument();
    const call: LatexNode = {
      kind: 'call',
      name,
      of: base === undefined ? [argument] : [argument, base],
    };
    return power === undefined ? call : { kind: 'power', of: [call, power] };
  }

  /** In parentheses, else a product without functions behind its first factor. */
  #argument(): LatexNode {
    this.#count();
    const open = this.#reader.peek()?.text ?? '';
    if (open === '(') return this.#between('(', ')');
    const sign = this.#sign();
    if (sign !== undefined) {
      const inner = this.#argument();
      return sign === '-' ? { kind: 'negated', of: [inner] } : inner;
    }
    const factors = [this.#postfix()];
    for (let next = this.#reader.peek(); this.#startsFactor(next); next = this.#reader.peek()) {
      if (next?.kind === 'function' || next?.kind === 'e') break;
      factors.push(this.#postfix());
    }
    return factors.reduceRight((right, left) => ({ kind: 'product', of: [left, right] }));
  }

  #command(name: string): LatexNode {
    if (name === '\\frac')
      return { kind: 'quotient', of: [this.#between('{', '}'), this.#between('{', '}')] };
    if (name.endsWith('binom'))
      return {
        kind: 'call',
        name: 'binom',
        of: [this.#between('{', '}'), this.#between('{', '}')],
      };
    if (name !== '\\sqrt') throw new LatexError(`${name} has no number`);
    const index = this.#reader.peek()?.text === '[' ? this.#between('[', ']') : undefined;
    const inner = this.#between('{', '}');
    if (index === undefined) return { kind: 'root', of: [inner] };
    const one: LatexNode = { kind: 'number', text: '1', percent: false };
    return { kind: 'power', of: [inner, { kind: 'quotient', of: [one, index] }] };
  }

  #group(text: string): LatexNode {
    if (text === '\\left' || text === '\\mleft') {
      const inner = this.#grouped(this.#reader.take()?.text ?? '', true);
      return inner;
    }
    return this.#grouped(text, false);
  }

  #grouped(open: string, sized: boolean): LatexNode {
    const close = closing.get(open);
    if (close !== undefined) return this.#inside(close, sized);
    const wrap = wrapping.get(open);
    if (wrap === undefined) throw new LatexError(`${open} starts no expression`);
    this.#bars.push(sized ? '\\right' : wrap[0]);
    const inner = this.#inside(wrap[0], sized);
    this.#bars.pop();
    return { kind: 'call', name: wrap[1], of: [inner] };
  }

  #between(open: string, close: string): LatexNode {
    this.#expect(open);
    return this.#inside(close, false);
  }

  #inside(close: string, sized: boolean): LatexNode {
    this.#depth += 1;
    if (this.#depth > this.#meter.budget.depth) throw new OverBudget('too-deep');
    const inner = this.#sum();
    if (close === '}' && !sized && this.#reader.peek()?.text === '\\choose') {
      this.#reader.take();
      const lower = this.#sum();
      this.#expect('}');
      this.#depth -= 1;
      return { kind: 'call', name: 'binom', of: [inner, lower] };
    }
    if (sized) this.#expectSized();
    this.#expect(close);
    this.#depth -= 1;
    return inner;
  }

  #expectSized(): void {
    const text = this.#reader.take()?.text;
    if (text !== '\\right' && text !== '\\mright') throw new LatexError('no right bracket');
  }

  #expect(text: string): void {
    const found = this.#reader.take()?.text;
    if (found !== text) throw new LatexError(`expected ${text}, found ${found ?? 'the end'}`);
  }
}
