import { basename } from 'node:path';
import type { RunReader } from '#run';
import { readRun } from '#run';
import type { Change } from './change.ts';
import { changeOf } from './change.ts';
import { changeHtml, shownPairs } from './change-html.ts';
import type { Chart } from './chart.ts';
import { chartSections } from './chart-list.ts';
import type { Html } from './html.ts';
import { joined, markup } from './html.ts';
import { chartGrid, drawable, pageHtml } from './page.ts';
import type { Section } from './page.ts';
import type { ShownPicture } from './pictures.ts';
import { Pictures } from './pictures.ts';
import type { ReadingGroup } from './readings.ts';
import { readingsOf } from './readings.ts';
import { readingGroup, spanLegend } from './rollout-html.ts';
import type { DrawnRun } from './run-charts.ts';
import { advantageCharts, chartsOf, validationPlan } from './run-charts.ts';
import type { RunGlance } from './summary.ts';
import { glance } from './summary.ts';
import { glanceTable, settings, tiles, triggerTable } from './tables.ts';
import { baseAndEnd } from './validation.ts';

/** A run with everything that was read of it. */
interface ReadRun extends DrawnRun {
  readonly folder: string;
  readonly glance: RunGlance;
  readonly changes: readonly Change[];
  readonly reader: RunReader;
}

/**
 * The report of one run, or of several laid over each other, as one HTML file.
 *
 * @throws RunError if a folder holds no run.
 */
export async function runReport(folders: readonly string[]): Promise<string> {
  using opened = new DisposableStack();
  const names = distinctNames(folders);
  const runs = folders.map((folder, index): ReadRun => {
    const reader = opened.use(readRun(folder));
    const config = reader.head().config as { readonly eval?: { templates?: string[] } } | null;
    const changes = baseAndEnd(folder, config?.eval?.templates ?? []).map(changeOf);
    const name = names[index] ?? folder;
    return { name, folder, run: reader, reader, changes, glance: glance(reader, changes[0]) };
  });
  const drawn = drawnSections(runs, names);
  const texts: Section[] = [];
  for (const run of runs) texts.push(...(await textSections(run, runs.length > 1)));
  const sections = [
    { id: 'glance', title: 'At a glance', body: glanceHtml(runs) },
    ...drawn.sections,
    ...texts,
    { id: 'settings', title: 'Settings and versions', body: settings(runs) },
  ];
  const title =
    runs.length === 1 ? `Run ${names[0] ?? ''}` : `${runs.length} runs: ${names.join(', ')}`;
  return pageHtml({
    title: `${title} · vl-rethinker`,
    head: headHtml(title, runs),
    sections,
    charts: drawn.charts,
    runNames: names,
    foot: markup`<p>
      Written by vl-rethinker. One file, no request to anywhere.
      <code>vl-rethinker inspect</code> shows every response of a run,
      <code>vl-rethinker report A B</code> lays runs over each other.
    </p>`,
  });
}

/** Last parts of paths, made different where they are equal. */
function distinctNames(folders: readonly string[]): readonly string[] {
  const short = folders.map((folder) => basename(folder));
  return short.map((name, index) => {
    const same = short.filter((other) => other === name).length;
    return same === 1
      ? name
      : `${name} (${short.slice(0, index + 1).filter((other) => other === name).length})`;
  });
}

function headHtml(title: string, runs: readonly ReadRun[]): Html {
  const lines = runs.map(({ name, glance: { summary, state, preset } }) => {
    const { head, iteration, step } = summary;
    const label = runs.length === 1 ? '' : `${name}: `;
    return markup`<p class="sub">
      ${label}${preset}, ${state} at iteration ${iteration}, step ${step}; begun
      ${head.startedAt.slice(0, 16).replace('T', ' ')} UTC
    </p>`;
  });
  const stamps = runs.flatMap(({ glance: { summary } }) =>
    summary.head.stamps.map((stamp) => markup`<p class="stamp">${stamp}</p>`),
  );
  const alarms = runs.flatMap(({ glance: { summary } }) =>
    summary.alarms
      .slice(0, 5)
      .map(({ name, message }) => markup`<p class="alarm"><b>alarm ${name}</b>: ${message}</p>`),
  );
  return markup`<h1>${title}</h1>
    ${[...lines, ...stamps, ...alarms]}`;
}

function glanceHtml(runs: readonly ReadRun[]): Html {
  const [only, ...others] = runs;
  if (only !== undefined && others.length === 0) return tiles(only.glance);
  return glanceTable(runs);
}

function drawnSections(
  runs: readonly ReadRun[],
  names: readonly string[],
): { readonly sections: readonly Section[]; readonly charts: readonly Chart[] } {
  const all: Chart[] = [];
  const sections = chartSections.map(({ id, title, charts: plans }): Section => {
    const own = plans.flatMap((plan) => chartsOf(plan, runs));
    const more =
      id === 'learning'
        ? chartsOf(validationPlan(runs), runs)
        : id === 'grouping'
          ? advantageCharts(runs)
          : [];
    const charts =
      id === 'learning' ? [...own.slice(0, 1), ...more, ...own.slice(1)] : [...own, ...more];
    all.push(...drawable(charts));
    const tables = id === 'rethinking' ? runs.map(({ run }) => triggerTable(run)) : [];
    return { id, title, body: markup`${chartGrid(charts, names)}${tables}` };
  });
  return { sections, charts: all };
}

async function textSections(run: ReadRun, many: boolean): Promise<readonly Section[]> {
  const pictures = new Pictures(run.folder);
  const label = many ? `: ${run.name}` : '';
  const suffix = many ? `-${run.name.replaceAll(/\W/gu, '-')}` : '';
  return [
    {
      id: `changes${suffix}`,
      title: `Base and end, same problems${label}`,
      body: await changesHtml(run.changes, pictures),
    },
    {
      id: `rollouts${suffix}`,
      title: `Rollouts worth reading${label}`,
      body: await rolloutsHtml(run.reader, pictures),
    },
  ];
}

async function changesHtml(changes: readonly Change[], pictures: Pictures): Promise<Html> {
  if (changes.length === 0) {
    return markup`<p class="missing">
      Nothing to compare: it needs a validation before the first iteration and one after it
      (validation.problems, validation.every).
    </p>`;
  }
  const shown = changes.flatMap(({ fixed, broken }) => [
    ...fixed.slice(0, shownPairs),
    ...broken.slice(0, shownPairs),
  ]);
  const byId = new Map<string, readonly ShownPicture[]>();
  for (const { id, after } of shown) byId.set(id, await pictures.all(after.pictures ?? []));
  return joined(changes.map((change) => changeHtml(change, ({ id }) => byId.get(id) ?? [])));
}

async function rolloutsHtml(run: RunReader, pictures: Pictures): Promise<Html> {
  const { iteration, groups } = readingsOf(run);
  if (iteration === null || groups.length === 0) {
    return markup`<p class="missing">
      This run holds no rollouts: no iteration has collected any yet.
    </p>`;
  }
  const problems = groups.flatMap(problemsOf);
  const byId = new Map<string, readonly ShownPicture[]>();
  for (const problem of problems) byId.set(problem.id, await pictures.all(problem.pictures));
  return markup`<p class="sub">From the last iteration with rollouts; <code>inspect --iteration ${iteration}</code> shows all of them.</p>
    ${spanLegend()}
    ${groups.map((group) => readingGroup(group, (problem) => byId.get(problem?.id ?? '') ?? []))}`;
}

function problemsOf({ readings, lost }: ReadingGroup) {
  return [...readings, ...lost].flatMap(({ problem }) => problem ?? []);
}
