import type { Json, RunReader } from '#run';
import { diffRuns } from '#run';
import { paletteSize, swatch } from './figure.ts';
import { number } from './format.ts';
import type { Html } from './html.ts';
import { markup } from './html.ts';
import { rethinksByForce } from './rethinks.ts';
import type { DrawnRun } from './run-charts.ts';
import type { RunGlance } from './summary.ts';

/** The figures of several runs, a row for each. */
export function glanceTable(
  glances: readonly { readonly name: string; readonly glance: RunGlance }[],
): Html {
  const titles = glances[0]?.glance.tiles.map(({ name }) => name) ?? [];
  return markup`<div class="scroll">
    <table class="glance">
      <thead>
        <tr>
          <th>run</th>
          ${titles.map((title) => markup`<th>${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${glances.map(
          ({ name, glance }, index) =>
            markup`<tr>
              <td>
                ${swatch(index % paletteSize)}${name}<small
                  >${glance.preset}, ${glance.state}</small
                >
              </td>
              ${glance.tiles.map(({ value, note }) => markup`<td>${value}<small>${note}</small></td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function tiles({ tiles: own }: RunGlance): Html {
  return markup`<div class="tiles">
    ${own.map(
      ({ name, value, note }) =>
        markup`<div class="tile">
          <h3>${name}</h3>
          <p class="value">${value}</p>
          <p class="note">${note}</p>
        </div>`,
    )}
  </div>`;
}

/** Settings and versions that differ between runs; of a single run all settings. */
export function settings(runs: readonly DrawnRun[]): Html {
  const [first, ...others] = runs;
  if (first === undefined) return markup``;
  if (others.length === 0) {
    return markup`<details>
        <summary>All settings</summary>
        <div class="scroll">
          <table class="plain">
            <tbody>
              ${leaves(first.run.head().config).map(
                ([key, value]) =>
                  markup`<tr>
                    <td><code>${key}</code></td>
                    <td>${value}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
      ${versions(first.run)}`;
  }
  const rows = new Map<string, string[]>();
  for (const [index, { run }] of others.entries()) {
    const { config, versions } = diffRuns(first.run, run);
    for (const { name, a, b } of [...config, ...versions]) {
      const row = rows.get(name) ?? Array.from({ length: runs.length }, () => written(a));
      row[index + 1] = written(b);
      rows.set(name, row);
    }
  }
  if (rows.size === 0) return markup`<p>All settings and versions are the same.</p>`;
  return markup`<p>Settings and versions that differ:</p>
    <div class="scroll">
      <table class="plain">
        <thead>
          <tr>
            <th></th>
            ${runs.map(({ name }) => markup`<th>${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${[...rows].map(
            ([name, values]) =>
              markup`<tr>
                <td><code>${name}</code></td>
                ${values.map((value) => markup`<td>${value}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function versions(run: RunReader): Html {
  const { versions: own, startedAt } = run.head();
  const rows = [['started', startedAt], ...Object.entries(own)];
  return markup`<details>
    <summary>Versions</summary>
    <div class="scroll">
      <table class="plain">
        <tbody>
          ${rows.map(
            ([name = '', value = '']) =>
              markup`<tr>
                <td>${name}</td>
                <td><code>${value}</code></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

function leaves(tree: Json, path = ''): readonly (readonly [string, string])[] {
  if (tree === null || typeof tree !== 'object' || Array.isArray(tree))
    return [[path, written(tree)]];
  return Object.entries(tree).flatMap(([name, value]) =>
    leaves(value, path === '' ? name : `${path}.${name}`),
  );
}

function written(value: Json | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** Verdict changes of forced rethinkings by trigger, over the whole run. */
export function triggerTable(run: RunReader): Html {
  const names = run.metricNames();
  const triggers = names.flatMap((name) => {
    const [, trigger] = /^rethink\/wrong_to_right\/(.+)$/u.exec(name) ?? [];
    return trigger === undefined || trigger === 'all' ? [] : [trigger];
  });
  if (triggers.length === 0 || !rethinksByForce(run)) return markup``;
  const total = (change: string, trigger: string) =>
    run.series(`rethink/${change}/${trigger}`).reduce((sum, { value }) => sum + (value ?? 0), 0);
  const changes = ['wrong_to_right', 'right_to_wrong', 'right_to_right', 'wrong_to_wrong'];
  return markup`<div class="scroll">
    <table>
      <caption>
        Verdict before and after the trigger, all iterations
      </caption>
      <thead>
        <tr>
          <th>trigger</th>
          ${changes.map((change) => markup`<th>${change.replaceAll('_', ' ')}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${[...triggers, 'all'].map(
          (trigger) =>
            markup`<tr>
              <td>${trigger.replaceAll('_', ' ')}</td>
              ${changes.map((change) => markup`<td>${number(total(change, trigger))}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
