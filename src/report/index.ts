export type { Chart, Format, MissingChart, Point, Series } from './chart.ts';
export { joined, markup } from './html.ts';
export type { Html } from './html.ts';
export { chartGrid, drawable, pageHtml } from './page.ts';
export type { Page, Section } from './page.ts';
export { runReport } from './run-report.ts';
export { ReportError, writePage } from './write-report.ts';
