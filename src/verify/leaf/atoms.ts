import { atFirstUse } from '../at-first-use.ts';
import { OverBudget } from '../budget.ts';
import { Cursor, notMath } from './cursor.ts';
import type { Token } from './lexer.ts';
import { functionNames, plainNames } from './names.ts';
import type { FunctionName, Node } from './node.ts';
import { integer, parseDecimal } from './rational.ts';

const noName = atFirstUse(() => new RegExp('[^\\p{L}\\d]', 'u'));
const closing = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** Numbers, names and what stands in brackets: the parts of an expression that hold no operator. */
export abstract class AtomParser extends Cursor {
  abstract sum(): Node;
  protected abstract primary(): Node;
  protected abstract raise(base: Node): Node;
  protected abstract call(fn: FunctionName): Node;

  /** Decimal digits, scientific notation, and a repeating part under a bar: `0.1\overline{6}`. */
  protected literal(digits: string): Node {
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
    if (over?.kind === 'cmd' && repeats.has(over.s) && digits.includes('.'))
      return this.repeating(digits);
    return this.number(parseDecimal(digits), digits.includes('.'));
  }

  protected repeating(digits: string): Node {
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
  protected symbol(letter: string): Node {
    if (letter.charCodeAt(0) > 0x2e7f) throw notMath;
    if (letter === 'e' && !this.bound.has('e')) return this.make({ t: 'const', name: 'e' });
    if (letter === 'i' && !this.bound.has('i') && !this.isOp('_'))
      return this.make({ t: 'const', name: 'i' });
    const name = letter + this.subscript();
    if (this.isOp('(') && applied.has(letter)) return this.application(name);
    return this.make({ t: 'sym', name });
  }

  protected application(name: string): Node {
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
  protected subscript(): string {
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
  protected word(token: Token): Node {
    const name = token.s;
    const fn = functionNames.get(name) ?? functionNames.get(name.toLowerCase());
    if (fn !== undefined && (name === name.toLowerCase() || fn === 'ln')) {
      this.at += 1;
      return this.call(fn);
    }
    const plain = plainNames().get(name);
    if (plain !== undefined) {
      this.at += 1;
      return this.named(plain);
    }
    const after = this.tokens[this.at + 1];
    const before = this.tokens[this.at - 1];
    const glued =
      (before !== undefined && !token.spaced && !isBracket(before)) ||
      (after !== undefined && !after.spaced && !isBracket(after));
    if (name.length > 3 && !glued) throw notMath;
    // Words among words or beside numbers are prose: `not 7 but 8`.
    if (name.length === 3 && [before, after].some(isOperand)) throw notMath;
    if (name.length === 2 && [before, after].some((token) => token?.kind === 'word')) throw notMath;
    if (name.length > 8 || name.charCodeAt(0) > 0x2e7f) throw notMath;
    this.at += 1;
    const letters = Array.from(name);
    const last = letters.pop() ?? '';
    const args = letters.map((letter) => this.bare(letter));
    args.push(this.symbol(last));
    if (this.isOp('^')) args.push(this.raise(args.pop() ?? this.bare(last)));
    return this.make({ t: 'mul', args });
  }

  protected bare(letter: string): Node {
    if (letter === 'e' && !this.bound.has('e')) return this.make({ t: 'const', name: 'e' });
    if (letter === 'i' && !this.bound.has('i')) return this.make({ t: 'const', name: 'i' });
    return this.make({ t: 'sym', name: letter });
  }

  protected named(name: string): Node {
    if (name === 'pi') return this.make({ t: 'const', name: 'pi' });
    if (name === 'inf') return this.make({ t: 'const', name: 'inf' });
    return this.make({ t: 'sym', name: name + this.subscript() });
  }

  protected textSymbol(content: string): Node {
    const name = content.trim();
    if (name === '' || noName().test(name) || /^\d/.test(name)) throw notMath;
    if (name === 'i' || name === 'e') return this.symbol(name);
    return this.make({ t: 'sym', name: name.toLowerCase() + this.subscript() });
  }

  protected greekSymbol(name: string): Node {
    return this.make({ t: 'sym', name: `\\${name}${this.subscript()}` });
  }

  /** `\vec{v}`, `\angle ABC`: a symbol named by its decoration and what stands under it. */
  protected decorated(name: string): Node {
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
  protected argument(): Node {
    const token = this.tokens[this.at];
    if (token === undefined) throw notMath;
    if (token.kind === 'op' && token.s === '{') return this.bracketed('{');
    if (token.kind === 'op' && token.s === '-') throw notMath;
    this.depth += 1;
    if (this.depth > this.meter.budget.depth * 4) throw new OverBudget('too-deep');
    const node = this.primary();
    this.depth -= 1;
    return node;
  }

  protected bracketed(open: string): Node {
    this.expectOp(open);
    const bars = this.bars;
    this.bars = 0;
    const node = this.sum();
    this.bars = bars;
    this.expectOp(closing.get(open) ?? '');
    return node;
  }

  protected root(): Node {
    let n: Node = { t: 'num', v: integer(2n), dec: false };
    if (this.isOp('[')) n = this.bracketed('[');
    const a = this.isOp('(') ? this.bracketed('(') : this.argument();
    return this.make({ t: 'root', a, n });
  }

  protected delimited(fn: FunctionName, close: string): Node {
    const inner = this.sum();
    if (!this.isCmd(close)) throw notMath;
    this.at += 1;
    return this.make({ t: 'call', fn, args: [inner] });
  }
}

const repeats: ReadonlySet<string> = new Set(['overline', 'bar', 'dot']);

const isBracket = (token: Token): boolean => token.kind === 'op' && '()[]{}'.includes(token.s);

function isOperand(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    (token.kind === 'num' || token.kind === 'word' || token.kind === 'letter')
  );
}

function lowest(v: { n: bigint; d: bigint }): { n: bigint; d: bigint } {
  let a = v.n < 0n ? -v.n : v.n;
  let b = v.d;
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? { n: 0n, d: 1n } : { n: v.n / a, d: v.d / a };
}

const applied: ReadonlySet<string> = new Set(['f', 'g', 'h', 'F', 'G', 'H', 'P', 'Q']);
