import type { Problem } from '#data';
import type { Seed } from '#run';

/** Places in the dataset: what is validated on, and what may be trained on. */
export interface Split {
  readonly validation: readonly number[];
  readonly training: readonly number[];
  /** Left out of both, because they share a picture or an id with the validation set. */
  readonly removed: readonly number[];
}

/**
 * Holds out `count` problems, in proportion to categories, by a draw that depends on the seed and on
 * the ids alone, not on the order of the dataset. Problems that share an id or a picture with a held
 * out one leave the training set (algorithm.md 4.1).
 */
export function splitValidation(
  problems: readonly Pick<Problem, 'id' | 'category' | 'images'>[],
  count: number,
  seed: Seed,
): Split {
  const byCategory = Map.groupBy(problems.keys(), (place) => problems[place]?.category ?? '');
  const quotas = shares(
    [...byCategory].map(([name, { length }]) => ({ name, length })),
    count,
  );
  const draw = (place: number) => seed.at('validation', problems[place]?.id ?? '').toNumber();
  const held = new Set<number>();
  for (const [category, places] of byCategory) {
    const ranked = places.map((place) => ({ place, rank: draw(place) }));
    ranked.sort((a, b) => a.rank - b.rank);
    for (const { place } of ranked.slice(0, quotas.get(category))) held.add(place);
  }
  const ids = new Set([...held].map((place) => problems[place]?.id));
  const pictures = new Set([...held].flatMap((place) => hashes(problems[place])));
  const rest = [...problems.keys()].filter((place) => !held.has(place));
  const shared = (place: number) =>
    ids.has(problems[place]?.id) || hashes(problems[place]).some((hash) => pictures.has(hash));
  return {
    validation: [...held].sort((a, b) => a - b),
    training: rest.filter((place) => !shared(place)),
    removed: rest.filter(shared),
  };
}

function hashes(problem: Pick<Problem, 'images'> | undefined): readonly string[] {
  return problem?.images.map(({ hash }) => hash) ?? [];
}

/** Whole parts of `count` in proportion to sizes; what is left goes to the largest remainders. */
function shares(
  parts: readonly { readonly name: string; readonly length: number }[],
  count: number,
): ReadonlyMap<string, number> {
  const all = parts.reduce((sum, { length }) => sum + length, 0);
  const wanted = Math.min(count, all);
  const exact = parts.map(({ name, length }) => ({
    name,
    share: (wanted * length) / Math.max(1, all),
  }));
  const quotas = new Map(exact.map(({ name, share }) => [name, Math.floor(share)]));
  let left = wanted - [...quotas.values()].reduce((sum, quota) => sum + quota, 0);
  const byRemainder = exact.toSorted(
    (a, b) => (b.share % 1) - (a.share % 1) || a.name.localeCompare(b.name, 'en'),
  );
  for (const { name } of byRemainder) {
    if (left === 0) break;
    quotas.set(name, (quotas.get(name) ?? 0) + 1);
    left -= 1;
  }
  return quotas;
}
