import type * as PlotModule from '@observablehq/plot';
import type { Chart as ReportChart } from '../../src/report/chart.ts';

declare global {
  /** The plotting library, from the script before ours. */
  const Plot: typeof PlotModule;
  type Chart = ReportChart;
}
