import { mcnemar } from '#eval';
import type { Answered, BaseAndEnd } from './validation.ts';

/** One problem, answered twice. */
export interface Pair {
  readonly id: string;
  readonly before: Answered;
  readonly after: Answered;
}

/** What changed from the base to the end of a run, over the problems that both answered. */
export interface Change {
  readonly template: string;
  readonly iterations: readonly [base: number, end: number];
  readonly shared: number;
  readonly rightBefore: number;
  readonly rightAfter: number;
  /** Wrong before, right after. */
  readonly fixed: readonly Pair[];
  readonly broken: readonly Pair[];
  /** Exact McNemar, two-sided. */
  readonly pValue: number;
  readonly categories: readonly CategoryChange[];
  readonly unreadable: number;
}

export interface CategoryChange {
  readonly category: string;
  readonly n: number;
  readonly before: number;
  readonly after: number;
}

export function changeOf({ template, base, end }: BaseAndEnd): Change {
  const last = new Map(end.answers.map((answer) => [answer.id, answer]));
  const pairs = base.answers.flatMap((before): readonly Pair[] => {
    const after = last.get(before.id);
    return after === undefined ? [] : [{ id: before.id, before, after }];
  });
  const fixed = pairs.filter(({ before, after }) => !before.correct && after.correct);
  const broken = pairs.filter(({ before, after }) => before.correct && !after.correct);
  const byCategory = Map.groupBy(pairs, ({ before }) => before.category);
  return {
    template,
    iterations: [base.iteration, end.iteration],
    shared: pairs.length,
    rightBefore: pairs.filter(({ before }) => before.correct).length,
    rightAfter: pairs.filter(({ after }) => after.correct).length,
    fixed,
    broken,
    pValue: mcnemar(fixed.length, broken.length),
    categories: [...byCategory]
      .map(([category, own]) => ({
        category,
        n: own.length,
        before: own.filter(({ before }) => before.correct).length,
        after: own.filter(({ after }) => after.correct).length,
      }))
      .sort((a, b) => a.category.localeCompare(b.category, 'en')),
    unreadable: base.unreadable + end.unreadable,
  };
}
