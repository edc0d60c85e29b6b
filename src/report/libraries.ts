import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Scripts of the page, in the order in which they must run: the plotting library, then our own. */
export function scripts(): readonly string[] {
  const entry = createRequire(import.meta.url).resolve('@observablehq/plot');
  const plot = join(dirname(dirname(entry)), 'dist', 'plot.umd.min.js');
  // The library brings its own d3, wherever the package manager has put it.
  const d3 = join(dirname(dirname(createRequire(entry).resolve('d3'))), 'dist', 'd3.min.js');
  const own = fileURLToPath(new URL('../../web/report/draw.js', import.meta.url));
  return [d3, plot, own].map((path) => readFileSync(path, 'utf8'));
}
