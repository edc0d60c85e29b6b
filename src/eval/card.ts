import { join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { EvalError } from './item.ts';
import type { Failure, KeptRecord, RunIdentity } from './records.ts';
import { writeAtomically } from './records.ts';
import { percent, summariseTally } from './score-document.ts';
import type { ScorerSummary } from './score-document.ts';
import { scorers } from './score.ts';
import { Tally } from './tally.ts';

/** Raised with every change of a scorer's verdicts. */
export const scorerVersion = 1;

/** What stands on a card beside its results. */
export interface CardFacts {
  readonly identity: RunIdentity;
  readonly tool: string;
  /** Where the data came from, and the commit where the hub gave one. */
  readonly source: { readonly name: string; readonly commit: string | null };
  readonly trigger: string | null;
  readonly responder: Readonly<Record<string, string | number | null>>;
  readonly pixels: { readonly min: number | null; readonly max: number | null };
  readonly unusableRows: number;
  readonly stopped: string | null;
}

/** The result of an evaluation. */
export interface EvalCard extends CardFacts {
  readonly format: 1;
  readonly benchmark: string;
  readonly title: string;
  readonly headline: string;
  readonly rule: string;
  readonly scorerVersion: number;
  readonly counts: {
    /** Questions in all: items times responses per item. */
    readonly questions: number;
    readonly answered: number;
    readonly failed: number;
    /** Not asked yet. */
    readonly unasked: number;
    readonly truncated: number;
  };
  /** Truncated responses among those answered; null only where nothing was answered. */
  readonly truncationRate: number | null;
  readonly complete: boolean;
  readonly results: Readonly<Record<string, ScorerSummary>>;
  readonly totals: {
    readonly promptTokens: number;
    readonly tokens: number;
    readonly secondsAsking: number;
  };
}

/** What a card is made from. */
export interface CardInput {
  readonly benchmark: Benchmark;
  readonly records: readonly KeptRecord[];
  readonly failures: readonly Failure[];
  readonly questions: number;
  readonly facts: CardFacts;
}

/** Sums records up. What failed or was never asked counts nowhere but in its own count. */
export function makeCard({ benchmark, records, failures, questions, facts }: CardInput): EvalCard {
  const answered = records.length;
  const truncated = records.filter(({ finish }) => finish === 'length').length;
  const known = new Set(records.map(({ id, sample }) => `${sample} ${id}`));
  const open = failures.filter(({ id, sample }) => !known.has(`${sample} ${id}`)).length;
  return sealed({
    format: 1,
    ...facts,
    benchmark: benchmark.name,
    title: benchmark.title,
    headline: benchmark.headline.how,
    rule: benchmark.rule,
    scorerVersion,
    counts: { questions, answered, failed: open, unasked: questions - answered - open, truncated },
    truncationRate: answered === 0 ? null : truncated / answered,
    complete: answered === questions,
    results: resultsOf(benchmark, records),
    totals: {
      promptTokens: sum(records, ({ promptTokens }) => promptTokens ?? 0),
      tokens: sum(records, ({ tokens }) => tokens ?? 0),
      secondsAsking: sum(records, ({ ms }) => ms) / 1000,
    },
  });
}

function resultsOf(
  benchmark: Benchmark,
  records: readonly KeptRecord[],
): Readonly<Record<string, ScorerSummary>> {
  const results: Record<string, ScorerSummary> = {};
  for (const scorer of scorers) {
    const tally = new Tally();
    for (const record of records) tally.add(record, record.scores[scorer]);
    const own = summariseTally(benchmark, tally);
    const stderr = clusteredError(
      records.map((record) => [record.id, record.scores[scorer].score]),
    );
    results[`${benchmark.name}.${scorer}`] =
      stderr === undefined ? own : { ...own, stderr: 100 * stderr };
  }
  return results;
}

/** Standard error of the mean over items with several responses; undefined where each has one. */
export function clusteredError(
  scores: readonly (readonly [id: string, score: number])[],
): number | undefined {
  const byId = Map.groupBy(scores, ([id]) => id);
  if (byId.size === scores.length || byId.size < 2) return undefined;
  const mean = sum(scores, ([, score]) => score) / scores.length;
  const spread = [...byId.values()].map((own) => sum(own, ([, score]) => score - mean) ** 2);
  const correction = byId.size / (byId.size - 1);
  return Math.sqrt(correction * sum(spread, (each) => each)) / scores.length;
}

function sum<Each>(all: readonly Each[], of: (each: Each) => number): number {
  return all.reduce((total, each) => total + of(each), 0);
}

/**
 * The card, checked: the truncation rate is there, every scorer counts exactly the questions that were
 * answered, and breakdowns that cover all items add up.
 *
 * @throws EvalError for a card that must not be written.
 */
export function sealed(card: EvalCard): EvalCard {
  const { counts, truncationRate, results } = card;
  const refuse = (why: string): never => {
    throw new EvalError(`a result cannot be written: ${why}`);
  };
  if (counts.answered > 0 && !Number.isFinite(truncationRate))
    refuse('expected a truncation rate, found none');
  if (counts.answered + counts.failed + counts.unasked !== counts.questions || counts.unasked < 0)
    refuse(`expected ${counts.questions} questions, found ${JSON.stringify(counts)}`);
  for (const [name, own] of Object.entries(results)) {
    const judged = own.correct + own.wrong + own.noAnswer + own.unverifiable;
    if (own.n !== counts.answered || judged !== counts.answered)
      refuse(
        `${name}: expected verdicts on ${counts.answered} answers, found ${judged} of ${own.n}; what failed is no wrong answer`,
      );
  }
  return card;
}

/** Writes `card.json` and `card.md` into a folder, each whole or not at all. */
export function writeCard(folder: string, card: EvalCard): void {
  sealed(card);
  writeAtomically(join(folder, 'card.json'), `${JSON.stringify(card, undefined, 2)}\n`);
  writeAtomically(join(folder, 'card.md'), cardMarkdown(card));
}

/** The card for people. */
export function cardMarkdown(card: EvalCard): string {
  const { counts, identity } = card;
  const rows = Object.entries(card.results).map(
    ([name, own]) =>
      `| ${name} | ${percent(own.score)} ± ${percent(own.stderr)} | ${own.correct} | ${own.wrong} | ${own.noAnswer} | ${own.unverifiable} |`,
  );
  const [official] = Object.values(card.results);
  const tables = Object.entries(official?.breakdowns ?? {})
    .filter(([, groups]) => Object.keys(groups).length <= 40)
    .flatMap(([name, groups]) => [
      '',
      `| ${name} | score % | n | correct |`,
      '| --- | ---: | ---: | ---: |',
      ...Object.entries(groups).map(
        ([group, own]) => `| ${group} | ${percent(own.score)} | ${own.n} | ${own.correct} |`,
      ),
    ]);
  return [
    `# ${card.title}: ${identity.model}`,
    '',
    ...(card.complete
      ? []
      : [`**Not complete:** ${counts.answered} of ${counts.questions} answered.`, '']),
    '| scorer | score % | correct | wrong | no answer | unverifiable |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    `Answered ${counts.answered}, truncated ${counts.truncated} (${percent(card.truncationRate === null ? null : 100 * card.truncationRate)} %), failed requests ${counts.failed}, not asked ${counts.unasked}, unusable rows ${card.unusableRows}.`,
    '',
    `- score: ${card.headline}; rule: ${card.rule}; scorers of version ${card.scorerVersion}`,
    `- data: ${card.source.name}${card.source.commit === null ? '' : ` at ${card.source.commit}`}, hash ${identity.data.slice(0, 12)}`,
    `- prompt: ${identity.template}, hash ${identity.promptHash.slice(0, 12)}`,
    `- decoding: ${JSON.stringify(identity.decoding)}, responses per item ${identity.samples}`,
    `- model: ${JSON.stringify(card.responder)}, weights ${identity.weights ?? 'unknown'}, pixels ${card.pixels.min ?? 'default'} to ${card.pixels.max ?? 'default'}`,
    `- tokens: ${card.totals.promptTokens} of prompts, ${card.totals.tokens} of responses; ${card.totals.secondsAsking.toFixed(1)} s of asking, summed over requests`,
    ...tables,
    '',
  ].join('\n');
}
