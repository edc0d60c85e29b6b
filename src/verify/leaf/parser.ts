import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import { CommandParser } from './commands.ts';
import { NotMath, notMath } from './cursor.ts';
import type { Token } from './lexer.ts';
import { relationCommands } from './names.ts';
import type { Node } from './node.ts';
import { integer, parseDecimal } from './rational.ts';

export { NotMath };

/** Reads all of `tokens` as one scalar expression. Throws `NotMath` or `OverBudget`. */
export function parseExpression(tokens: readonly Token[], meter: Meter): Node {
  const parser = new Parser(tokens, meter);
  const node = parser.sum();
  if (!parser.done()) throw notMath;
  return node;
}

class Parser extends CommandParser {
  /** term (± term)* */
  override sum(): Node {
    this.depth += 1;
    if (this.depth > this.meter.budget.depth * 4) throw new OverBudget('too-deep');
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
  protected override product(): Node {
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

  protected override startsFactor(token: Token): boolean {
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

  protected override signed(): Node {
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
  protected override power(): Node {
    this.depth += 1;
    if (this.depth > this.meter.budget.depth * 4) throw new OverBudget('too-deep');
    const node = this.raise(this.postfix());
    this.depth -= 1;
    return node;
  }

  protected override raise(base: Node): Node {
    if (!this.isOp('^')) return base;
    this.at += 1;
    if (this.isCmd('prime')) {
      this.at += 1;
      if (base.t !== 'sym') throw notMath;
      return this.raise(this.make({ t: 'sym', name: `${base.name}'` }));
    }
    if (this.degreeMark()) return this.raise(this.angles > 0 ? this.inRadians(base) : base);
    const exponent = this.exponent();
    return this.factorials(this.make({ t: 'pow', a: base, b: exponent }));
  }

  private inRadians(degrees: Node): Node {
    const perDegree = this.make({
      t: 'div',
      a: this.make({ t: 'const', name: 'pi' }),
      b: this.number(integer(180n), false),
    });
    return this.make({ t: 'mul', args: [degrees, perDegree] });
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

  protected override exponent(): Node {
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

  protected override primary(): Node {
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
