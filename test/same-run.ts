import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportLines, readRun } from '#run';

/** All that a run has stored, but for what names the clock. */
function contents(folder: string): readonly string[] {
  using reader = readRun(folder);
  return [...exportLines(reader)]
    .filter(({ file }) => !['checkpoints.jsonl', 'run.jsonl'].includes(file))
    .filter(({ line }) => !/"name":"(?:time|throughput)\//u.test(line))
    .map(({ file, line }) => `${file} ${line.replace(/"time":"[^"]*"/u, '')}`);
}

/** Of the last checkpoint: weights, optimizer, its counts, and the state of training with the replay buffer. */
const files = ['model.safetensors', 'optimizer.safetensors', 'trainer.json', 'train-state.bin'];

/** Where two finished runs differ in what they stored or in the bytes of their last checkpoint. */
export function differences(folder: string, other: string): readonly string[] {
  const [one, two] = [contents(folder), contents(other)];
  const lines = Array.from({ length: Math.max(one.length, two.length) }, (_, place) => place)
    .filter((place) => one[place] !== two[place])
    .map((place) => `${one[place] ?? 'nothing'} ≠ ${two[place] ?? 'nothing'}`);
  const bytes = (where: string, file: string) => readFileSync(join(where, 'last', file));
  const unlike = files.filter((file) => !bytes(folder, file).equals(bytes(other, file)));
  return [...lines, ...unlike.map((file) => `last/${file} has other bytes`)];
}
