import type { EvalCard } from './card.ts';
import { benchmarks } from './benchmarks.ts';
import { escaped, page } from './html.ts';
import { paperDifferences } from './paper-differences.ts';
import { paperResults } from './paper-results.ts';
import type { PublishedScore } from './paper-results.ts';
import type { Scorer } from './score.ts';
import { percent } from './score-document.ts';

/** A table of results: a row for every model, a column for every benchmark. */
export interface ReportTable {
  readonly columns: readonly { readonly name: string; readonly title: string }[];
  readonly rows: readonly ReportRow[];
}

export interface ReportRow {
  readonly name: string;
  readonly published: PublishedScore | undefined;
  /** One per column; undefined where there is none. */
  readonly cells: readonly (ReportCell | undefined)[];
}

export interface ReportCell {
  readonly text: string;
  /** What has to be known beside the figure. */
  readonly note: string | undefined;
}

/** Own results beside the paper's: cards of one model and template share a row. */
export function reportTable(cards: readonly EvalCard[], scorer: Scorer): ReportTable {
  const used = new Set(cards.map(({ benchmark }) => benchmark));
  const columns = benchmarks
    .filter(({ name }) => used.has(name))
    .map(({ name, title }) => ({ name, title }));
  const byModel = Map.groupBy(cards, ({ identity }) => `${identity.model} (${identity.template})`);
  const own = [...byModel].map(([name, group]): ReportRow => ({
    name,
    published: undefined,
    cells: columns.map((column) => {
      const card = group.findLast(({ benchmark }) => benchmark === column.name);
      return card === undefined ? undefined : cellOf(card, scorer);
    }),
  }));
  const published = paperResults
    .filter(({ scores }) => columns.some(({ name }) => scores[name] !== undefined))
    .map((result): ReportRow => ({
      name: result.model,
      published: result,
      cells: columns.map(({ name }) => publishedCell(result, name)),
    }));
  return { columns, rows: [...own, ...published] };
}

function cellOf(card: EvalCard, scorer: Scorer): ReportCell {
  const own = card.results[`${card.benchmark}.${scorer}`];
  const rate = card.truncationRate === null ? '–' : percent(100 * card.truncationRate);
  const open = card.complete
    ? ''
    : `, ${card.counts.answered} of ${card.counts.questions} answered`;
  return {
    text: `${percent(own?.score)} ± ${percent(own?.stderr)}`,
    note: `n ${own?.n ?? 0}, truncated ${rate} %${open}`,
  };
}

function publishedCell(result: PublishedScore, name: string): ReportCell | undefined {
  const score = result.scores[name];
  if (score === undefined) return undefined;
  const other = result.elsewhere?.[name];
  const notes = [
    ...(result.reproduced?.includes(name) === true ? ["the paper's own measurement"] : []),
    ...(other === undefined ? [] : [`${other.score.toFixed(1)} in ${other.in}`]),
  ];
  return { text: score.toFixed(1), note: notes.length === 0 ? undefined : notes.join(', ') };
}

/** How far the paper is ahead of open models, for the benchmarks of a table, where its figures disagree. */
function disagreements({ columns }: ReportTable): readonly string[] {
  return paperDifferences
    .filter(({ benchmark }) => columns.some(({ name }) => name === benchmark))
    .filter(({ printed, recomputed }) => printed !== recomputed)
    .map(({ model, benchmark, printed, recomputed, best, version }) => {
      const title = columns.find(({ name }) => name === benchmark)?.title ?? benchmark;
      return `${model}, ${title}: the paper (${version}) prints ${signed(printed)} over the best open model; its table gives ${signed(recomputed)} over ${best}.`;
    });
}

const signed = (points: number): string =>
  `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;

/** The table as Markdown, with the source of every published row. */
export function reportMarkdown(table: ReportTable, scorer: Scorer): string {
  const head = ['model', ...table.columns.map(({ title }) => title), 'source'];
  const lines = table.rows.map(({ name, published, cells }) =>
    [
      name,
      ...cells.map((cell) =>
        cell === undefined
          ? '–'
          : `${cell.text}${cell.note === undefined ? '' : ` (${cell.note})`}`,
      ),
      published === undefined ? 'measured here' : `${published.source}, ${published.version}`,
    ]
      .map((text) => text.replaceAll('|', '\\|'))
      .join(' | '),
  );
  return [
    `Scores in percent; own rows by the scorer \`${scorer}\`, published rows as printed.`,
    '',
    `| ${head.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(table.columns.length)} --- |`,
    ...lines.map((line) => `| ${line} |`),
    '',
    ...disagreements(table).flatMap((sentence) => [sentence, '']),
  ].join('\n');
}

/** The table as a page of its own. */
export function reportPage(table: ReportTable, scorer: Scorer): string {
  const head = table.columns.map(({ title }) => `<th>${escaped(title)}</th>`).join('');
  const rows = table.rows.map(({ name, published, cells }) => {
    const own = cells
      .map((cell) =>
        cell === undefined
          ? '<td>–</td>'
          : `<td>${escaped(cell.text)}${cell.note === undefined ? '' : `<br><small>${escaped(cell.note)}</small>`}</td>`,
      )
      .join('');
    const source =
      published === undefined ? 'measured here' : `${published.source}, ${published.version}`;
    return `<tr><td>${escaped(name)}</td>${own}<td>${escaped(source)}</td></tr>`;
  });
  return page(
    'Results beside the paper',
    `<p>Scores in percent; own rows by the scorer ${scorer}, published rows as printed.</p>` +
      `<table><tr><th>model</th>${head}<th>source</th></tr>\n${rows.join('\n')}</table>` +
      disagreements(table)
        .map((sentence) => `<p>${escaped(sentence)}</p>`)
        .join('\n'),
  );
}
