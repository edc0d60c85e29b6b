import { createHash } from 'node:crypto';
import type { Chart, MissingChart } from './chart.ts';
import { dashes, figure } from './figure.ts';
import type { Html } from './html.ts';
import { joined, jsonScript, markup } from './html.ts';
import { scripts } from './libraries.ts';
import { style } from './style.ts';

/** A part of a page with a place in its navigation. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** Everything a page is made of. */
export interface Page {
  readonly title: string;
  readonly head: Html;
  readonly sections: readonly Section[];
  readonly charts: readonly Chart[];
  /** Names of runs, whose places are their colours. */
  readonly runNames: readonly string[];
  readonly foot: Html;
}

/**
 * A page that is one file: its scripts, pictures and data are in it, and its policy forbids every
 * request. It opens from a folder, without a server.
 */
export function pageHtml({ title, head, sections, charts, runNames, foot }: Page): string {
  const codes = scripts().map((code) => code.replaceAll('</script', '<\\/script'));
  const hashes = codes.map(
    (code) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  );
  const policy = [
    `default-src 'none'`,
    `script-src ${hashes.join(' ')}`,
    `style-src 'unsafe-inline'`,
    'img-src data:',
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  const links = sections.map(({ id, title }) => markup`<a href="#${id}">${title}</a>`);
  const body = sections.map(
    ({ id, title, body }) =>
      markup`<section id="${id}">
        <h2>${title}</h2>
        ${body}
      </section>`,
  );
  const start = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        <style>
          ${{ markup: style }}
        </style>
      </head>
      <body>
        <header>${head}</header>
        <nav aria-label="sections"><div>${links}</div></nav>
        <main>
          <noscript
            ><p class="stamp">
              The curves are drawn by a script inside this page; scripts are switched off here.
              Tables and texts below are complete.
            </p></noscript
          >
          ${joined(body)}
        </main>
        <footer>${foot}</footer>
        ${jsonScript('charts', { charts, runNames, dashes })}
     `;
  // Templates would escape the scripts; the hashes above are over these very texts.
  return `${start.markup}\n${codes.map((code) => `<script>${code}</script>`).join('\n')}\n</body></html>\n`;
}

/** Charts in a grid. */
export function chartGrid(
  charts: readonly (Chart | MissingChart)[],
  runNames: readonly string[],
): Html {
  return markup`<div class="charts">${charts.map((chart) => figure(chart, runNames))}</div>`;
}

export function drawable(charts: readonly (Chart | MissingChart)[]): readonly Chart[] {
  return charts.flatMap((chart) => ('missing' in chart ? [] : [chart]));
}
