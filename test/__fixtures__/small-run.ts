import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng, puzzle } from '#data';
import { fileURLToPath } from 'node:url';

/** A checkpoint of 60,000 weights that answers the easiest puzzles; made by scripts/make-policy-fixture.ts. */
export const checkpoint: string = fileURLToPath(new URL('../fixtures/policy', import.meta.url));

/** Writes some of the easiest counting puzzles as a dataset; returns its file. */
export function writePuzzles(folder: string, count: number): string {
  mkdirSync(join(folder, 'images'), { recursive: true });
  const rows = Array.from({ length: count }, (_, index) => {
    const made = puzzle('test', 'train', index, { families: ['count'], levels: [1] });
    const { id, question, answer, category } = made.problem;
    const image = `images/${index}.png`;
    writeFileSync(join(folder, image), encodePng(made.pixels, made.size, made.size));
    return JSON.stringify({ id, question, answer, category, images: [image] });
  });
  const path = join(folder, 'problems.jsonl');
  writeFileSync(path, `${rows.join('\n')}\n`);
  return path;
}

/** `--set` words that make any tiny preset a run of seconds on the small checkpoint. */
export const smallSettings: readonly string[] = [
  'rollout.problemsPerSync=8',
  'rollout.groupSize=4',
  'rollout.maxNewTokens=24',
  'eval.maxNewTokens=24',
  'train.batchSamples=16',
  'train.maxIterations=3',
  'train.epochs=2',
  'optim.learningRate=1e-3',
  'validation.problems=6',
  'validation.every=1',
].flatMap((setting) => ['--set', setting]);

/** What a preset with forced rethinking needs besides. */
export const smallRethinking: readonly string[] = [
  'rethink.keepMin=2',
  'rethink.keepMax=23',
  'rethink.maxY1=24',
  'rethink.maxNewTokens=24',
].flatMap((setting) => ['--set', setting]);

/** A setting may be given once: of several for one key the last is left. */
export function lastOfEach(given: readonly string[]): readonly string[] {
  const settings = given.filter((word) => word.includes('='));
  const byKey = new Map(settings.map((setting) => [setting.split('=')[0], setting]));
  const others = given.filter((word) => !word.includes('=') && word !== '--set');
  return [...others, ...[...byKey.values()].flatMap((setting) => ['--set', setting])];
}
