import { datasetHash } from './content-key.ts';
import { DatasetError } from './dataset-error.ts';
import type { Problem } from './problem.ts';
import { chance } from './random.ts';
import type { Chance } from './random.ts';

/** How a subset is chosen. */
export interface SubsetSpec {
  readonly seed: number | string;
  /** `passrate:7B > 0`; a problem without that rate does not pass. */
  readonly rules: readonly string[];
  /** Only these categories; all when empty. */
  readonly categories: readonly string[];
  readonly excludedCategories: readonly string[];
  /** Leaves out problems without a picture. */
  readonly withPictures: boolean;
  /** At most so many, cut in proportion to the categories; undefined keeps all. */
  readonly count?: number;
  /** Fills up to `count` with problems whose rates were not measured. */
  readonly fillUnmeasured: boolean;
  /** Held out first, in proportion to the categories; 0 = none. */
  readonly validation: number;
}

/** What was chosen, and how to choose the same again. */
export interface SubsetManifest {
  readonly seed: number | string;
  readonly dataset: string;
  /** Each step with the problems before and after it. */
  readonly steps: readonly {
    readonly rule: string;
    readonly before: number;
    readonly after: number;
  }[];
  /** Problems that `count` asked for and the data could not give. */
  readonly shortfall: number;
  readonly train: { readonly hash: string; readonly ids: readonly string[] };
  readonly validation: { readonly hash: string; readonly ids: readonly string[] };
}

export interface Subset {
  readonly train: readonly Problem[];
  readonly validation: readonly Problem[];
  readonly manifest: SubsetManifest;
}

/**
 * Chooses problems: rules first, then a validation split that shares neither id nor picture with the
 * rest, then the cut to `count`. The same problems and spec give the same subset.
 *
 * @throws DatasetError for a rule that cannot be read, or if nothing is left.
 */
export function chooseSubset(all: readonly Problem[], spec: SubsetSpec): Subset {
  const steps: { rule: string; before: number; after: number }[] = [];
  let rest = all;
  const keep = (rule: string, holds: (problem: Problem) => boolean): void => {
    const before = rest.length;
    rest = rest.filter(holds);
    steps.push({ rule, before, after: rest.length });
  };
  const { categories, excludedCategories } = spec;
  if (categories.length > 0) {
    keep(`category in ${categories.join(', ')}`, ({ category }) => categories.includes(category));
  }
  if (excludedCategories.length > 0) {
    const rule = `category not in ${excludedCategories.join(', ')}`;
    keep(rule, ({ category }) => !excludedCategories.includes(category));
  }
  if (spec.withPictures) keep('with pictures', ({ images }) => images.length > 0);
  const beforeRates = rest;
  const rules = spec.rules.map(parseRule);
  for (const rule of rules) keep(rule.text, ({ passRates }) => rule.holds(passRates?.[rule.name]));
  const validation = proportional(rest, spec.validation, chance('validation', spec.seed));
  if (spec.validation > 0) {
    const held = new Set(validation);
    const pictures = new Set(validation.flatMap(({ images }) => images.map(({ hash }) => hash)));
    const shares = ({ images }: Problem): boolean => images.some(({ hash }) => pictures.has(hash));
    keep(`validation of ${validation.length} held out`, (problem) => !held.has(problem));
    keep('no picture of the validation', (problem) => !shares(problem));
  }
  const { train, added } = cut(rest, beforeRates, { spec, rules, validation });
  if (spec.count !== undefined) {
    const rule = `at most ${spec.count}${added > 0 ? `, ${added} of them not measured` : ''}`;
    steps.push({ rule, before: rest.length, after: train.length });
  }
  if (train.length === 0) {
    const counts = steps.map(({ rule, after }) => `${rule}: ${after}`).join('; ');
    throw new DatasetError(
      'rows',
      `expected problems in the subset, found none; ${counts || 'no rules'}`,
    );
  }
  return {
    train,
    validation,
    manifest: {
      seed: spec.seed,
      dataset: datasetHash(all),
      steps,
      shortfall: Math.max(0, (spec.count ?? 0) - train.length),
      train: { hash: datasetHash(train), ids: train.map(({ id }) => id) },
      validation: { hash: datasetHash(validation), ids: validation.map(({ id }) => id) },
    },
  };
}

interface Rule {
  readonly text: string;
  readonly name: string;
  readonly holds: (rate: number | undefined) => boolean;
}

const COMPARISONS: Readonly<Record<string, (rate: number, bound: number) => boolean>> = {
  '>': (rate, bound) => rate > bound,
  '>=': (rate, bound) => rate >= bound,
  '<': (rate, bound) => rate < bound,
  '<=': (rate, bound) => rate <= bound,
  '=': (rate, bound) => rate === bound,
  '!=': (rate, bound) => rate !== bound,
};

/** `passrate:NAME OP NUMBER`, with OP one of > >= < <= = !=. */
function parseRule(text: string): Rule {
  const match = /^\s*passrate:([\w.-]+)\s*(>=|<=|!=|>|<|=)\s*(\d*\.?\d+)\s*$/i.exec(text);
  const [, name = '', comparison = '', number = ''] = match ?? [];
  const compare = COMPARISONS[comparison];
  if (compare === undefined) {
    throw new DatasetError(
      'rows',
      `rule ${JSON.stringify(text)}: expected passrate:NAME, one of > >= < <= = !=, and a number, ` +
        'such as "passrate:7B > 0"',
    );
  }
  const bound = Number(number);
  return {
    text: `passrate:${name} ${comparison} ${number}`,
    name,
    holds: (rate) => rate !== undefined && compare(rate, bound),
  };
}

function cut(
  rest: readonly Problem[],
  pool: readonly Problem[],
  given: { spec: SubsetSpec; rules: readonly Rule[]; validation: readonly Problem[] },
): { readonly train: readonly Problem[]; readonly added: number } {
  const { spec, rules, validation } = given;
  const { count } = spec;
  if (count === undefined) return { train: rest, added: 0 };
  if (rest.length >= count) {
    return { train: proportional(rest, count, chance('cut', spec.seed)), added: 0 };
  }
  if (!spec.fillUnmeasured) return { train: rest, added: 0 };
  const pictures = new Set(validation.flatMap(({ images }) => images.map(({ hash }) => hash)));
  const unmeasured = pool.filter(
    (problem) =>
      rules.some(({ name }) => problem.passRates?.[name] === undefined) &&
      !validation.includes(problem) &&
      !problem.images.some(({ hash }) => pictures.has(hash)),
  );
  const draw = chance('fill', spec.seed);
  const added = new Set(proportional(unmeasured, count - rest.length, draw));
  const chosen = new Set([...rest, ...added]);
  return { train: pool.filter((problem) => chosen.has(problem)), added: added.size };
}

/**
 * So many problems, each category with its share (largest remainders), drawn at random within it; in
 * the order they had.
 */
function proportional(all: readonly Problem[], count: number, draw: Chance): readonly Problem[] {
  if (count <= 0) return [];
  if (all.length <= count) return all;
  const groups = [...Map.groupBy(all, ({ category }) => category)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const quotas = groups.map(([, problems]) => (problems.length * count) / all.length);
  const sizes = quotas.map(Math.floor);
  let missing = count - sizes.reduce((a, b) => a + b, 0);
  const byRemainder = quotas
    .map((quota, index) => ({ index, remainder: quota - Math.floor(quota) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (missing-- <= 0) break;
    sizes[index] = (sizes[index] ?? 0) + 1;
  }
  const chosen = new Set(
    groups.flatMap(([, problems], index) => draw.shuffled(problems).slice(0, sizes[index])),
  );
  return all.filter((problem) => chosen.has(problem));
}
