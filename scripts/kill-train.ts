// Trains a small run once to its end, and again with `kill -9` at random moments and --resume after
// each, until so many kills have hit; then compares all that both have stored and saved. Says where
// each kill hit. Ends with 1 if anything differs.
//
//   node --conditions=source scripts/kill-train.ts [kills] [seed]
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSeed, readRun } from '#run';
import {
  checkpoint,
  lastOfEach,
  smallRethinking,
  smallSettings,
  writePuzzles,
} from '../test/__fixtures__/small-run.ts';
import type { Ended } from '../test/run-cli.ts';
import { runCli, startCli } from '../test/run-cli.ts';
import { differences } from '../test/same-run.ts';

const [kills = 20, seed = 0] = process.argv.slice(2).map(Number);
const root = mkdtempSync(join(tmpdir(), 'kill-train-'));
const data = writePuzzles(root, 30);
const threads = ['--threads', '1'];
const random = createSeed(seed).at('kill').stream();

function begin(run: string): readonly string[] {
  const what = ['--preset', 'rethinker-tiny', '--start', checkpoint, '--data', data];
  // The buffer outlives its iteration, so that it stands in every checkpoint.
  const longer = ['train.maxIterations=12', 'train.epochs=8', 'replay.persist=6'];
  const settings = [
    ...smallSettings,
    ...smallRethinking,
    ...longer.flatMap((one) => ['--set', one]),
  ];
  return ['train', ...what, '--run', run, ...threads, ...lastOfEach(settings)];
}
const go = (run: string) =>
  existsSync(join(run, 'run.sqlite'))
    ? ['train', '--run', run, '--resume', ...threads]
    : begin(run);

/** One kill in four counts from the start of the process, the others from when training goes on. */
async function killed(run: string): Promise<Ended> {
  const training = Promise.withResolvers<null>();
  const heard = (text: string) => {
    if (/going on from|gate: \d+ checks passed/u.test(text)) training.resolve(null);
  };
  const running = startCli(go(run), { heard });
  if (random.float() > 0.25) await Promise.race([training.promise, running.ended]);
  await Promise.race([sleep(random.float() * span), running.ended]);
  running.kill('SIGKILL');
  return running.ended;
}

const whole = join(root, 'whole');
const started = performance.now();
const { code, err } = await runCli(begin(whole));
if (code !== 0) throw new Error(err);
const lasted = performance.now() - started;
console.log(`uninterrupted: ${(lasted / 1000).toFixed(1)} s, 12 iterations`);
// About two iterations: most tries save something and end before the run does.
const span = lasted / 6;

const different: string[] = [];
let hit = 0;
for (let round = 1; hit < kills; round++) {
  const run = join(root, `killed-${round}`);
  for (;;) {
    const ended = hit < kills ? await killed(run) : await runCli(go(run));
    if (ended.code === 0) break;
    if (ended.code !== null) throw new Error(ended.err);
    hit += 1;
    console.log(`kill ${hit}: ${ended.err.trim().split('\n').at(-1) ?? ''}`);
  }
  using reader = readRun(run);
  const unlike = differences(run, whole);
  const events = reader.eventsOf('stepped').length;
  console.log(`run ${round} ended: ${events} steps, ${unlike.length} differences`);
  different.push(...unlike);
}
for (const line of different.slice(0, 20)) console.log(line.slice(0, 300));
if (different.length === 0) rmSync(root, { recursive: true });
else console.log(`both are kept in ${root}`);
process.exitCode = different.length === 0 ? 0 : 1;
