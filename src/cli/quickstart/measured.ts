import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answers } from '../assess/answers.ts';
import { runAssessment, testPuzzles } from '../assess/run-assessment.ts';
import type { Io } from '../command.ts';
import { weightsHash } from '../compose.ts';

/** A checkpoint to measure, under a name that stands for it in the folder. */
export interface Measuring {
  readonly name: string;
  readonly model: string;
  /** Folder of the answers. */
  readonly folder: string;
  readonly problems: number;
  readonly threads: number;
}

/** The answers of a checkpoint to unseen puzzles: read where they are known, asked for otherwise. */
export async function measured(measuring: Measuring, io: Io): Promise<readonly Answers[]> {
  const { name, model, folder, problems, threads } = measuring;
  const key = JSON.stringify({ weights: weightsHash(model), problems });
  const path = join(folder, `${name}.jsonl`);
  const known = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  if (known[0] === key) return known.slice(1).map((line) => JSON.parse(line) as Answers);
  const plan = {
    model,
    problems: testPuzzles(problems, 0),
    template: 'default',
    samples: 1,
    temperature: 1,
    maxTokens: 192,
    seed: 0,
    threads,
    device: 'cpu',
    folder,
    label: `asking ${name}`,
  };
  const answers = await runAssessment(plan, io);
  mkdirSync(folder, { recursive: true });
  const lines = [key, ...answers.map((each) => JSON.stringify(each))];
  writeFileSync(`${path}.next`, `${lines.join('\n')}\n`);
  renameSync(`${path}.next`, path);
  return answers;
}
