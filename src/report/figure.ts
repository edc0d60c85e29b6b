import type { Chart, Format, MissingChart } from './chart.ts';
import { number, percent } from './format.ts';
import type { Html } from './html.ts';
import { markup } from './html.ts';

/** Colours of the page's palette: `--c0` and so on. */
export const paletteSize = 10;

/** Strokes and gaps of the lines of a chart, in pixels, by their place in the palette; drawn by draw.js. */
export const dashes: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]];

/** The place of a chart in the page: title, legend with first and last values, room to draw. */
export function figure(chart: Chart | MissingChart, runNames: readonly string[]): Html {
  if ('missing' in chart) {
    return markup`<figure class="card missing">
      <h3>${chart.title}</h3>
      <p>${chart.missing}</p>
    </figure>`;
  }
  return markup`<figure class="card" id="figure-${chart.id}">
    <h3>${chart.title}</h3>
    <p class="help">${chart.help}</p>
    ${legend(chart, runNames)}
    <div
      class="plot"
      data-chart="${chart.id}"
      role="img"
      aria-label="${chart.title}: ${spoken(chart)}"
    ></div>
  </figure>`;
}

function legend(chart: Chart, runNames: readonly string[]): Html {
  if (chart.kind === 'heat' || chart.kind === 'bars') return markup``;
  const entries = chart.series.map((series, index) => {
    const { name, points } = series;
    const color = colorOf(chart, series, index, runNames);
    const values = points.flatMap(([, value]) => value ?? []);
    const course =
      chart.kind === 'lines' && values.length > 0
        ? `${written(values[0], chart.y.format)} → ${written(values.at(-1), chart.y.format)}`
        : '';
    return markup`<li>
      <button type="button" data-series="${index}" aria-pressed="true" title="show or hide">
        ${swatch(color, chart.kind)}<span>${name}</span> <b>${course}</b>
      </button>
    </li>`;
  });
  return markup`<ul class="legend">
    ${entries}
  </ul>`;
}

/** The colour of a place in the palette; of a line its pattern too, for eyes and prints without colours. */
export function swatch(place: number, kind: Chart['kind'] = 'lines'): Html {
  const line = kind === 'lines' ? ` line d${place % dashes.length}` : '';
  return markup`<i class="swatch c${place}${line}"></i>`;
}

function colorOf(
  chart: Chart,
  { name, color }: Chart['series'][number],
  index: number,
  runNames: readonly string[],
): number {
  const place = chart.colors === 'runs' ? Math.max(0, runNames.indexOf(name)) : (color ?? index);
  return place % paletteSize;
}

/** What a screen reader says of a chart. */
function spoken({ series, y, kind }: Chart): string {
  if (kind !== 'lines') return `${series.length} layers, ${y.label}`;
  return series
    .map(({ name, points }) => {
      const values = points.flatMap(([, value]) => value ?? []);
      return `${name} from ${written(values[0], y.format)} to ${written(values.at(-1), y.format)}`.trim();
    })
    .join('; ');
}

export function written(value: number | undefined, format: Format): string {
  if (value === undefined) return '–';
  if (format === 'share') return percent(value);
  if (format === 'tiny') return value === 0 ? '0' : value.toExponential(1);
  return number(value);
}
