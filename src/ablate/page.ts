import type { Chart, Html, Section } from '#report';
import { chartGrid, markup, pageHtml } from '#report';
import {
  advantageCharts,
  batchCharts,
  groupCharts,
  rethinkingCharts,
  validationCharts,
} from './charts.ts';
import { figure6 } from './paper-figures.ts';
import { paperRows, paperTable } from './paper-table.ts';
import type { CellResult } from './result.ts';
import type { BlockTable } from './table.ts';
import { columns, rowTexts } from './table-text.ts';

/** What a page of an ablation is made of. */
export interface AblationPage {
  readonly name: string;
  readonly summary: string;
  /** How it was measured, in sentences. */
  readonly facts: readonly string[];
  readonly tables: readonly BlockTable[];
  readonly results: readonly CellResult[];
}

/** Tables with intervals, and the shapes of the paper's figures beside its own data. */
export function ablationPage({ name, summary, facts, tables, results }: AblationPage): string {
  const present = new Set(results.map(({ cell }) => cell));
  const cells = [...new Set(tables.flatMap(({ rows }) => rows.map(({ cell }) => cell)))].filter(
    (cell) => present.has(cell),
  );
  const modes = cells.filter((cell) => ['grpo', 'filter', 'ssr'].includes(cell));
  const pair = {
    reasoner: present.has('ssr-on') ? 'ssr-on' : 'ssr',
    rethinker: rethinkerIn(cells),
  };
  const drawn: readonly (Omit<Section, 'body'> & {
    readonly charts: readonly Chart[];
    readonly note: string;
  })[] = [
    { id: 'fig2', title: 'Groups that teach (Fig. 2)', charts: groupCharts(results), note: '' },
    {
      id: 'fig5',
      title: 'Validation (Fig. 5)',
      charts: validationCharts(results, modes.length > 0 ? modes : cells),
      note: '',
    },
    {
      id: 'fig6',
      title: 'Trained advantages (Fig. 6)',
      charts: advantageCharts(results, modes.length > 0 ? modes : cells),
      note: `The paper (${figure6.source}, ${figure6.version}) shows: GRPO ${figure6.shape.grpo}; Filter ${figure6.shape.filter}; SSR ${figure6.shape.ssr}.`,
    },
    {
      id: 'fig7',
      title: 'Thinking again (Fig. 7)',
      charts: rethinkingCharts(results, pair),
      note: '',
    },
    {
      id: 'curves',
      title: 'Batches, waits, reward',
      charts: batchCharts(results, cells),
      note: '',
    },
  ];
  // A figure whose cells are not in the set, or not finished, has no place.
  const sections = drawn.flatMap(({ id, title, charts, note }): readonly Section[] => {
    const body = markup`<p>${note}</p>${chartGrid(charts, [])}`;
    return charts.length === 0 ? [] : [{ id, title, body }];
  });
  return pageHtml({
    title: `Ablation ${name}`,
    head: markup`<h1>Ablation ${name}</h1><p class="sub">${summary}</p>${facts.map((fact) => markup`<p class="sub">${fact}</p>`)}`,
    sections: [
      { id: 'table', title: 'Results', body: markup`${tables.map(tableHtml)}${paperHtml()}` },
      ...sections,
    ],
    charts: drawn.flatMap(({ charts }) => charts),
    runNames: [],
    foot: markup`<p>Written by <code>vl-rethinker ablate</code>. One file, no request to anywhere. Every cell is a run of its own: <code>vl-rethinker report</code> shows it.</p>`,
  });
}

function rethinkerIn(cells: readonly string[]): string {
  return cells.find((cell) => cell === 'ssr-rethink' || cell === 'nll-rethink') ?? '';
}

function tableHtml({ title, baseline, rows, notes }: BlockTable): Html {
  const failures = rows.flatMap((row) => row.failures);
  return markup`<h3>${title}</h3>
<div class="scroll"><table class="wide"><thead><tr>${columns.map((column) => markup`<th>${column}</th>`)}</tr></thead><tbody>
${rows.map((row) => markup`<tr>${rowTexts(row).map((text, index) => (index === 0 ? markup`<td>${text}<small>${row.title}</small></td>` : markup`<td>${text}</td>`))}</tr>`)}
</tbody></table></div>
<p class="sub">Differences are against ${baseline}, in points, seed by seed. ± is half of a 95 % interval over seeds (Student). Forced: a trigger behind every greedy answer. Own waits: sampled responses that wait without a trigger. Paper: its mean over five benchmarks at 7B, another model and other data.</p>
${notes.map((note) => markup`<p class="sub">${note}</p>`)}
${failures.map((failure) => markup`<p class="alarm">${failure}</p>`)}`;
}

/** The paper's own ablation: what its rows are to be read against. */
function paperHtml(): Html {
  const { source, version, benchmarks, rows } = paperTable;
  const names = ['row', 'samples', 'data', ...benchmarks, 'mean'];
  return markup`<details><summary>The paper's own ablation: 7B, one run each</summary>
<div class="scroll"><table class="wide"><thead><tr>${names.map((name) => markup`<th>${name}</th>`)}</tr></thead><tbody>
${rows.map(
  ({ name, algorithm, data, scores }) =>
    markup`<tr><td>${name}</td><td>${algorithm}</td><td>${data}</td>${scores.map((score) => markup`<td>${score.toFixed(1)}</td>`)}<td>${paperRows[name]?.toFixed(2) ?? ''}</td></tr>`,
)}
</tbody></table></div>
<p class="sub">${source}, ${version}; percent, the mean is ours. The last four rows change the second one. The rows of less data have no cell on puzzles, which are neither text nor science.</p></details>`;
}
