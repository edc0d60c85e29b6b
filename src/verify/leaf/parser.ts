import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import type { FunctionName, Node } from './node.ts';
import { integer, one, parseDecimal } from './rational.ts';
import type { Token } from './lexer.ts';
import { constantCommands, functionNames, greek, plainNames, relationCommands } from './names.ts';

/** A token sequence that is no expression; the value is text then. */
export class NotMath extends Error {
  override readonly name = 'NotMath';
}

/** Reads all of `tokens` as one scalar expression. Throws `NotMath` or `OverBudget`. */
export function parseExpression(tokens: readonly Token[], meter: Meter): Node {
  const parser = new Parser(tokens, meter);
  const node = parser.sum();
  if (!parser.done()) throw notMath;
  return node;
}

const notMath = new NotMath('not an expression');

const closing = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

class Parser {
  private readonly tokens: readonly Token[];
  private readonly meter: Meter;
  private at = 0;
  private depth = 0;
  private nodes = 0;
  private bars = 0;
  private readonly bound = new Set<string>();
  /** Products still open to the right, with their growing factors. */
  private readonly runs = new Map<Node, Node[]>();

  constructor(tokens: readonly Token[], meter: Meter) {
    this.tokens = tokens;
    this.meter = meter;
  }

  done(): boolean {
    return this.at >= this.tokens.length;
  }

  private make(node: Node): Node {
    this.nodes += 1;
    this.meter.spend(1);
    if (this.nodes > this.meter.budget.nodes) throw new OverBudget('too-many-nodes');
    return node;
  }

  private isOp(s: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.kind === 'op' && token.s === s;
  }

  private isCmd(s: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.kind === 'cmd' && token.s === s;
  }

  private expectOp(s: string): void {
    if (!this.isOp(s)) throw notMath;
    this.at += 1;
  }

  /** term (± term)* */
  sum(): Node {
    this.depth += 1;
    if (this.depth > this.meter.budget.depth) throw new OverBudget('too-deep');
    const args: Node[] = [this.product()];
    while (this.isOp('+') || this.isOp('-')) {
      const minus = this.isOp('-');
      this.at += 1;
      const term = this.product();
      args.push(minus ? this.make({ t: 'neg', a: term }) : term);
    }
    this.depth -= 1;
    return args.length === 1 && args[0] !== undefined ? args[0] : this.make({ t: 'add', args });
  }

  /** factor ((× | ÷ | nothing) factor)*, from left to right */
  private product(): Node {
    let node = this.signed();
    for (;;) {
      this.meter.spend(1);
      const token = this.tokens[this.at];
      if (token === undefined) return node;
      if (token.kind === 'op' && (token.s === '*' || token.s === '/')) {
        this.at += 1;
        const right = this.signed();
        node = this.make(
          token.s === '*' ? { t: 'mul', args: [node, right] } : { t: 'div', a: node, b: right },
        );
      } else if (token.kind === 'cmd' && multiplying.has(token.s)) {
        this.at += 1;
        const right = this.signed();
        if (token.s === 'bmod') node = this.make({ t: 'call', fn: 'mod', args: [node, right] });
        else
          node = this.make(
            token.s === 'div' ? { t: 'div', a: node, b: right } : { t: 'mul', args: [node, right] },
          );
      } else if (this.startsFactor(token)) {
        node = this.juxtapose(node, this.power());
      } else return node;
    }
  }

  /** `3\frac12` is a mixed number when all three parts are plain integers; else a product. */
  private juxtapose(left: Node, right: Node): Node {
    const whole = left.t === 'neg' ? left.a : left;
    if (
      whole.t === 'num' &&
      whole.v.d === 1n &&
      !whole.dec &&
      right.t === 'div' &&
      right.a.t === 'num' &&
      right.b.t === 'num' &&
      right.a.v.d === 1n &&
      right.b.v.d === 1n &&
      right.a.v.n < right.b.v.n
    ) {
      const mixed = this.make({ t: 'add', args: [whole, right] });
      return left.t === 'neg' ? this.make({ t: 'neg', a: mixed }) : mixed;
    }
    if (right.t === 'num' && whole.t === 'num') return this.spacedMixed(left, whole, right);
    const run = this.runs.get(left);
    if (run !== undefined) {
      this.meter.spend(1);
      run.push(right);
      return left;
    }
    const args = [left, right];
    const node = this.make({ t: 'mul', args });
    this.runs.set(node, args);
    return node;
  }

  /** `7 3/4`: the fraction of plain integers behind a plain integer. */
  private spacedMixed(left: Node, whole: Node, right: Node): Node {
    const below = this.tokens[this.at + 1];
    if (!this.isOp('/') || below?.kind !== 'num' || !/^\d{1,9}$/.test(below.s)) throw notMath;
    if (right.t !== 'num' || right.dec || right.v.d !== 1n || right.v.n >= BigInt(below.s))
      throw notMath;
    this.at += 2;
    const b = this.number(parseDecimal(below.s), false);
    const mixed = this.make({ t: 'add', args: [whole, this.make({ t: 'div', a: right, b })] });
    return left === whole ? mixed : this.make({ t: 'neg', a: mixed });
  }

  private startsFactor(token: Token): boolean {
    if (token.kind === 'num' || token.kind === 'letter' || token.kind === 'word') return true;
    if (token.kind === 'text') return true;
    if (token.kind === 'op')
      return (
        token.s === '(' ||
        token.s === '[' ||
        token.s === '{' ||
        (token.s === '|' && this.bars === 0)
      );
    if (token.kind !== 'cmd') return false;
    return !multiplying.has(token.s) && !stopping.has(token.s) && !relationCommands.has(token.s);
  }

  private signed(): Node {
    let minus = false;
    while (this.isOp('+') || this.isOp('-')) {
      if (this.isOp('-')) minus = !minus;
      this.at += 1;
      this.meter.spend(1);
    }
    const node = this.power();
    return minus ? this.make({ t: 'neg', a: node }) : node;
  }

  /** postfix (^ exponent)?; `2^3^4` binds to the right */
  private power(): Node {
    this.depth += 1;
    if (this.depth > this.meter.budget.depth * 2) throw new OverBudget('too-deep');
    const node = this.raise(this.postfix());
    this.depth -= 1;
    return node;
  }

  private raise(base: Node): Node {
    if (!this.isOp('^')) return base;
    this.at += 1;
    if (this.isCmd('prime')) {
      this.at += 1;
      if (base.t !== 'sym') throw notMath;
      return this.raise(this.make({ t: 'sym', name: `${base.name}'` }));
    }
    if (this.degreeMark()) return this.raise(base);
    const exponent = this.exponent();
    return this.factorials(this.make({ t: 'pow', a: base, b: exponent }));
  }

  private degreeMark(): boolean {
    if (this.isCmd('circ')) {
      this.at += 1;
      return true;
    }
    const inner = this.tokens[this.at + 1];
    const after = this.tokens[this.at + 2];
    if (!this.isOp('{') || inner?.kind !== 'cmd' || inner.s !== 'circ' || after?.s !== '}')
      return false;
    this.at += 3;
    return true;
  }

  private exponent(): Node {
    if (this.isOp('{')) {
      const node = this.bracketed('{');
      return this.isOp('^') ? this.raise(node) : node;
    }
    if (this.isOp('-') || this.isOp('+')) {
      const minus = this.isOp('-');
      this.at += 1;
      const inner = this.power();
      return minus ? this.make({ t: 'neg', a: inner }) : inner;
    }
    return this.power();
  }

  private bracketed(open: string): Node {
    this.expectOp(open);
    const bars = this.bars;
    this.bars = 0;
    const node = this.sum();
    this.bars = bars;
    this.expectOp(closing.get(open) ?? '');
    return node;
  }

  private factorials(node: Node): Node {
    while (this.isOp('!')) {
      this.at += 1;
      node = this.make({ t: 'call', fn: 'factorial', args: [node] });
    }
    return node;
  }

  private postfix(): Node {
    let node = this.factorials(this.primary());
    while (this.isOp("'")) {
      if (node.t !== 'sym') throw notMath;
      this.at += 1;
      node = this.make({ t: 'sym', name: `${node.name}'` });
    }
    if (this.isCmd('%')) {
      this.at += 1;
      node = this.make({ t: 'div', a: node, b: this.number(integer(100n), false) });
    }
    return node;
  }

  private number(v: { n: bigint; d: bigint }, dec: boolean): Node {
    return this.make({ t: 'num', v, dec });
  }

  private primary(): Node {
    const token = this.tokens[this.at];
    if (token === undefined) throw notMath;
    switch (token.kind) {
      case 'num':
        this.at += 1;
        return this.literal(token.s);
      case 'letter':
        this.at += 1;
        return this.symbol(token.s);
      case 'word':
        return this.word(token);
      case 'text':
        this.at += 1;
        return this.textSymbol(token.s);
      case 'cmd':
        return this.command(token);
      case 'op':
        if (token.s === '(' || token.s === '[' || token.s === '{') return this.group(token.s);
        if (token.s === '|') return this.absolute();
        throw notMath;
      case 'begin':
      case 'end':
        throw notMath;
    }
  }

  /** Parentheses, or a permutation symbol's: only single expressions live here. */
  private group(open: string): Node {
    return this.bracketed(open);
  }

  private absolute(): Node {
    this.at += 1;
    this.bars += 1;
    const inner = this.sum();
    this.bars -= 1;
    this.expectOp('|');
    return this.make({ t: 'call', fn: 'abs', args: [inner] });
  }

  /** Decimal digits, scientific notation, and a repeating part under a bar: `0.1\overline{6}`. */
  private literal(digits: string): Node {
    const e = digits.search(/[eE]/);
    if (digits.length > this.meter.budget.bits / 3) throw new OverBudget('number-too-large');
    this.meter.spend(digits.length >> 4);
    if (e >= 0) {
      const exponent = Number(digits.slice(e + 1));
      if (Math.abs(exponent) > this.meter.budget.bits / 4) throw new OverBudget('number-too-large');
      const base = parseDecimal(digits.slice(0, e));
      const factor = 10n ** BigInt(Math.abs(exponent));
      const v =
        exponent < 0 ? { n: base.n, d: base.d * factor } : { n: base.n * factor, d: base.d };
      return this.number(lowest(v), true);
    }
    const over = this.tokens[this.at];
    if (over?.kind === 'cmd' && over.s === 'overline' && digits.includes('.'))
      return this.repeating(digits);
    return this.number(parseDecimal(digits), digits.includes('.'));
  }

  private repeating(digits: string): Node {
    const [open, period, close] = this.tokens.slice(this.at + 1, this.at + 4);
    if (open?.s !== '{' || period?.kind !== 'num' || close?.s !== '}') throw notMath;
    if (/\D/.test(period.s) || period.s.length > 64) throw notMath;
    this.at += 4;
    const places = BigInt(digits.length - digits.indexOf('.') - 1);
    const nines = 10n ** BigInt(period.s.length) - 1n;
    const base = parseDecimal(digits);
    const tail = { n: BigInt(period.s), d: nines * 10n ** places };
    return this.number(lowest({ n: base.n * tail.d + tail.n * base.d, d: base.d * tail.d }), false);
  }

  /** One letter: a constant, a function application `f(…)`, or a symbol with its subscript. */
  private symbol(letter: string): Node {
    if (letter.charCodeAt(0) > 0x2e7f) throw notMath;
    if (letter === 'e' && !this.bound.has('e')) return this.make({ t: 'const', name: 'e' });
    if (letter === 'i' && !this.bound.has('i') && !this.isOp('_'))
      return this.make({ t: 'const', name: 'i' });
    const name = letter + this.subscript();
    if (this.isOp('(') && applied.has(letter)) return this.application(name);
    return this.make({ t: 'sym', name });
  }

  private application(name: string): Node {
    const args: Node[] = [];
    this.at += 1;
    args.push(this.sum());
    while (this.isOp(',')) {
      this.at += 1;
      args.push(this.sum());
    }
    this.expectOp(')');
    return this.make({ t: 'apply', name, args });
  }

  /** `_{10}`, `_n`, `_{\text{max}}` as part of a name; nothing inside is evaluated. */
  private subscript(): string {
    if (!this.isOp('_')) return '';
    this.at += 1;
    const token = this.tokens[this.at];
    if (token === undefined) throw notMath;
    this.at += 1;
    if (!(token.kind === 'op' && token.s === '{')) {
      if (token.kind === 'op') throw notMath;
      return `_${token.s}`;
    }
    let name = '_';
    let depth = 1;
    for (; this.at < this.tokens.length; this.at += 1) {
      const part = this.tokens[this.at];
      if (part === undefined) break;
      if (part.kind === 'op' && part.s === '{') depth += 1;
      if (part.kind === 'op' && part.s === '}') depth -= 1;
      if (depth === 0) {
        this.at += 1;
        return name;
      }
      name += part.s;
    }
    throw notMath;
  }

  /**
   * Plain letters: a function or Greek name, else a product of one-letter symbols. Four and more
   * letters with blanks around them are a word of prose, and the value is text.
   */
  private word(token: Token): Node {
    const name = token.s;
    const fn = functionNames.get(name) ?? functionNames.get(name.toLowerCase());
    if (fn !== undefined && (name === name.toLowerCase() || fn === 'ln')) {
      this.at += 1;
      return this.call(fn);
    }
    const plain = plainNames.get(name);
    if (plain !== undefined) {
      this.at += 1;
      return this.named(plain);
    }
    const after = this.tokens[this.at + 1];
    const glued = (!token.spaced && this.at > 0) || (after !== undefined && !after.spaced);
    if (name.length > 3 && !glued) throw notMath;
    if (name.length > 8 || name.charCodeAt(0) > 0x2e7f) throw notMath;
    this.at += 1;
    const letters = [...name];
    const last = letters.pop() ?? '';
    const args = letters.map((letter) => this.bare(letter));
    args.push(this.symbol(last));
    if (this.isOp('^')) args.push(this.raise(args.pop() ?? this.bare(last)));
    return this.make({ t: 'mul', args });
  }

  private bare(letter: string): Node {
    if (letter === 'e' && !this.bound.has('e')) return this.make({ t: 'const', name: 'e' });
    if (letter === 'i' && !this.bound.has('i')) return this.make({ t: 'const', name: 'i' });
    return this.make({ t: 'sym', name: letter });
  }

  private named(name: string): Node {
    if (name === 'pi') return this.make({ t: 'const', name: 'pi' });
    if (name === 'inf') return this.make({ t: 'const', name: 'inf' });
    return this.make({ t: 'sym', name: name + this.subscript() });
  }

  private textSymbol(content: string): Node {
    const name = content.trim();
    if (name === '' || /[^\p{L}\d]/u.test(name) || /^\d/.test(name)) throw notMath;
    if (name === 'i' || name === 'e') return this.symbol(name);
    return this.make({ t: 'sym', name: name.toLowerCase() + this.subscript() });
  }

  private command(token: Token): Node {
    this.at += 1;
    const name = token.s;
    const fn = functionNames.get(name);
    if (fn !== undefined) return this.call(fn);
    const constant = constantCommands.get(name);
    if (constant !== undefined) return this.named(constant);
    if (greek.has(name)) return this.greekSymbol(name);
    return this.structural(name);
  }

  private greekSymbol(name: string): Node {
    return this.make({ t: 'sym', name: `\\${name}${this.subscript()}` });
  }

  private structural(name: string): Node {
    switch (name) {
      case 'frac': {
        const a = this.argument();
        return this.make({ t: 'div', a, b: this.argument() });
      }
      case 'sqrt':
        return this.root();
      case 'binom':
      case 'dbinom':
      case 'tbinom': {
        const n = this.argument();
        return this.make({ t: 'call', fn: 'binom', args: [n, this.argument()] });
      }
      case 'lfloor':
        return this.delimited('floor', 'rfloor');
      case 'lceil':
        return this.delimited('ceil', 'rceil');
      case 'lvert':
      case 'vert':
        return this.delimited('abs', name === 'vert' ? 'vert' : 'rvert');
      case 'sum':
      case 'prod':
        return this.series(name);
      case 'bar':
      case 'overline':
      case 'vec':
      case 'hat':
      case 'overrightarrow':
      case 'widehat':
      case 'overarc':
      case 'angle':
      case 'triangle':
        return this.decorated(name);
      default:
        throw notMath;
    }
  }

  /** `\vec{v}`, `\angle ABC`: a symbol named by its decoration and what stands under it. */
  private decorated(name: string): Node {
    const from = this.at;
    if (name === 'angle' || name === 'triangle') {
      const next = this.tokens[this.at];
      if (next?.kind !== 'letter' && next?.kind !== 'word' && next?.kind !== 'num') throw notMath;
      this.at += 1;
    } else this.argument();
    const inner = this.tokens
      .slice(from, this.at)
      .map((token) => token.s)
      .filter((s) => s !== '{' && s !== '}')
      .join('');
    return this.make({ t: 'sym', name: `\\${name}${inner}${this.subscript()}` });
  }

  /** `{…}` or the next single token: `\frac12`, `\sqrt3`. */
  private argument(): Node {
    const token = this.tokens[this.at];
    if (token === undefined) throw notMath;
    if (token.kind === 'op' && token.s === '{') return this.bracketed('{');
    if (token.kind === 'op' && token.s === '-') throw notMath;
    this.depth += 1;
    if (this.depth > this.meter.budget.depth * 2) throw new OverBudget('too-deep');
    const node = this.primary();
    this.depth -= 1;
    return node;
  }

  private root(): Node {
    let n: Node = { t: 'num', v: integer(2n), dec: false };
    if (this.isOp('[')) n = this.bracketed('[');
    const a = this.isOp('(') ? this.bracketed('(') : this.argument();
    return this.make({ t: 'root', a, n });
  }

  private delimited(fn: FunctionName, close: string): Node {
    const inner = this.sum();
    if (!this.isCmd(close)) throw notMath;
    this.at += 1;
    return this.make({ t: 'call', fn, args: [inner] });
  }

  /** `\sin^2 x`, `\sin(x)`, `\log_2 8`, `\max(1, 2)`; an argument without brackets ends at + or −. */
  private call(fn: FunctionName): Node {
    let base: Node | undefined;
    let power: Node | undefined;
    if (fn === 'log' && this.isOp('_')) {
      this.at += 1;
      base = this.isOp('{') ? this.bracketed('{') : this.primary();
    }
    if (this.isOp('^')) {
      this.at += 1;
      power = this.isOp('{') ? this.bracketed('{') : this.exponent();
    }
    let inverse: FunctionName | undefined;
    if (power !== undefined && isMinusOne(power)) {
      inverse = inverses.get(fn);
      if (inverse !== undefined) power = undefined;
    }
    const args = this.arguments();
    // `\log` without a base is decimal, as Math-Verify reads it.
    if (fn === 'log') base ??= this.number(integer(10n), false);
    if (base !== undefined) args.push(base);
    const node = this.make({ t: 'call', fn: inverse ?? fn, args });
    return power === undefined ? node : this.make({ t: 'pow', a: node, b: power });
  }

  private arguments(): Node[] {
    if (this.isOp('(') || this.isOp('{')) {
      const open = this.isOp('(') ? '(' : '{';
      this.at += 1;
      const bars = this.bars;
      this.bars = 0;
      const args = [this.sum()];
      while (this.isOp(',')) {
        this.at += 1;
        args.push(this.sum());
      }
      this.bars = bars;
      this.expectOp(open === '(' ? ')' : '}');
      return args;
    }
    return [this.bareArgument()];
  }

  private bareArgument(): Node {
    let node = this.signed();
    for (;;) {
      const token = this.tokens[this.at];
      if (token === undefined || !this.startsFactor(token)) return node;
      if (token.kind === 'cmd' && functionNames.has(token.s)) return node;
      if (token.kind === 'word' && functionNames.has(token.s)) return node;
      if (token.kind === 'op' && token.s === '(') return node;
      node = this.make({ t: 'mul', args: [node, this.power()] });
    }
  }

  /** `\sum_{k=1}^{n} body`; without both bounds it is no series. The body reaches to the next + or −. */
  private series(name: 'sum' | 'prod'): Node {
    this.expectOp('_');
    this.expectOp('{');
    const index = this.tokens[this.at];
    if (index?.kind !== 'letter') throw notMath;
    this.at += 1;
    this.expectOp('=');
    const from = this.sum();
    this.expectOp('}');
    this.expectOp('^');
    const to = this.isOp('{') ? this.bracketed('{') : this.primary();
    const fresh = !this.bound.has(index.s);
    this.bound.add(index.s);
    const body = this.product();
    if (fresh) this.bound.delete(index.s);
    return this.make({ t: 'series', kind: name, index: index.s, from, to, body });
  }
}

function lowest(v: { n: bigint; d: bigint }): { n: bigint; d: bigint } {
  let a = v.n < 0n ? -v.n : v.n;
  let b = v.d;
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? { n: 0n, d: 1n } : { n: v.n / a, d: v.d / a };
}

function isMinusOne(node: Node): boolean {
  return node.t === 'neg' && node.a.t === 'num' && node.a.v.n === one.n && node.a.v.d === 1n;
}

const multiplying: ReadonlySet<string> = new Set(['cdot', 'times', 'ast', 'div', 'bmod']);
const stopping: ReadonlySet<string> = new Set([
  'rfloor',
  'rceil',
  'rvert',
  'vert',
  'pm',
  'mp',
  'cup',
  'cap',
  'setminus',
  'mid',
  '}',
  '{',
  '%',
  '\\',
]);
const applied: ReadonlySet<string> = new Set(['f', 'g', 'h', 'F', 'G', 'H', 'P', 'Q']);
const inverses: ReadonlyMap<FunctionName, FunctionName> = new Map([
  ['sin', 'asin'],
  ['cos', 'acos'],
  ['tan', 'atan'],
  ['cot', 'acot'],
  ['sec', 'asec'],
  ['csc', 'acsc'],
  ['sinh', 'asinh'],
  ['cosh', 'acosh'],
  ['tanh', 'atanh'],
]);
