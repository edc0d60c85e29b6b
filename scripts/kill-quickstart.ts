// Runs the quickstart once to its end, and again with `kill -9` of its whole process
// group at random moments, started again after each, until so many kills have hit; then compares
// what both have printed, stored and saved. Says where each kill hit. Ends with 1 if anything differs.
//
// At a small size unless --full is said, which is what a user types.
//
//   node --conditions=source scripts/kill-quickstart.ts [kills] [seed] [--full]
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createSeed } from '#run';
import { differences } from '../test/same-run.ts';

const words = process.argv.slice(2);
const full = words.includes('--full');
const [kills = 10, seed = 0] = words.filter((word) => word !== '--full').map(Number);
const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const random = createSeed(seed).at('kill').stream();
const root = mkdtempSync(join(tmpdir(), 'kill-quickstart-'));

/** The real model, thinned out to a minute: fewer problems, shorter responses, two iterations. */
const small = [
  '--threads=1',
  '--problems=40',
  ...[
    'rollout.problemsPerSync=24',
    'rollout.groupSize=4',
    'train.batchSamples=24',
    'train.maxIterations=2',
    'validation.problems=24',
    'validation.every=1',
  ].map((setting) => `--set=${setting}`),
];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Where each run lies while it is made: what is stored names the place of its pictures. */
const place = 'quickstart';

/** Runs it in a process group of its own, which is killed after so many milliseconds. */
async function quickstart(more: readonly string[], wait?: number): Promise<Ended> {
  const options = ['--run', place, ...(full ? [] : small), ...more];
  const args = ['--conditions=source', program, 'quickstart', ...options];
  const child = spawn(process.execPath, args, { cwd: root, detached: true });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
  if (wait === undefined || child.pid === undefined) return ended;
  const first = await Promise.race([ended, sleep(wait, null)]);
  if (first === null) process.kill(-child.pid, 'SIGKILL');
  return first ?? ended;
}

/** Every file of a folder, which both must have with the same bytes. */
function unlikeFiles(one: string, other: string): readonly string[] {
  const [here, there] = [readdirSync(one).sort(), readdirSync(other).sort()];
  if (here.join('\n') !== there.join('\n'))
    return [`${one}: ${here.join(' ')} ≠ ${there.join(' ')}`];
  return here
    .filter((name) => !readFileSync(join(one, name)).equals(readFileSync(join(other, name))))
    .map((name) => `${join(one, name)} has other bytes`);
}

/** What a finished run says when asked again, as text and as a document; it is then put aside. */
async function reportAndKeep(name: string): Promise<string> {
  const all = [await quickstart([]), await quickstart(['--json'])];
  for (const { code, err } of all) if (code !== 0) throw new Error(err);
  renameSync(join(root, place), join(root, name));
  // What the doctor says before measures the machine.
  return all.map(({ out }) => out.replace(/^.*?(?=stage 1, iteration)/su, '')).join('\n');
}

function unlike(run: string, other: string): readonly string[] {
  const [one, two] = [join(root, run), join(root, other)];
  return [
    ...['stage-1', 'stage-2'].flatMap((stage) => differences(join(one, stage), join(two, stage))),
    ...['answers', 'pictures'].flatMap((name) => unlikeFiles(join(one, name), join(two, name))),
  ];
}

const begun = performance.now();
const { code, err } = await quickstart([]);
if (code !== 0) throw new Error(err);
const whole = performance.now() - begun;
const expected = await reportAndKeep('whole');
console.log(`uninterrupted: ${(whole / 1000).toFixed(0)} s`);

const different: string[] = [];
let hit = 0;
for (let round = 1; hit < kills; round++) {
  const run = `killed-${round}`;
  for (;;) {
    // Now while the process starts, now far into it.
    const wait = hit < kills ? random.float() * (whole / 2) : undefined;
    const ended = await quickstart([], wait);
    if (ended.code === 0) break;
    if (ended.code !== null) throw new Error(ended.err);
    hit += 1;
    const last =
      ended.err
        .trim()
        .split(/[\n\r]/u)
        .at(-1) ?? '';
    console.log(`kill ${hit}, ${((wait ?? 0) / 1000).toFixed(1)} s: ${last.slice(0, 120)}`);
  }
  const said = await reportAndKeep(run);
  const found = [...unlike(run, 'whole')];
  if (said !== expected) found.push(`${run} reports something else`);
  console.log(`run ${round} ended: ${found.length} differences`);
  different.push(...found);
}
for (const line of different.slice(0, 20)) console.log(line.slice(0, 300));
if (different.length === 0) rmSync(root, { recursive: true });
else console.log(`both are kept in ${root}`);
process.exitCode = different.length === 0 ? 0 : 1;
