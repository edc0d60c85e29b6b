import type { Meter } from '../budget.ts';
import { OverBudget } from '../budget.ts';
import type { Token } from './lexer.ts';
import type { Node } from './node.ts';

/** A token sequence that is no expression; the value is text then. */
export class NotMath extends Error {
  override readonly name = 'NotMath';
}

export const notMath: NotMath = new NotMath('not an expression');

/** A place in a token sequence, with the counts that the budget limits. */
export class Cursor {
  protected readonly tokens: readonly Token[];
  protected readonly meter: Meter;
  protected at = 0;
  protected depth = 0;
  protected nodes = 0;
  protected bars = 0;
  /** Open arguments of trigonometric functions: a degree mark means π/180 there. */
  protected angles = 0;
  protected readonly bound = new Set<string>();
  /** Products still open to the right, with their growing factors. */
  protected readonly runs = new Map<Node, Node[]>();

  constructor(tokens: readonly Token[], meter: Meter) {
    this.tokens = tokens;
    this.meter = meter;
  }

  done(): boolean {
    return this.at >= this.tokens.length;
  }

  protected make(node: Node): Node {
    this.nodes += 1;
    this.meter.spend(1);
    if (this.nodes > this.meter.budget.nodes) throw new OverBudget('too-many-nodes');
    return node;
  }

  protected isOp(s: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.kind === 'op' && token.s === s;
  }

  protected isCmd(s: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.kind === 'cmd' && token.s === s;
  }

  protected expectOp(s: string): void {
    if (!this.isOp(s)) throw notMath;
    this.at += 1;
  }

  protected number(v: { n: bigint; d: bigint }, dec: boolean): Node {
    return this.make({ t: 'num', v, dec });
  }
}
