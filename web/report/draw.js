// Draws the charts of a report. It runs as it stands in the page, after d3 and Plot.
(() => {
  'use strict';

  /** @typedef {{ x: number, y: number, low?: number | undefined, high?: number | undefined, name: string, index: number }} Row */

  const data = JSON.parse(document.getElementById('charts')?.textContent ?? '{}');
  /** @type {Chart[]} */
  const charts = data.charts ?? [];
  /** @type {string[]} */
  const runNames = data.runNames ?? [];
  const palette = 10;
  /** Strokes and gaps of lines by their colour's place, as in the legend. @type {number[][]} */
  const dashes = data.dashes ?? [[]];
  /** Series that the reader has switched off, by chart. @type {Map<string, Set<number>>} */
  const hidden = new Map();

  /** How numbers are written, by the format of a chart. @type {Record<string, (value: number) => string>} */
  const formats = {
    share: (value) => `${percent.format(100 * value)} %`,
    number: (value) => general(value),
    count: (value) => general(value),
    seconds: (value) => `${general(value)} s`,
    tokens: (value) => general(value),
    tiny: (value) => (value === 0 ? '0' : value.toExponential(1)),
  };

  const percent = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
  const digits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });
  const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

  /** @param {number} value */
  function general(value) {
    const size = Math.abs(value);
    if (size > 0 && size < 1e-4) return value.toExponential(1);
    return (size < 10_000 ? digits : whole).format(value).replace('-', '−');
  }

  /** The place of a series in the palette. @param {Chart} chart @param {Pick<Row, 'name' | 'index'>} row */
  function placeOf(chart, { name, index }) {
    const own = chart.series[index]?.color ?? index;
    return (chart.colors === 'runs' ? Math.max(0, runNames.indexOf(name)) : own) % palette;
  }

  /** @param {Chart} chart @param {Pick<Row, 'name' | 'index'>} row */
  function color(chart, row) {
    return `var(--c${placeOf(chart, row)})`;
  }

  /** @param {Chart} chart @param {Row | undefined} row */
  function dash(chart, row) {
    const pattern = row && dashes[placeOf(chart, row) % dashes.length];
    return pattern?.join(' ') || 'none';
  }

  /** Values of all shown series; a null stays, as a gap. @param {Chart} chart @returns {Row[]} */
  function rowsOf(chart) {
    const off = hidden.get(chart.id);
    return chart.series.flatMap(({ name, points }, index) =>
      off?.has(index)
        ? []
        : points.map(([x, y, low, high]) => ({
            x,
            y: chart.y.log && y !== null && y <= 0 ? NaN : (y ?? NaN),
            low,
            high,
            name,
            index,
          })),
    );
  }

  /** One row for every x, with the words that stand beside the pointer. @param {Chart} chart @param {Row[]} rows */
  function told(chart, rows) {
    const write = formats[chart.y.format] ?? general;
    return [...Map.groupBy(rows, ({ x }) => x)]
      .map(([x, own]) => {
        const present = own.filter(({ y }) => Number.isFinite(y));
        const lines = present.map(({ name, y, low, high }) => {
          const band =
            low === undefined || high === undefined || low === high
              ? ''
              : ` (${write(low)} – ${write(high)})`;
          return `${name === '' ? chart.y.label : name}: ${write(y)}${band}`;
        });
        const y = Math.max(...present.map((row) => row.y));
        return { x, y, title: [`${chart.x.label} ${general(x)}`, ...lines].join('\n') };
      })
      .filter(({ y }) => Number.isFinite(y));
  }

  /** Powers of ten among the values of a chart. @param {Chart} chart */
  function decades({ series, levels = [] }) {
    const values = [...series.flatMap(({ points }) => points), ...levels.map(({ y }) => [0, y])]
      .map(([, y]) => Math.log10(y ?? 0))
      .filter(Number.isFinite);
    const first = Math.ceil(values.reduce((a, b) => Math.min(a, b), Infinity));
    const last = Math.floor(values.reduce((a, b) => Math.max(a, b), -Infinity));
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => 10 ** (first + at));
  }

  /** Axes and margins that all charts share. @param {Chart} chart @param {number} width @returns {import('@observablehq/plot').PlotOptions} */
  function frame(chart, width) {
    const write = formats[chart.y.format] ?? general;
    const { from, to, log, label } = chart.y;
    return {
      width,
      height: Math.round(Math.min(250, Math.max(190, width * 0.52))),
      marginLeft: 52,
      marginRight: 14,
      marginTop: 22,
      marginBottom: 36,
      style: { fontSize: '12px', background: 'transparent' },
      x: {
        label: chart.x.label,
        labelArrow: 'none',
        ticks: Math.max(3, Math.floor(width / 90)),
        tickFormat: general,
      },
      y: {
        label,
        labelArrow: 'none',
        grid: true,
        ticks: log ? decades(chart) : 5,
        tickFormat: write,
        ...(log ? { type: 'log' } : {}),
        ...(from !== undefined && to !== undefined ? { domain: [from, to] } : {}),
        ...(from === 0 && to === undefined ? { zero: true } : {}),
      },
    };
  }

  /** @param {Chart} chart @param {number} width */
  function lines(chart, width) {
    const rows = rowsOf(chart);
    const hover = told(chart, rows);
    const banded = rows.filter(({ low, high }) => low !== undefined && high !== undefined);
    const few = chart.series.every(({ points }) => points.length <= 40);
    /** @param {Row} row */
    const stroke = (row) => color(chart, row);
    return Plot.plot({
      ...frame(chart, width),
      color: { type: 'identity' },
      marks: [
        (chart.levels ?? []).map(({ y, text }) => [
          Plot.ruleY([y], { stroke: 'var(--bad)', strokeDasharray: '4 3', strokeOpacity: 0.7 }),
          Plot.text([{ y, text }], {
            y: 'y',
            text: 'text',
            frameAnchor: 'right',
            textAnchor: 'end',
            // Two levels may lie close together: the lower one has its name below.
            dy: y === Math.max(...(chart.levels ?? []).map((level) => level.y)) ? -6 : 7,
            fill: 'var(--soft)',
          }),
        ]),
        Plot.areaY(banded, {
          x: 'x',
          y1: 'low',
          y2: 'high',
          z: 'index',
          fill: stroke,
          fillOpacity: 0.16,
        }),
        [...Map.groupBy(rows, ({ index }) => index).values()].map((own) =>
          Plot.lineY(own, {
            x: 'x',
            y: 'y',
            stroke,
            strokeWidth: 2,
            strokeLinejoin: 'round',
            strokeDasharray: dash(chart, own[0]),
          }),
        ),
        few ? Plot.dot(rows, { x: 'x', y: 'y', r: 2.6, fill: stroke }) : null,
        Plot.ruleX(hover, Plot.pointerX({ x: 'x', stroke: 'var(--soft)', strokeOpacity: 0.5 })),
        Plot.tip(
          hover,
          Plot.pointerX({ x: 'x', y: 'y', title: 'title', fontSize: 12, lineHeight: 1.25 }),
        ),
      ],
    });
  }

  /** Where a cell begins and ends on the x axis. @param {Chart} chart */
  function edges({ cell }) {
    const { width = 1, ends = false } = cell ?? {};
    /** @param {{ x: number }} row */
    const x1 = ({ x }) => (ends ? x - width : x);
    /** @param {{ x: number }} row */
    const x2 = ({ x }) => (ends ? x : x + width);
    return { x1, x2 };
  }

  /** @param {Chart} chart @param {number} width */
  function stack(chart, width) {
    const { x1, x2 } = edges(chart);
    const rows = rowsOf(chart).map((row) => ({ ...row, y: Number.isFinite(row.y) ? row.y : 0 }));
    const write = formats[chart.y.format] ?? general;
    const hover = [...Map.groupBy(rows, ({ x }) => x)].map(([x, own]) => ({
      x,
      y: own.reduce((sum, { y }) => sum + y, 0),
      title: [
        `${chart.x.label} ${general(x)}`,
        ...own
          .filter(({ y }) => y > 0)
          .toReversed()
          .map(({ name, y }) => `${name}: ${write(y)}`),
      ].join('\n'),
    }));
    return Plot.plot({
      ...frame(chart, width),
      color: { type: 'identity' },
      marks: [
        Plot.rectY(rows, {
          x1,
          x2,
          y: 'y',
          z: 'index',
          order: 'index',
          fill: (row) => color(chart, row),
          shapeRendering: 'crispEdges',
          insetLeft: rows.length / chart.series.length < 60 ? 1 : 0,
        }),
        Plot.ruleY([0]),
        Plot.tip(
          hover,
          Plot.pointerX({ x: 'x', y: 'y', title: 'title', fontSize: 12, lineHeight: 1.25 }),
        ),
      ],
    });
  }

  /** @param {Chart} chart @param {number} width */
  function heat(chart, width) {
    const height = chart.cell?.height ?? 1;
    const cells = rowsOf(chart)
      .filter(({ y }) => y > 0)
      .map(({ x, y, name }) => ({
        x,
        bin: Number(name),
        share: y,
        title: `${chart.x.label} ${general(x)}\nadvantage ${general(Number(name))} to ${general(Number(name) + height)}\n${formats['share']?.(y)} of the samples`,
      }));
    // The darkest cells of all would make the others pale.
    const darkest =
      cells.map(({ share }) => share).toSorted((a, b) => a - b)[Math.floor(0.97 * cells.length)] ??
      0;
    const shape = {
      ...edges(chart),
      y1: 'bin',
      y2: (/** @type {{ bin: number }} */ cell) => cell.bin + height,
    };
    const { domain: _, ...y } = { ...frame(chart, width).y, domain: undefined };
    return Plot.plot({
      ...frame(chart, width),
      y: { ...y, grid: false },
      opacity: {
        type: 'sqrt',
        domain: [0, Math.max(0.01, darkest)],
        clamp: true,
        range: [0.04, 1],
      },
      marks: [
        Plot.rect(cells, {
          ...shape,
          fill: 'var(--c0)',
          fillOpacity: 'share',
          shapeRendering: 'crispEdges',
        }),
        Plot.ruleY([0], { stroke: 'var(--soft)', strokeDasharray: '2 3' }),
        Plot.tip(
          cells,
          Plot.pointer({
            x: 'x',
            y: (cell) => cell.bin + height / 2,
            title: 'title',
            fontSize: 12,
            lineHeight: 1.25,
          }),
        ),
      ],
    });
  }

  /** A bar with its interval for every series. @param {Chart} chart @param {number} width */
  function bars(chart, width) {
    const rows = rowsOf(chart);
    const write = formats[chart.y.format] ?? general;
    const base = frame(chart, width);
    return Plot.plot({
      ...base,
      marginTop: 30,
      marginBottom: 66,
      x: {
        label: null,
        domain: chart.series.map(({ name }) => name),
        tickSize: 0,
        // Long names break at their blanks.
        tickFormat: (name) => String(name).replaceAll(' ', '\n'),
      },
      marks: [
        Plot.barY(rows, {
          x: 'name',
          y: 'y',
          fill: (row) => color(chart, row),
          insetLeft: 6,
          insetRight: 6,
          fillOpacity: 0.85,
        }),
        Plot.ruleX(
          rows.filter(({ low }) => low !== undefined),
          { x: 'name', y1: 'low', y2: 'high', strokeWidth: 2 },
        ),
        Plot.text(rows, {
          x: 'name',
          y: (row) => row.high ?? row.y,
          text: (row) => write(row.y),
          dy: -8,
        }),
        Plot.ruleY([0]),
      ],
      color: { type: 'identity' },
    });
  }

  const kinds = { lines, stack, heat, bars };

  /** @param {Chart} chart @param {Element} place @param {number} width */
  function draw(chart, place, width) {
    place.replaceChildren(kinds[chart.kind](chart, Math.max(240, Math.floor(width))));
  }

  /** @type {Map<Element, { chart: Chart, width: number }>} */
  const places = new Map();
  for (const chart of charts) {
    const place = document.querySelector(`[data-chart="${CSS.escape(chart.id)}"]`);
    if (place === null) continue;
    places.set(place, { chart, width: 0 });
    for (const button of place.parentElement?.querySelectorAll('button[data-series]') ?? []) {
      button.addEventListener('click', () =>
        toggle(chart, place, /** @type {HTMLElement} */ (button)),
      );
    }
  }

  /** @param {Chart} chart @param {Element} place @param {HTMLElement} button */
  function toggle(chart, place, button) {
    const off = hidden.get(chart.id) ?? new Set();
    const index = Number(button.dataset['series']);
    if (!off.delete(index)) off.add(index);
    hidden.set(chart.id, off);
    button.setAttribute('aria-pressed', String(!off.has(index)));
    draw(chart, place, place.clientWidth);
  }

  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const known = places.get(target);
      if (known === undefined || Math.abs(known.width - contentRect.width) < 1) continue;
      known.width = contentRect.width;
      draw(known.chart, target, contentRect.width);
    }
  });
  for (const place of places.keys()) observer.observe(place);

  // On paper two charts stand side by side; one drawn for a screen would shrink until nobody can read it.
  const paper = 320;
  addEventListener('beforeprint', () => {
    for (const [place, { chart }] of places) draw(chart, place, paper);
  });
  addEventListener('afterprint', () => {
    for (const [place, { chart, width }] of places) draw(chart, place, width);
  });
  document.documentElement.dataset['drawn'] = 'true';
})();
