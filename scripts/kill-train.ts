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
  existsSync(join(run, 'run.sqlite')) ? ['train', '--run', run, '--resume'] : begin(run);

/** One kill in four comes while the process starts, the others some lines after training goes on. */
async function killed(run: string): Promise<Ended> {
  const reached = Promise.withResolvers<null>();
  const lines = random.float() < 0.25 ? -1 : random.int(12);
  const heard = (text: string) => {
    const since = /(?:going on from|gate: \d+ checks passed).*$/su.exec(text)?.[0];
    if (since !== undefined && since.split('\n').length > lines + 1) reached.resolve(null);
  };
  const running = startCli(go(run), { heard });
  if (lines >= 0) await Promise.race([reached.promise, running.ended]);
  // Somewhere between this line and the next one or two.
  const wait = lines >= 0 ? 400 : 2500;
  await Promise.race([sleep(random.float() * wait), running.ended]);
  running.kill('SIGKILL');
  return running.ended;
}

const whole = join(root, 'whole');
const { code, err } = await runCli(begin(whole));
if (code !== 0) throw new Error(err);
console.log('uninterrupted: 12 iterations');

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
