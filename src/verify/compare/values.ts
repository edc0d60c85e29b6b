import type { Meter } from '../budget.ts';
import type { Node } from '../leaf/node.ts';
import { literalOf } from '../leaf/node.ts';
import { integer } from '../leaf/rational.ts';
import { scalarsEqual } from '../leaf/scalars-equal.ts';
import type { Assignment, Value } from '../structure/value.ts';
import type { Reason } from '../verdict.ts';
import { agrees } from '../verdict.ts';
import type { Comparison } from './comparison.ts';
import { relationsEqual } from './relations.ts';
import { scalars, spelled } from './scalars.ts';
import type { Segments } from './segments.ts';
import { matrices, ordered, sequences, singleton, unordered } from './sequences.ts';
import { intersect, segmentsOf, unite, wholeLine } from './segments.ts';
import { foldText, squeeze } from './text.ts';

/** Compares the gold value with the prediction's; the reason says which rule decided. */
export function valuesEqual(gold: Value, prediction: Value, how: Comparison): Reason {
  how.meter.spend(1);
  const [g, p] = [gold, prediction];
  if (g.kind === 'assignment' || p.kind === 'assignment') return assignments(g, p, how);
  if (g.kind === 'relation' || p.kind === 'relation' || (isConditions(g) && !holdsRelation(p))) {
    const reason = againstRelation(g, p, how);
    if (reason !== undefined) return reason;
  }
  if (isSet(g) || isSet(p)) {
    const reason = sets(g, p, how);
    if (reason !== undefined) return reason;
  }
  if (g.kind === 'sequence' && p.kind === 'sequence') return sequences(g, p, how);
  if (g.kind === 'matrix' || p.kind === 'matrix') return matrices(g, p, how);
  if (g.kind === 'scalar' && p.kind === 'scalar') return scalars(g, p, how);
  return singles(g, p, how);
}

/** Values of different or rarer kinds. */
function singles(g: Value, p: Value, how: Comparison): Reason {
  if (g.kind === 'text' || p.kind === 'text') return texts(g, p);
  if (g.kind === 'time' && p.kind === 'time') {
    const half = g.half !== undefined && p.half !== undefined;
    if (half)
      return clock(g.minutes, g.half) === clock(p.minutes, p.half)
        ? 'number-exact'
        : 'number-differs';
    return g.minutes === p.minutes ? 'number-exact' : 'number-differs';
  }
  if (g.kind === 'time' || p.kind === 'time') return timeAgainst(g, p);
  if (g.kind === 'ratio' || p.kind === 'ratio') return ratios(g, p, how);
  if (g.kind === 'based' || p.kind === 'based') return based(g, p);
  if (g.kind === 'sequence' || p.kind === 'sequence') return singleton(g, p, how);
  return 'shape-differs';
}

/** `7:30` may be a ratio by its notation; against a time it is one too. */
function timeAgainst(g: Value, p: Value): Reason {
  const [time, other] = g.kind === 'time' ? [g, p] : [p, g];
  if (time.kind !== 'time' || other.kind !== 'ratio' || other.terms.length !== 2)
    return 'shape-differs';
  const [hours, minutes] = other.terms.map(literalOf);
  if (hours === undefined || minutes === undefined) return 'shape-differs';
  const total = hours.v.n * 60n + minutes.v.n;
  return total === BigInt(time.minutes) ? 'number-exact' : 'number-differs';
}

const clock = (minutes: number, half: 'am' | 'pm' | undefined): number =>
  (minutes % 720) + (half === 'pm' ? 720 : 0);

function texts(g: Value, p: Value): Reason {
  if (g.kind !== 'text' || p.kind !== 'text') {
    const [text, other] =
      g.kind === 'text' ? [g.text, p] : p.kind === 'text' ? [p.text, g] : ['', g];
    const name = other.kind === 'scalar' ? spelled(other.node) : undefined;
    return name !== undefined && foldText(text).replace(/\s/g, '') === name
      ? 'text-equal'
      : 'shape-differs';
  }
  if (squeeze(g.text) === squeeze(p.text)) return g.text === '' ? 'text-differs' : 'identical';
  const [a, b] = [foldText(g.text), foldText(p.text)];
  return a === b && a !== '' ? 'text-equal' : 'text-differs';
}

function based(g: Value, p: Value): Reason {
  if (g.kind === 'based' && p.kind === 'based')
    return g.digits === p.digits && g.base === p.base ? 'number-exact' : 'number-differs';
  if (g.kind !== 'based' || p.kind !== 'scalar' || p.unit !== undefined || p.percent)
    return 'shape-differs';
  const digits = literalOf(p.node);
  return digits !== undefined && !digits.dec && `${digits.v.n}` === g.digits
    ? 'number-exact'
    : 'number-differs';
}

/** Proportional terms; a fraction is a ratio of two. */
function ratios(g: Value, p: Value, how: Comparison): Reason {
  const [a, b] = [termsOf(g), termsOf(p)];
  if (a === undefined || b === undefined) return 'shape-differs';
  if (a.length !== b.length) return 'count-differs';
  const [first, other] = [a[0], b[0]];
  if (first === undefined || other === undefined) return 'shape-differs';
  // 0:0 is proportional to everything and equal to nothing.
  if (a.every(isZero) || b.every(isZero)) return 'number-differs';
  for (const [index, term] of a.entries()) {
    const match = b[index];
    if (match === undefined) return 'count-differs';
    const reason = scalarsEqual(
      { t: 'mul', args: [term, other] },
      { t: 'mul', args: [match, first] },
      how.precision,
      how.meter,
    );
    if (!agrees(reason)) return 'number-differs';
  }
  return 'number-exact';
}

const isZero = (node: Node): boolean => literalOf(node)?.v.n === 0n;

function termsOf(value: Value): readonly Node[] | undefined {
  if (value.kind === 'ratio') return value.terms;
  if (value.kind !== 'scalar' || value.percent || value.unit !== undefined) return undefined;
  return value.node.t === 'div'
    ? [value.node.a, value.node.b]
    : [value.node, { t: 'num', v: integer(1n), dec: false }];
}

/** Names count when both sides give them; otherwise the value alone. */
function assignments(g: Value, p: Value, how: Comparison): Reason {
  if (g.kind === 'assignment' && p.kind === 'assignment') {
    if (sameName(g, p, how)) return valuesEqual(g.value, p.value, how);
    const asEquations = relationsEqual(equation(g), equation(p), how);
    if (agrees(asEquations)) return asEquations;
    return isFunctionName(g.name) && isFunctionName(p.name) && how.policy.renameVariables
      ? valuesEqual(g.value, p.value, how)
      : 'variables-differ';
  }
  if (g.kind === 'assignment') {
    if (p.kind === 'relation' && p.signs.every((sign) => sign === '='))
      return relationsEqual(equation(g), p, how);
    return valuesEqual(g.value, p, how);
  }
  if (p.kind !== 'assignment') return 'shape-differs';
  if (g.kind === 'relation' && g.signs.every((sign) => sign === '='))
    return relationsEqual(g, equation(p), how);
  return valuesEqual(g, p.value, how);
}

const isFunctionName = (name: string): boolean => /^[a-zA-Z](?:\(.*\))?$/.test(name);

function sameName(g: Assignment, p: Assignment, how: Comparison): boolean {
  if (g.name === p.name || g.name.toLowerCase() === p.name.toLowerCase()) return true;
  if (g.left.kind !== 'scalar' || p.left.kind !== 'scalar') return false;
  return agrees(scalarsEqual(g.left.node, p.left.node, how.precision, how.meter));
}

function equation(value: Assignment): Value & { kind: 'relation' } {
  return { kind: 'relation', parts: [value.left, value.value], signs: ['='] };
}

/** A gold inequality is met by the interval it describes; the reverse only by policy. */
function againstRelation(g: Value, p: Value, how: Comparison): Reason | undefined {
  if (g.kind === 'relation' && p.kind === 'relation') {
    const reason = relationsEqual(g, p, how);
    if (agrees(reason)) return reason;
    const [a, b] = [segmentsOf(g, how.meter), segmentsOf(p, how.meter)];
    // Two conditions that nothing meets need not be the same condition, nor those on two unknowns.
    const filled = a !== undefined && b !== undefined && a.length > 0 && oneUnknown([g, p], how);
    return filled && sameSegments(a, b, how) ? 'relation-equal' : reason;
  }
  const builder = g.kind === 'union' && g.signs.length === 0;
  const allowed =
    g.kind === 'relation' || builder || isConditions(g) || how.policy.intervalMeetsInequality;
  const [a, b] = allowed
    ? [regionOf(g, how.meter), regionOf(p, how.meter)]
    : [undefined, undefined];
  if (a !== undefined && b !== undefined)
    return oneUnknown([g, p], how) && sameSegments(a, b, how)
      ? 'relation-equal'
      : 'relation-differs';
  return g.kind === 'sequence' && p.kind === 'sequence' ? undefined : 'shape-differs';
}

/** Whether all conditions on both sides are on the same unknown, letter case aside. */
function oneUnknown(values: readonly Value[], how: Comparison): boolean {
  if (how.policy.renameVariables) return true;
  return new Set(values.flatMap(unknownsOf)).size <= 1;
}

function unknownsOf(value: Value): readonly string[] {
  if (value.kind === 'sequence') return value.items.flatMap(unknownsOf);
  if (value.kind !== 'relation') return [];
  return value.parts.flatMap((part) =>
    part.kind === 'scalar' && part.node.t === 'sym' ? [part.node.name.toLowerCase()] : [],
  );
}

/**
 * Also a list of inequalities: read as "or", and as "and" where "or" would leave no number out
 * (`x>1, x<2`).
 */
function regionOf(value: Value, meter: Meter): Segments | undefined {
  if (value.kind !== 'sequence' || value.open !== '') return segmentsOf(value, meter);
  let either: Segments = [];
  let both: Segments = wholeLine;
  for (const item of value.items) {
    const part = item.kind === 'relation' ? segmentsOf(item, meter) : undefined;
    if (part === undefined) return undefined;
    meter.spend(1 + either.length + both.length);
    either = unite(either, part);
    both = intersect(both, part);
  }
  const [only] = either;
  const everything = either.length === 1 && only?.low.at === -Infinity && only.high.at === Infinity;
  return everything ? both : either;
}

/** `x>1, x<2` is a condition too. */
function isConditions(value: Value): boolean {
  return (
    value.kind === 'sequence' &&
    value.items.length > 1 &&
    value.items.every((item) => item.kind === 'relation')
  );
}

function holdsRelation(value: Value): boolean {
  if (value.kind === 'relation') return true;
  return value.kind === 'sequence' && value.items.some((item) => item.kind === 'relation');
}

function isSet(value: Value): boolean {
  return value.kind === 'union' || value.kind === 'reals';
}

function sets(g: Value, p: Value, how: Comparison): Reason | undefined {
  const [a, b] = [regionOf(g, how.meter), regionOf(p, how.meter)];
  const allowed = how.policy.intervalMeetsInequality || !isSet(g) || !holdsRelation(p);
  if (a !== undefined && b !== undefined && allowed)
    return sameSegments(a, b, how) ? 'elements-equal' : 'relation-differs';
  if (g.kind !== 'union' || p.kind !== 'union') return 'shape-differs';
  if (g.signs.join() !== p.signs.join()) return 'shape-differs';
  if (g.signs.every((sign) => sign !== 'setminus')) return unordered(g.parts, p.parts, how);
  return ordered(g.parts, p.parts, how);
}

function sameSegments(a: Segments, b: Segments, how: Comparison): boolean {
  if (a.length !== b.length) return false;
  return a.every((segment, index) => {
    const other = b[index];
    if (other === undefined) return false;
    return (['low', 'high'] as const).every((side) => {
      const [x, y] = [segment[side], other[side]];
      if (x.node === undefined || y.node === undefined) return x.at === y.at;
      return x.open === y.open && agrees(scalarsEqual(x.node, y.node, how.precision, how.meter));
    });
  });
}
