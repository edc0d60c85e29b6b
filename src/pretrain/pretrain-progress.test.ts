import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfig, type QwenVL } from '#model';
import { createProcessor, type Processor } from '#model/processor';
import { createSeed } from '#run';
import { liveTensors, tidy } from '#tensor';
import { wordPattern, writeCheckpointFiles } from './checkpoint-files.ts';
import type { ExampleMaker } from './examples.ts';
import { initialModel } from './initialise.ts';
import { PretrainProgress } from './pretrain-progress.ts';
import { tinyBase } from './recipe.ts';
import { type Part, trainSupervised } from './supervised.ts';
import { tokenizerTexts } from './tokenizer-texts.ts';
import { trainBytePairs } from './train-tokenizer.ts';

const folder = mkdtempSync(join(tmpdir(), 'pretrain-progress-'));
let processor: Processor;
let maker: ExampleMaker;
const [first] = tinyBase.parts;
if (first === undefined) throw new Error('the recipe has no parts');
const part: Part = { ...first, examples: 3, schedule: { ...first.schedule, steps: 4, warmup: 1 } };

beforeAll(async () => {
  const pairs = trainBytePairs(
    tokenizerTexts(300, 'p', ['Wait, does it seem right?']),
    new RegExp(wordPattern, 'gu'),
    tinyBase.merges,
  );
  writeCheckpointFiles(folder, pairs, tinyBase.sizes);
  processor = await createProcessor(folder);
  const triggers = { self_questioning: 'Wait', self_correction: 'Wait', self_verification: 'Wait' };
  maker = { processor, seed: createSeed(1), triggers };
});
afterAll(async () => {
  await processor[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const create = (): QwenVL =>
  initialModel(parseConfig(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))), 1);
const weights = (model: QwenVL): string =>
  tidy(() =>
    [...model.parameters.values()].map((tensor) => tensor.detach().sum().item()).join(' '),
  );

test('four steps equal two, a save, a load into a fresh model, and two more; no tensor is left', () => {
  const before = liveTensors();
  const progress = new PretrainProgress(join(folder, 'progress'));
  const whole = create();
  const losses: number[] = [];
  for (const { step, loss, optimizers } of trainSupervised(whole, maker, part)) {
    losses.push(loss);
    if (step === 1) progress.save({ recipe: 'r', part: 0, step: 2 }, whole, optimizers);
  }
  const resumed = create();
  expect(progress.find('another')).toBeUndefined();
  expect(progress.find('r')).toEqual({ recipe: 'r', part: 0, step: 2 });
  progress.restore(resumed);
  const read = progress.moments();
  if (read === undefined) throw new Error('the moments were not stored');
  const again = [...trainSupervised(resumed, maker, part, { step: 2, read })].map(
    ({ loss }) => loss,
  );
  expect(again).toEqual(losses.slice(2));
  expect(weights(resumed)).toBe(weights(whole));
  whole[Symbol.dispose]();
  resumed[Symbol.dispose]();
  expect(liveTensors() - before).toBeLessThanOrEqual(1); // the mapped file of the moments
});
