import type { Node } from '../leaf/node.ts';
import { traitsOf } from '../leaf/node.ts';
import { realValue } from '../leaf/float.ts';
import type { Meter } from '../budget.ts';
import type { Relation, Sequence, Value } from '../structure/value.ts';
import { isInfinite } from '../structure/value.ts';

/** One end of a stretch of the real line; `at` orders the ends, `node` decides equality. */
export interface End {
  readonly at: number;
  readonly node: Node | undefined;
  readonly open: boolean;
}

/** Stretches in ascending order, disjoint; a point is a closed stretch of length 0. */
export type Segments = readonly { readonly low: End; readonly high: End }[];

const leftEnd: End = { at: -Infinity, node: undefined, open: true };
const rightEnd: End = { at: Infinity, node: undefined, open: true };
export const wholeLine: Segments = [{ low: leftEnd, high: rightEnd }];

/** The set a value describes on the real line; undefined when it is none or its ends are no numbers. */
export function segmentsOf(value: Value, meter: Meter): Segments | undefined {
  switch (value.kind) {
    case 'reals':
      return wholeLine;
    case 'sequence':
      return value.open === '{' ? points(value, meter) : interval(value, meter);
    case 'relation':
      return solved(value, meter);
    case 'union':
      return combined(value, meter);
    case 'scalar':
    case 'assignment':
    case 'matrix':
    case 'ratio':
    case 'time':
    case 'based':
    case 'text':
      return undefined;
  }
}

function endOf(value: Value | undefined, open: boolean, meter: Meter): End | undefined {
  if (value?.kind !== 'scalar' || value.percent) return undefined;
  return endAt(value.node, open, meter);
}

function endAt(node: Node, open: boolean, meter: Meter): End | undefined {
  if (isInfinite(node)) return node.t === 'neg' ? leftEnd : rightEnd;
  if (traitsOf(node).symbols.size > 0) return undefined;
  const at = realValue(node, new Map(), meter);
  return Number.isFinite(at) ? { at, node, open } : undefined;
}

function interval(value: Sequence, meter: Meter): Segments | undefined {
  if (value.items.length !== 2 || value.open === '') return undefined;
  const low = endOf(value.items[0], value.open === '(', meter);
  const high = endOf(value.items[1], value.close === ')', meter);
  if (low === undefined || high === undefined || low.at > high.at) return undefined;
  return [{ low, high }];
}

function points(value: Sequence, meter: Meter): Segments | undefined {
  let total: Segments = [];
  for (const item of value.items) {
    const end = endOf(item, false, meter);
    if (end === undefined) return undefined;
    total = unite(total, [{ low: end, high: end }]);
  }
  return total;
}

/** `a < x ≤ b`, `x ≥ a`, `x ≠ a` with the variable alone in its part. */
function solved(value: Relation, meter: Meter): Segments | undefined {
  let total: Segments = wholeLine;
  let variable: string | undefined;
  for (const [index, sign] of value.signs.entries()) {
    const [left, right] = [value.parts[index], value.parts[index + 1]];
    if (left?.kind !== 'scalar' || right?.kind !== 'scalar') return undefined;
    const turned = right.node.t === 'sym';
    const name = turned ? right.node : left.node;
    const bound = turned ? left.node : right.node;
    if (name.t !== 'sym' || (variable !== undefined && variable !== name.name)) return undefined;
    variable = name.name;
    const part = halfLine(turned ? flipped(sign) : sign, bound, meter);
    if (part === undefined) return undefined;
    total = intersect(total, part);
  }
  return total;
}

export function flipped<S extends string>(sign: S): S | '<' | '>' | 'le' | 'ge' {
  switch (sign) {
    case '<':
      return '>';
    case '>':
      return '<';
    case 'le':
      return 'ge';
    case 'ge':
      return 'le';
    default:
      return sign;
  }
}

function halfLine(sign: string, bound: Node, meter: Meter): Segments | undefined {
  const open = endAt(bound, true, meter);
  const closed = endAt(bound, false, meter);
  if (open === undefined || closed === undefined) return undefined;
  switch (sign) {
    case '<':
      return [{ low: leftEnd, high: open }];
    case 'le':
      return [{ low: leftEnd, high: closed }];
    case '>':
      return [{ low: open, high: rightEnd }];
    case 'ge':
      return [{ low: closed, high: rightEnd }];
    case 'ne':
      return complement([{ low: closed, high: closed }]);
    default:
      return undefined;
  }
}

function combined(value: Value & { kind: 'union' }, meter: Meter): Segments | undefined {
  const [first, ...others] = value.parts;
  let total = first === undefined ? undefined : segmentsOf(first, meter);
  for (const [index, part] of others.entries()) {
    const next = segmentsOf(part, meter);
    if (total === undefined || next === undefined) return undefined;
    meter.spend(1 + total.length + next.length);
    const sign = value.signs[index];
    if (sign === 'cap') total = intersect(total, next);
    else total = sign === 'setminus' ? intersect(total, complement(next)) : unite(total, next);
  }
  return total;
}

/** Ends closer than rounding are the same end; infinities are compared as they are. */
function below(a: End, b: End): boolean {
  if (!Number.isFinite(a.at) || !Number.isFinite(b.at)) return a.at < b.at;
  return a.at < b.at - 1e-12 * Math.max(1, Math.abs(b.at));
}
const meets = (a: End, b: End): boolean => !below(a, b) && !below(b, a);

/** Union: sorted by their lower ends, touching stretches merge unless both ends are open. */
export function unite(a: Segments, b: Segments): Segments {
  const sorted = [...a, ...b].sort(
    (x, y) => x.low.at - y.low.at || Number(x.low.open) - Number(y.low.open),
  );
  const merged: { low: End; high: End }[] = [];
  for (const segment of sorted) {
    const last = merged.at(-1);
    const apart =
      last === undefined ||
      below(last.high, segment.low) ||
      (meets(last.high, segment.low) && last.high.open && segment.low.open);
    if (apart) merged.push({ ...segment });
    else if (below(last.high, segment.high)) last.high = segment.high;
    else if (meets(last.high, segment.high) && !segment.high.open) last.high = segment.high;
  }
  return merged;
}

function complement(a: Segments): Segments {
  const gaps: { low: End; high: End }[] = [];
  let low: End = leftEnd;
  for (const segment of a) {
    const high = { ...segment.low, open: !segment.low.open };
    if (
      segment.low.at !== -Infinity &&
      (below(low, high) || (meets(low, high) && !low.open && !high.open))
    )
      gaps.push({ low, high });
    low = { ...segment.high, open: !segment.high.open };
  }
  if (low.at !== Infinity) gaps.push({ low, high: rightEnd });
  return gaps;
}

export function intersect(a: Segments, b: Segments): Segments {
  return complement(unite(complement(a), complement(b)));
}
