import type { Json } from './run-record.ts';
import type { RunReader } from './run-reader.ts';

/** One line of a comparison; `undefined` where one run has no such thing. */
export interface Difference<Value> {
  readonly name: string;
  readonly a: Value | undefined;
  readonly b: Value | undefined;
}

/** Two runs side by side. */
export interface RunDiff {
  /** Settings and versions that differ, by dotted key. */
  readonly config: readonly Difference<Json>[];
  readonly versions: readonly Difference<string>[];
  /** Last value of every metric of either run, equal ones included. */
  readonly metrics: readonly Difference<number | null>[];
}

export function diffRuns(a: RunReader, b: RunReader): RunDiff {
  const heads = [a.head(), b.head()] as const;
  const differs = ({ a, b }: Difference<Json>) => JSON.stringify(a) !== JSON.stringify(b);
  const last = (run: RunReader) => new Map(run.metrics().map(({ name, value }) => [name, value]));
  return {
    config: sideBySide(leaves(heads[0].config), leaves(heads[1].config)).filter(differs),
    versions: sideBySide(
      new Map(Object.entries(heads[0].versions)),
      new Map(Object.entries(heads[1].versions)),
    ).filter(differs),
    metrics: sideBySide(last(a), last(b)),
  };
}

function sideBySide<Value>(
  a: ReadonlyMap<string, Value>,
  b: ReadonlyMap<string, Value>,
): readonly Difference<Value>[] {
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  return names.map((name) => ({ name, a: a.get(name), b: b.get(name) }));
}

/** Every leaf of a tree by its dotted path; arrays are leaves. */
function leaves(tree: Json, path = ''): Map<string, Json> {
  if (tree === null || typeof tree !== 'object' || Array.isArray(tree))
    return new Map([[path, tree]]);
  return new Map(
    Object.entries(tree).flatMap(([name, value]) => [
      ...leaves(value, path === '' ? name : `${path}.${name}`),
    ]),
  );
}
