import type { Benchmark } from './benchmark.ts';
import type { ScoredItem, ScoreReport } from './score-responses.ts';
import { scorers } from './score.ts';
import type { Judged } from './score.ts';
import type { Counts, GroupTally, Tally } from './tally.ts';

/** Counts of a scorer with its score in percent, the binomial standard error, and the breakdowns. */
export interface ScorerSummary extends Readonly<Counts> {
  readonly score: number | null;
  readonly stderr: number | null;
  /** Random guesses of the official rule that count as no answer. */
  readonly guesses: number;
  /** Options picked by edit distance, as MathVista's official rule does. */
  readonly nearestOption: number;
  readonly breakdowns: Readonly<Record<string, Readonly<Record<string, GroupSummary>>>>;
}

export interface GroupSummary extends Readonly<Counts> {
  readonly score: number | null;
}

/** A tally as it is written. Scores are in percent; the standard error is of the share of points. */
export function summariseTally(benchmark: Benchmark, tally: Tally): ScorerSummary {
  const { n } = tally.counts;
  const share = n === 0 ? 0 : tally.points / n;
  const headline = benchmark.headline.of(tally);
  return {
    ...tally.counts,
    score: headline === undefined ? null : 100 * headline,
    stderr: n === 0 ? null : 100 * Math.sqrt((share * (1 - share)) / n),
    guesses: tally.guesses,
    nearestOption: tally.nearest,
    breakdowns: Object.fromEntries(
      [...tally.groups].map(([name, groups]) => [
        name,
        Object.fromEntries(
          [...groups].sort(byName).map(([group, own]) => [group, groupSummary(own)]),
        ),
      ]),
    ),
  };
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a.localeCompare(b, 'en', { numeric: true });

function groupSummary({ counts, points }: GroupTally): GroupSummary {
  return { ...counts, score: counts.n === 0 ? null : (100 * points) / counts.n };
}

/** What `eval score --json` prints. */
export interface ScoreDocument {
  readonly benchmark: string;
  readonly rule: string;
  readonly headline: string;
  /** Responses that were scored. */
  readonly n: number;
  readonly failed: number;
  readonly unanswered: number;
  readonly unknown: readonly string[];
  readonly faults: number;
  readonly repeated: number;
  readonly truncated: number | null;
  readonly extractionsDiffer: readonly string[];
  readonly scorers: Readonly<Record<string, ScorerSummary>>;
}

/** The report as one document. */
export function scoreDocument(benchmark: Benchmark, report: ScoreReport): ScoreDocument {
  return {
    benchmark: benchmark.name,
    rule: benchmark.rule,
    headline: benchmark.headline.how,
    n: report.scored.length,
    failed: report.failed.length,
    unanswered: report.unanswered.length,
    unknown: report.unknown,
    faults: report.faults.length,
    repeated: report.repeated,
    truncated: report.truncated ?? null,
    extractionsDiffer: report.extractionsDiffer,
    scorers: Object.fromEntries(
      scorers.map((scorer) => [scorer, summariseTally(benchmark, report.tallies[scorer])]),
    ),
  };
}

/** One line of `eval score --items`. */
export function scoreItemLine(scored: ScoredItem): object {
  const { item, given, scores, ownExtraction } = scored;
  const brief = (judged: Judged) => ({
    status: judged.status,
    correct: judged.status === 'correct',
    score: judged.score,
    reason: judged.reason,
    answer: judged.answer,
    span: judged.span,
    notes: judged.notes,
  });
  return {
    id: item.id,
    answer: item.answer,
    response: given.response,
    ...(given.extraction === undefined ? {} : { extraction: given.extraction }),
    ...(ownExtraction === undefined ? {} : { ownExtraction }),
    groups: item.groups,
    official: brief(scores.official),
    verifier: brief(scores.verifier),
    reference: brief(scores.reference),
  };
}

/** The report as Markdown: one row per scorer, then the official breakdowns. */
export function scoreMarkdown(benchmark: Benchmark, report: ScoreReport): string {
  const document = scoreDocument(benchmark, report);
  const rows = Object.entries(document.scorers).map(
    ([name, own]) =>
      `| ${benchmark.name}.${name} | ${percent(own.score)} | ${percent(own.stderr)} | ${own.n} | ${own.correct} | ${own.wrong} | ${own.noAnswer} | ${own.unverifiable} |`,
  );
  const notes = [
    `Score: ${document.headline}. Rule: ${document.rule}.`,
    `failed requests ${document.failed}, items without a response ${document.unanswered}, unknown ids ${document.unknown.length}, unusable rows ${document.faults}, repeated responses ${document.repeated}, truncated ${document.truncated ?? 'unknown'}`,
  ];
  const official = document.scorers['official'];
  const tables = Object.entries(official?.breakdowns ?? {})
    .filter(([, groups]) => Object.keys(groups).length <= 40)
    .flatMap(([name, groups]) => [
      '',
      `| ${name} | official | n | correct |`,
      '| --- | ---: | ---: | ---: |',
      ...Object.entries(groups).map(
        ([group, own]) => `| ${group} | ${percent(own.score)} | ${own.n} | ${own.correct} |`,
      ),
    ]);
  return [
    `# ${benchmark.title}`,
    '',
    '| scorer | score % | ± | n | correct | wrong | no answer | unverifiable |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    ...notes,
    ...tables,
    '',
  ].join('\n');
}

/** Two places, or a dash. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(2);
}
