import { OverBudget } from '../budget.ts';
import { realValue, hash } from '../leaf/float.ts';
import type { Node } from '../leaf/node.ts';
import { canonical, traitsOf } from '../leaf/node.ts';
import { scalarsEqual } from '../leaf/scalars-equal.ts';
import type { Relation, RelationSign } from '../structure/value.ts';
import type { Reason } from '../verdict.ts';
import { agrees } from '../verdict.ts';
import { flipped } from './segments.ts';
import type { Comparison } from './comparison.ts';

/**
 * Chains part by part, also read from right to left; a single relation also when its difference
 * is a constant multiple of the other's (positive for inequalities, or negative with the sign turned).
 */
export function relationsEqual(g: Relation, p: Relation, how: Comparison): Reason {
  if (g.signs.length !== p.signs.length) return 'relation-differs';
  if (sameChain(g, p, how)) return 'relation-equal';
  const turned: Relation = {
    kind: 'relation',
    parts: [...p.parts].reverse(),
    signs: [...p.signs].reverse().map((sign) => flipped<RelationSign>(sign)),
  };
  if (sameChain(g, turned, how)) return 'relation-equal';
  if (g.signs.length !== 1) return 'relation-differs';
  return scaledEqual(g, p, how) ? 'relation-equal' : 'relation-differs';
}

function sameChain(g: Relation, p: Relation, how: Comparison): boolean {
  if (g.signs.some((sign, index) => sign !== p.signs[index])) return false;
  return g.parts.every((part, index) => {
    const other = p.parts[index];
    return other !== undefined && agrees(how.equal(part, other, how));
  });
}

function scaledEqual(g: Relation, p: Relation, how: Comparison): boolean {
  const [a, b] = [differenceOf(g), differenceOf(p)];
  const [sign, other] = [g.signs[0], p.signs[0]];
  if (a === undefined || b === undefined || sign === undefined || other === undefined) return false;
  const symmetric = sign === '=' || sign === 'ne';
  if (symmetric && sign !== other) return false;
  if (!symmetric && sign !== other && flipped(sign) !== other) return false;
  if (sign === 'equiv' || sign === 'other') return false;
  const ratio = constantRatio(a, b, how);
  if (ratio === undefined) return false;
  if (symmetric) return true;
  return sign === other ? ratio > 0 : ratio < 0;
}

function differenceOf(value: Relation): Node | undefined {
  const [left, right] = value.parts;
  if (left?.kind !== 'scalar' || right?.kind !== 'scalar') return undefined;
  if (left.percent || right.percent) return undefined;
  return { t: 'add', args: [left.node, { t: 'neg', a: right.node }] };
}

/**
 * The constant c with a = c·b, its sign found by sampling and the identity then decided by the
 * leaf comparison (a·b₀ = b·a₀ at one point); undefined when there is none.
 */
function constantRatio(a: Node, b: Node, how: Comparison): number | undefined {
  const [x, y] = [traitsOf(a), traitsOf(b)];
  if (x.symbols.size === 0 || x.symbols.size !== y.symbols.size || x.infinite || y.infinite)
    return undefined;
  if (![...x.symbols].every((name) => y.symbols.has(name))) return undefined;
  const seed = hash(`${canonical(a)}\n${canonical(b)}`);
  const ratios: number[] = [];
  for (let point = 0; point < 12 && ratios.length < 6; point += 1) {
    const at = new Map(
      [...x.symbols].sort().map((name, index) => [name, spread(seed, point, index)]),
    );
    const [u, v] = [realValue(a, at, how.meter), realValue(b, at, how.meter)];
    if (!Number.isFinite(u) || !Number.isFinite(v) || Math.abs(v) < 1e-6 || Math.abs(u) < 1e-6)
      continue;
    ratios.push(u / v);
  }
  const first = ratios[0];
  if (first === undefined || ratios.length < 4) return undefined;
  if (ratios.some((ratio) => Math.abs(ratio - first) > 1e-9 * Math.abs(first))) return undefined;
  return confirmed(a, b, first, how) ? first : undefined;
}

/** A ratio that is a small fraction is confirmed exactly; another is believed from six points. */
function confirmed(a: Node, b: Node, ratio: number, how: Comparison): boolean {
  for (let d = 1; d <= 64; d += 1) {
    const n = Math.round(ratio * d);
    if (n === 0 || Math.abs(n / d - ratio) > 1e-9 * Math.abs(ratio)) continue;
    const times = (factor: number, node: Node): Node => ({
      t: 'mul',
      args: [{ t: 'num', v: { n: BigInt(factor), d: 1n }, dec: false }, node],
    });
    try {
      return agrees(scalarsEqual(times(d, a), times(n, b), how.precision, how.meter));
    } catch (error) {
      if (error instanceof OverBudget) return false;
      throw error;
    }
  }
  return true;
}

function spread(seed: number, point: number, index: number): number {
  const h = hash(`${seed} ${point} ${index}`) / 4_294_967_296;
  return point % 3 === 0 ? 0.4 + h * 3 : (h - 0.5) * 7;
}
