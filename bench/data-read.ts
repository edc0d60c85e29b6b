/**
 * Reads a dataset in a process of its own and prints one line of JSON about it:
 * `node bench/data-read.ts stream|open FILE [CACHE]`.
 */
import { locateDataset, openDataset, readProblems } from '../src/data/index.ts';

const [mode = 'stream', file = '', cache = ''] = process.argv.slice(2);
const start = performance.now();
const seconds = (): number => (performance.now() - start) / 1000;
let problems = 0;
let first = 0;
if (mode === 'open') {
  problems = (await openDataset(file, { cache })).length;
} else {
  for await (const rows of readProblems(await locateDataset(file))) {
    if (problems === 0) first = seconds();
    problems += rows.filter(({ problem }) => problem !== undefined).length;
  }
}
const cpu = process.cpuUsage();
const about = { problems, first, seconds: seconds(), cpuSeconds: (cpu.user + cpu.system) / 1e6 };
const peakMegabytes = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ...about, peakMegabytes })}\n`);
