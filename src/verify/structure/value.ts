import type { Node } from '../leaf/node.ts';
import type { Shape } from '../verdict.ts';
import type { Unit } from './units.ts';

/** One number or expression with what was written around it. */
export interface Scalar {
  readonly kind: 'scalar';
  readonly node: Node;
  readonly unit: Unit | undefined;
  /** Written with a percent sign; `node` is the number before the sign. */
  readonly percent: boolean;
}

/** Several values side by side: list (no brackets), tuple, set, or interval by its brackets. */
export interface Sequence {
  readonly kind: 'sequence';
  readonly open: '' | '(' | '[' | '{';
  readonly close: '' | ')' | ']' | '}';
  readonly items: readonly Value[];
}

export type RelationSign = '=' | '<' | '>' | 'le' | 'ge' | 'ne' | 'equiv' | 'other';

export interface Relation {
  readonly kind: 'relation';
  readonly parts: readonly Value[];
  readonly signs: readonly RelationSign[];
}

/** A name and what it is: `x=5`, `f(x)=…`, `(p,q)=…`. The name is compared as written, blanks dropped. */
export interface Assignment {
  readonly kind: 'assignment';
  readonly name: string;
  /** The left side as an expression, when it is one. */
  readonly left: Value;
  readonly value: Value;
}

/** Sets joined by ∪, ∩ or ∖, from left to right. */
export interface SetOperation {
  readonly kind: 'union';
  readonly signs: readonly ('cup' | 'cap' | 'setminus')[];
  readonly parts: readonly Value[];
}

export type Value =
  | Scalar
  | Sequence
  | Relation
  | Assignment
  | SetOperation
  | { readonly kind: 'matrix'; readonly rows: readonly (readonly Value[])[] }
  | { readonly kind: 'ratio'; readonly terms: readonly Node[] }
  | { readonly kind: 'time'; readonly minutes: number; readonly half: 'am' | 'pm' | undefined }
  | { readonly kind: 'based'; readonly digits: string; readonly base: string }
  | { readonly kind: 'reals' }
  | { readonly kind: 'text'; readonly text: string };

/** The name under which a value is reported. */
export function shapeOf(value: Value): Shape {
  switch (value.kind) {
    case 'scalar':
      return isNumber(value.node) ? 'number' : 'expression';
    case 'sequence':
      if (value.open === '') return 'list';
      if (value.open === '{') return 'set';
      return isInterval(value) ? 'interval' : 'tuple';
    case 'relation':
      return value.signs.every((sign) => sign === '=') ? 'equation' : 'relation';
    case 'reals':
      return 'interval';
    case 'assignment':
    case 'union':
    case 'matrix':
    case 'ratio':
    case 'time':
    case 'based':
    case 'text':
      return value.kind;
  }
}

function isNumber(node: Node): boolean {
  if (node.t === 'num') return true;
  if (node.t === 'neg') return isNumber(node.a);
  return node.t === 'div' && isNumber(node.a) && isNumber(node.b);
}

/** Two parts with a square bracket, or two parts of which one is infinite. */
export function isInterval(value: Sequence): boolean {
  if (value.items.length !== 2 || value.open === '' || value.open === '{') return false;
  if (value.open === '[' || value.close === ']') return true;
  return value.items.some((item) => item.kind === 'scalar' && isInfinite(item.node));
}

export function isInfinite(node: Node): boolean {
  if (node.t === 'neg') return isInfinite(node.a);
  return node.t === 'const' && node.name === 'inf';
}
