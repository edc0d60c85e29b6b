import { EvalError } from './item.ts';
import { mcnemar } from './mcnemar.ts';
import type { EvalRecord } from './records.ts';
import { escaped, page } from './html.ts';
import type { Scorer } from './score.ts';

/** One side of a comparison: the records of an evaluation, and what to call it. */
export interface Side {
  readonly name: string;
  readonly benchmark: string;
  readonly records: readonly EvalRecord[];
}

/** An item on which two evaluations disagree. */
export interface Disagreement {
  readonly id: string;
  readonly before: EvalRecord;
  readonly after: EvalRecord;
}

/** What changed from one evaluation to another, over the items that both answered. */
export interface EvalDiff {
  readonly names: readonly [before: string, after: string];
  readonly scorer: Scorer;
  readonly shared: number;
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  readonly correctBefore: number;
  readonly correctAfter: number;
  /** Wrong before, right after. */
  readonly wins: readonly Disagreement[];
  readonly losses: readonly Disagreement[];
  /** Exact McNemar, two-sided. */
  readonly pValue: number;
  /** Shared items whose prompt is another one: the comparison is not of models alone. */
  readonly promptsDiffer: number;
}

/**
 * Compares two evaluations item by item; of several responses to an item the first counts.
 *
 * @throws EvalError for two benchmarks, or where no item is shared.
 */
export function diffEvals(before: Side, after: Side, scorer: Scorer): EvalDiff {
  if (before.benchmark !== after.benchmark)
    throw new EvalError(`expected one benchmark, found ${before.benchmark} and ${after.benchmark}`);
  const [a, b] = [firstOf(before.records), firstOf(after.records)];
  const shared = [...a.values()]
    .flatMap((record) => {
      const other = b.get(record.id);
      return other === undefined ? [] : [{ id: record.id, before: record, after: other }];
    })
    // Records stand in the order in which replies came; a comparison must not depend on that.
    .sort((one, other) => one.id.localeCompare(other.id, 'en', { numeric: true }));
  if (shared.length === 0)
    throw new EvalError(
      `expected items that both answered, found none among ${a.size} and ${b.size}`,
    );
  const right = (record: EvalRecord): boolean => record.scores[scorer].status === 'correct';
  const wins = shared.filter((pair) => !right(pair.before) && right(pair.after));
  const losses = shared.filter((pair) => right(pair.before) && !right(pair.after));
  return {
    names: [before.name, after.name],
    scorer,
    shared: shared.length,
    onlyBefore: a.size - shared.length,
    onlyAfter: b.size - shared.length,
    correctBefore: shared.filter((pair) => right(pair.before)).length,
    correctAfter: shared.filter((pair) => right(pair.after)).length,
    wins,
    losses,
    pValue: mcnemar(wins.length, losses.length),
    promptsDiffer: shared.filter((pair) => pair.before.promptHash !== pair.after.promptHash).length,
  };
}

function firstOf(records: readonly EvalRecord[]): ReadonlyMap<string, EvalRecord> {
  return new Map(records.filter(({ sample }) => sample === 0).map((record) => [record.id, record]));
}

/** The page with every item that changed; pictures as data URLs by their hashes. */
export function diffPage(diff: EvalDiff, pictures: ReadonlyMap<string, string>): string {
  const [before, after] = diff.names;
  const rows: readonly (readonly [string, string | number])[] = [
    ['items both answered', diff.shared],
    [`right in ${before}`, diff.correctBefore],
    [`right in ${after}`, diff.correctAfter],
    ['wins', diff.wins.length],
    ['losses', diff.losses.length],
    ['exact McNemar p', diff.pValue.toPrecision(3)],
    ['items with another prompt', diff.promptsDiffer],
  ];
  const table = rows
    .map(([name, value]) => `<tr><td>${escaped(name)}</td><td>${value}</td></tr>`)
    .join('');
  const section = (title: string, pairs: readonly Disagreement[]): string =>
    `<h2>${title} (${pairs.length})</h2>\n${pairs.map((pair) => article(pair, diff, pictures)).join('\n')}`;
  return page(
    `${before} → ${after}, scorer ${diff.scorer}`,
    `<table>${table}</table>\n${section('Wins', diff.wins)}\n${section('Losses', diff.losses)}`,
  );
}

function article(
  { id, before, after }: Disagreement,
  { names, scorer }: EvalDiff,
  pictures: ReadonlyMap<string, string>,
): string {
  const images = [...new Set(before.images)]
    .flatMap((hash) => pictures.get(hash) ?? [])
    .map((url) => `<img alt="" src="${escaped(url)}">`)
    .join('');
  const side = (name: string, record: EvalRecord): string => {
    const judged = record.scores[scorer];
    const kind = judged.status === 'correct' ? 'right' : 'wrong';
    return `<div><p>${escaped(name)}: ${judged.status} (${escaped(judged.reason)}), answer <code>${escaped(judged.answer ?? 'none')}</code>${record.finish === 'length' ? ', truncated' : ''}</p><pre class="${kind}">${escaped(record.response)}</pre></div>`;
  };
  const answer = typeof before.answer === 'string' ? before.answer : before.answer.join(' | ');
  return `<article><h3>${escaped(id)}</h3>${images}<pre>${escaped(before.prompt)}</pre><p>reference answer <code>${escaped(answer)}</code></p><div class="pair">${side(names[0], before)}${side(names[1], after)}</div></article>`;
}
