/**
 * Writes the model card of assets/tiny-base from what the recipe says and what `assess` measured:
 *
 *     vl-rethinker assess --model assets/tiny-base --problems 4200 --n 8 --seed 1000 --json > base.json
 *     vl-rethinker assess --model RUN/best --problems 4200 --seed 1000 --json > stage-1.json
 *     node --conditions=source scripts/write-tiny-base-card.ts base.json stage-1.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tinyBase } from '#pretrain';
import type { Assessment, Share } from '../src/cli/assess/assessment.ts';

type Measured = Assessment & { readonly seed: number };

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'assets/tiny-base');
const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const [basePath = '', trialPath = ''] = process.argv.slice(2);
const base = read(basePath) as Measured;
const trial = read(trialPath) as Measured;
const training = read(join(folder, 'training.json')) as {
  readonly seed: number;
  readonly minutes: number;
};

const shareText = ({ share, low, high }: Share): string =>
  `${share.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;

function groupRows({ groups }: Assessment): readonly string[] {
  const families = Object.keys(groups).filter((name) => !name.includes(' '));
  const cell = (name: string): string => {
    const found = groups[name];
    if (found === undefined) return '–';
    const { passAt1, passAtN, greedy } = found;
    return [passAt1 ?? 0, passAtN ?? 0, greedy].map((value) => value.toFixed(2)).join(' / ');
  };
  return families.map(
    (family) =>
      `| \`${family}\` | ${[1, 2, 3].map((level) => cell(`${family} ${level}`)).join(' | ')} |`,
  );
}

const { eyes, parts, sizes } = tinyBase;
const steps = parts.map(
  ({ schedule, examples }, index) =>
    `part ${index + 1}: ${schedule.steps} steps of ${examples} written solutions`,
);

const card = `---
license: apache-2.0
pipeline_tag: image-text-to-text
base_model: none
---

# tiny-base

A vision-language model of 1.55 million parameters with the architecture of Qwen2.5-VL (${sizes.layers} layers of width ${sizes.hiddenSize}, heads of width ${sizes.hiddenSize / sizes.heads}, vision tower of ${sizes.vision.depth} layers) and a tokenizer of its own. It answers procedural visual puzzles at a glance or after a first look, and looks again carefully when it is told to. It is what the quickstart trains further; for anything else than these puzzles it is of no use.

## Training

Made from random weights by one command, \`vl-rethinker pretrain --preset tiny-base --seed ${training.seed} --out DIR\`, in ${training.minutes.toFixed(0)} minutes of one core. Data: puzzles drawn by code, of the train split, with written solutions; no other data. Steps: eyes ${eyes.schedule.steps} of ${eyes.pictures} pictures; ${steps.join('; ')}. docs/tiny-base.md tells what each part is for.

## Accuracy

Measured on ${base.problems} puzzles of the test split with seed ${base.seed}, which nothing was chosen by while the model was developed. Intervals are 95 %.

| | |
| --- | --- |
| pass@1 at temperature 1 | ${base.passAt1 === null ? '–' : shareText(base.passAt1)} |
| pass@${base.samples} | ${base.passAtN === null ? '–' : shareText(base.passAtN)} |
| greedy | ${shareText(base.greedy)} |
| greedy, then a trigger | ${shareText(base.forced)}; ${base.forced.fixed} fixed, ${base.forced.broken} broken |
| waits by itself at temperature 1 | ${base.sampledWaits === null ? '–' : shareText(base.sampledWaits)} |
| after a trial of stage 1, greedy | ${shareText(trial.greedy)} |
| after a trial of stage 1, then a trigger | ${shareText(trial.forced)}; ${trial.forced.fixed} fixed, ${trial.forced.broken} broken |

By family and level: pass@1 / pass@${base.samples} / greedy.

| family | level 1 | level 2 | level 3 |
| --- | --- | --- | --- |
${groupRows(base).join('\n')}
`;

writeFileSync(join(folder, 'README.md'), card);
