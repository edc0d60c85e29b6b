import type { Answer, Answers } from './answers.ts';

/** A share with its 95 % interval. */
export interface Share {
  readonly count: number;
  readonly n: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** Accuracy of one group of problems. */
export interface GroupAccuracy {
  readonly n: number;
  readonly greedy: number;
  /** Mean share of right samples, and share of problems with a right one; null without samples. */
  readonly passAt1: number | null;
  readonly passAtN: number | null;
}

/** What a model can do, and what thinking again does for it. */
export interface Assessment {
  readonly problems: number;
  readonly greedy: Share;
  /** Greedy responses cut off by the limit, and ended ones without an answer. */
  readonly truncated: number;
  readonly unanswered: number;
  /** Mean length of a greedy response, tokens. */
  readonly tokens: number;
  /** A trigger behind every greedy answer that ended: right answers after it, right ones per answer, changes. */
  readonly forced: Share & Changes;
  /**
   * Answers that are right at once or behind a trigger. The reference answer decides which counts, so it
   * is an oracle bound and no accuracy (paper, Fig. 7).
   */
  readonly oracleBound: Share;
  /** Waits of greedy responses that no trigger asked for, and the answers that changed across them. */
  readonly waits: Share & Changes;
  /** The same of sampled responses; null without samples. */
  readonly sampledWaits: (Share & Changes) | null;
  readonly samples: number;
  readonly passAt1: Share | null;
  readonly passAtN: Share | null;
  readonly groups: Readonly<Record<string, GroupAccuracy>>;
}

/** Answers that became right, and answers that became wrong. */
export interface Changes {
  readonly fixed: number;
  readonly broken: number;
}

/** Sums up what was asked. */
export function assess(all: readonly Answers[]): Assessment {
  const greedy = all.map((answers) => answers.greedy);
  const sampled = all.flatMap((answers) => answers.sampled);
  const samples = all[0]?.sampled.length ?? 0;
  const names = [...new Set(all.flatMap(({ groups }) => groups))];
  return {
    problems: all.length,
    greedy: share(greedy.filter(({ correct }) => correct).length, all.length),
    truncated: greedy.filter(({ ended }) => !ended).length,
    unanswered: greedy.filter(({ ended, answered }) => ended && !answered).length,
    tokens: mean(greedy.map(({ tokens }) => tokens)),
    forced: forcedOf(all),
    oracleBound: share(
      all.filter((answers) => answers.greedy.correct || answers.forced?.correct === true).length,
      all.length,
    ),
    waits: waitsOf(greedy),
    sampledWaits: samples === 0 ? null : waitsOf(sampled),
    samples,
    passAt1: samples === 0 ? null : clusteredShare(all),
    passAtN: samples === 0 ? null : share(all.filter(solvedOnce).length, all.length),
    groups: Object.fromEntries(names.map((name) => [name, groupOf(name, all)])),
  };
}

function forcedOf(all: readonly Answers[]): Share & Changes {
  const pairs = all.map(
    ({ greedy, forced }) => [greedy.correct, (forced ?? greedy).correct] as const,
  );
  const right = pairs.filter(([, after]) => after).length;
  return { ...share(right, all.length), ...changes(pairs) };
}

function waitsOf(answers: readonly Answer[]): Share & Changes {
  const waited = answers.filter(({ waits }) => waits > 0);
  const pairs = waited.flatMap(({ correctBefore, correct }) =>
    correctBefore === null ? [] : [[correctBefore, correct] as const],
  );
  return { ...share(waited.length, answers.length), ...changes(pairs) };
}

function changes(pairs: readonly (readonly [before: boolean, after: boolean])[]): Changes {
  return {
    fixed: pairs.filter(([before, after]) => !before && after).length,
    broken: pairs.filter(([before, after]) => before && !after).length,
  };
}

function groupOf(name: string, all: readonly Answers[]): GroupAccuracy {
  const own = all.filter(({ groups }) => groups.includes(name));
  const sampled = own.flatMap((answers) => answers.sampled);
  const asked = sampled.length > 0;
  return {
    n: own.length,
    greedy: mean(own.map(({ greedy }) => Number(greedy.correct))),
    passAt1: asked ? mean(sampled.map(({ correct }) => Number(correct))) : null,
    passAtN: asked ? mean(own.map((answers) => Number(solvedOnce(answers)))) : null,
  };
}

function solvedOnce({ sampled }: Answers): boolean {
  return sampled.some(({ correct }) => correct);
}

/** 97.5 % point of the normal distribution. */
const z = 1.959964;

/** A share with the interval of Wilson (1927). */
export function share(count: number, n: number): Share {
  if (n === 0) return { count, n, share: Number.NaN, low: 0, high: 1 };
  const p = count / n;
  const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  // At the ends the bounds are 0 and 1, from which rounding would keep them.
  const low = count === 0 ? 0 : Math.max(0, middle - half);
  const high = count === n ? 1 : Math.min(1, middle + half);
  return { count, n, share: p, low, high };
}

/** Right samples; the samples of one problem resemble each other, so problems are what is drawn. */
function clusteredShare(all: readonly Answers[]): Share {
  const means = all.map(({ sampled }) => mean(sampled.map(({ correct }) => Number(correct))));
  const p = mean(means);
  const variance = mean(means.map((each) => (each - p) ** 2)) / Math.max(1, means.length - 1);
  const half = z * Math.sqrt(variance);
  const sampled = all.flatMap((answers) => answers.sampled);
  const count = sampled.filter(({ correct }) => correct).length;
  const [low, high] = [Math.max(0, p - half), Math.min(1, p + half)];
  return { count, n: sampled.length, share: p, low, high };
}

/** Change of accuracy on the same problems. */
export interface Gain extends Changes {
  readonly gain: number;
  readonly low: number;
  readonly high: number;
}

/** Change from one model to another on the same problems, in the same order, with its 95 % interval. */
export function gain(before: readonly boolean[], after: readonly boolean[]): Gain {
  const pairs = before.map((one, index) => [one, after[index] ?? false] as const);
  const found = changes(pairs);
  const n = Math.max(1, pairs.length);
  const middle = (found.fixed - found.broken) / n;
  const variance = (found.fixed + found.broken) / n - middle ** 2;
  const half = z * Math.sqrt(Math.max(0, variance) / n);
  return { ...found, gain: middle, low: middle - half, high: middle + half };
}

function mean(values: readonly number[]): number {
  return values.length === 0
    ? Number.NaN
    : values.reduce((sum, one) => sum + one, 0) / values.length;
}
