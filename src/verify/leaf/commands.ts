import { AtomParser } from './atoms.ts';
import { notMath } from './cursor.ts';
import type { Token } from './lexer.ts';
import { constantCommands, functionNames, greek } from './names.ts';
import type { FunctionName, Node } from './node.ts';
import { integer, one } from './rational.ts';

/** Commands with arguments: functions, fractions, roots, series, bars, floors, decorated names. */
export abstract class CommandParser extends AtomParser {
  protected abstract product(): Node;
  protected abstract signed(): Node;
  protected abstract power(): Node;
  protected abstract exponent(): Node;
  protected abstract startsFactor(token: Token): boolean;

  protected absolute(): Node {
    this.at += 1;
    this.bars += 1;
    const inner = this.sum();
    this.bars -= 1;
    this.expectOp('|');
    return this.make({ t: 'call', fn: 'abs', args: [inner] });
  }

  protected command(token: Token): Node {
    this.at += 1;
    const name = token.s;
    const fn = functionNames.get(name);
    if (fn !== undefined) return this.call(fn);
    const constant = constantCommands.get(name);
    if (constant !== undefined) return this.named(constant);
    if (greek().has(name)) return this.greekSymbol(name);
    return this.structural(name);
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

  /** `\sin^2 x`, `\sin(x)`, `\log_2 8`, `\max(1, 2)`; an argument without brackets ends at + or −. */
  protected override call(fn: FunctionName): Node {
    let base: Node | undefined;
    let power: Node | undefined;
    if (fn === 'log' && this.isOp('_')) {
      this.at += 1;
      const glued = this.gluedLogarithm();
      if (glued !== undefined) return glued;
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
    const angle = trigonometric.has(fn) ? 1 : 0;
    this.angles += angle;
    const args = this.arguments();
    this.angles -= angle;
    // `\log` without a base is decimal, as Math-Verify reads it.
    if (fn === 'log') base ??= this.number(integer(10n), false);
    if (base !== undefined) args.push(base);
    const node = this.make({ t: 'call', fn: inverse ?? fn, args });
    return power === undefined ? node : this.make({ t: 'pow', a: node, b: power });
  }

  /** `\log_28`: a subscript without braces is one digit, where the others are all there is to take. */
  private gluedLogarithm(): Node | undefined {
    const [token, next] = [this.tokens[this.at], this.tokens[this.at + 1]];
    if (token?.kind !== 'num' || !/^[2-9]\d+$/.test(token.s)) return undefined;
    if (next !== undefined && (this.startsFactor(next) || next.s === '^')) return undefined;
    this.at += 1;
    const [base, rest] = [token.s.slice(0, 1), token.s.slice(1)];
    const args = [
      this.number(integer(BigInt(rest)), false),
      this.number(integer(BigInt(base)), false),
    ];
    return this.make({ t: 'call', fn: 'log', args });
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

function isMinusOne(node: Node): boolean {
  return node.t === 'neg' && node.a.t === 'num' && node.a.v.n === one.n && node.a.v.d === 1n;
}

const trigonometric: ReadonlySet<FunctionName> = new Set<FunctionName>([
  'sin',
  'cos',
  'tan',
  'cot',
  'sec',
  'csc',
]);
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
