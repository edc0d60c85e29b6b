import { OverBudget } from '../budget.ts';
import { canonical } from '../leaf/node.ts';
import type { Sequence, Value } from '../structure/value.ts';
import type { Reason } from '../verdict.ts';
import { agrees } from '../verdict.ts';
import type { Comparison } from './comparison.ts';

/** Tuples and intervals in order with their brackets, lists and sets in any order. */
export function sequences(g: Sequence, p: Sequence, how: Comparison): Reason {
  if (g.items.length === 0 || p.items.length === 0)
    return g.items.length === p.items.length ? 'elements-equal' : 'count-differs';
  const tuple = (value: Sequence): boolean => value.open === '(' || value.open === '[';
  if (g.open === '{' && g.items.length === 1 && tuple(p)) return singleton(g, p, how);
  if (p.open === '{' && p.items.length === 1 && tuple(g)) return singleton(p, g, how);
  if (tuple(g) && tuple(p)) {
    if (g.open !== p.open || g.close !== p.close) {
      return g.items.length === p.items.length ? 'bracket-differs' : 'count-differs';
    }
    return ordered(g.items, p.items, how);
  }
  // A closed end is no tuple's: an interval is met by no bare list.
  if (isClosed(g) || isClosed(p)) return 'bracket-differs';
  if (tuple(g) && p.open === '') return ordered(g.items, p.items, how);
  // A list is in no order, whatever brackets the answer puts around it.
  if (tuple(p) && g.open === '' && !isMapping(g))
    return how.policy.listOrder === 'fixed'
      ? ordered(g.items, p.items, how)
      : unordered(g.items, p.items, how);
  if (tuple(p) && g.open === '') return ordered(g.items, p.items, how);
  if (tuple(g) || tuple(p)) return 'bracket-differs';
  if (how.policy.listOrder === 'fixed') return ordered(g.items, p.items, how);
  if (
    g.items.some((item) => item.kind === 'assignment') &&
    p.items.some((item) => item.kind === 'assignment')
  )
    return named(g, p, how);
  if (
    g.items.some((item) => item.kind === 'assignment') !==
    p.items.some((item) => item.kind === 'assignment')
  )
    return unordered(g.items.map(valueOf), p.items.map(valueOf), how, severalNames([g, p]));
  const set = g.open === '{' || p.open === '{';
  return unordered(set ? distinct(g.items) : g.items, set ? distinct(p.items) : p.items, how);
}

/** `AB=4, CD=5` names its values in order; `x=5, x=-3` and `(a,b)=(1,2),(3,4)` name one unknown. */
function severalNames(sides: readonly Sequence[]): boolean {
  const named = sides.flatMap((side) => side.items).filter((item) => item.kind === 'assignment');
  return new Set(named.map((item) => item.name)).size > 1;
}

/** `x=1, y=2`: values that their names put in order. */
const isMapping = (value: Sequence): boolean =>
  value.items.some((item) => item.kind === 'assignment');

const isClosed = (value: Sequence): boolean =>
  value.items.length === 2 && (value.open === '[' || value.close === ']');

function valueOf(value: Value): Value {
  return value.kind === 'assignment' ? value.value : value;
}

/** `x=1, y=2` as a mapping; `x=1, 2` shares the first name. */
function named(g: Sequence, p: Sequence, how: Comparison): Reason {
  const direct = unordered(g.items, p.items, how);
  if (agrees(direct)) return direct;
  const partial = [g, p].some((value) => value.items.some((item) => item.kind !== 'assignment'));
  return partial ? unordered(g.items.map(valueOf), p.items.map(valueOf), how) : direct;
}

function distinct(items: readonly Value[]): readonly Value[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = item.kind === 'scalar' ? canonical(item.node) : undefined;
    if (key === undefined) return true;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export function ordered(g: readonly Value[], p: readonly Value[], how: Comparison): Reason {
  if (g.length !== p.length) return 'count-differs';
  for (const [index, item] of g.entries()) {
    const other = p[index];
    if (other === undefined) return 'count-differs';
    const reason = how.equal(item, other, how);
    if (!agrees(reason)) return orderedReason(g, p, how, reason);
  }
  return 'elements-equal';
}

/** `order-differs` when the same elements stand in another order. */
function orderedReason(
  g: readonly Value[],
  p: readonly Value[],
  how: Comparison,
  reason: Reason,
): Reason {
  if (g.length > 8) return reason;
  return agrees(unordered(g, p, how)) ? 'order-differs' : reason;
}

/** Equal canonical forms pair off first; the rest is matched pair by pair up to a limit. */
export function unordered(
  g: readonly Value[],
  p: readonly Value[],
  how: Comparison,
  inOrder = false,
): Reason {
  if (g.length !== p.length) return 'count-differs';
  if (inOrder) return ordered(g, p, how);
  const rest = new Map<string, Value[]>();
  const others: Value[] = [];
  for (const item of p) {
    const key = keyOf(item);
    if (key === undefined) others.push(item);
    else rest.set(key, [...(rest.get(key) ?? []), item]);
  }
  const unmatched: Value[] = [];
  for (const item of g) {
    const key = keyOf(item);
    const same = key === undefined ? undefined : rest.get(key);
    if (same === undefined || same.length === 0) unmatched.push(item);
    else same.pop();
  }
  const left = [...others, ...[...rest.values()].flat()];
  return matched(unmatched, left, how);
}

function keyOf(value: Value): string | undefined {
  return value.kind === 'scalar' && value.unit === undefined && !value.percent
    ? canonical(value.node)
    : undefined;
}

function matched(g: readonly Value[], p: readonly Value[], how: Comparison): Reason {
  if (g.length > how.meter.budget.matching) throw new OverBudget('step-limit');
  const free = [...p];
  for (const item of g) {
    let failed: Reason = 'count-differs';
    const at = free.findIndex((candidate) => {
      const reason = how.equal(item, candidate, how);
      if (!agrees(reason)) failed = reason;
      return agrees(reason);
    });
    if (at < 0) return failed;
    free.splice(at, 1);
  }
  return 'elements-equal';
}

export function matrices(g: Value, p: Value, how: Comparison): Reason {
  const [a, b] = [rowsOf(g), rowsOf(p)];
  if (a === undefined || b === undefined) return 'shape-differs';
  if (a.length !== b.length) return 'count-differs';
  for (const [index, row] of a.entries()) {
    const reason = ordered(row, b[index] ?? [], how);
    if (!agrees(reason)) return reason;
  }
  return 'elements-equal';
}

/** A matrix; a tuple stands for a column of the same length. */
function rowsOf(value: Value): readonly (readonly Value[])[] | undefined {
  if (value.kind === 'matrix') return value.rows;
  if (value.kind !== 'sequence' || value.open !== '(') return undefined;
  return value.items.map((item) => [item]);
}

/** A set or list of one element and that element; an empty or longer one differs. */
export function singleton(g: Value, p: Value, how: Comparison): Reason {
  const set = g.kind === 'sequence' ? g : p.kind === 'sequence' ? p : undefined;
  const other = set === g ? p : g;
  const items = set?.open === '{' ? distinct(set.items) : (set?.items ?? []);
  const only = items[0];
  if (p.kind === 'sequence' && restates(p, g, how)) return 'elements-equal';
  if (set === undefined || only === undefined || items.length !== 1) return 'shape-differs';
  return set === g ? how.equal(only, other, how) : how.equal(other, only, how);
}

/** `\frac35 or 0.6`: one value in several spellings, each of them the gold's. */
function restates(list: Sequence, gold: Value, how: Comparison): boolean {
  if (list.open !== '' || list.items.length < 2 || list.items.length > 3) return false;
  if (distinct(list.items).length < list.items.length) return false;
  return list.items.every((item) => item.kind === 'scalar' && agrees(how.equal(gold, item, how)));
}
