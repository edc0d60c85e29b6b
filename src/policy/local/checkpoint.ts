import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { type QwenVL, saveModel } from '#model';
import { CheckpointError } from '#model/processor';
import type { AdamW } from '#nn';
import { Safetensors, SafetensorsSet, type Tensor, TensorScope, writeSafetensors } from '#tensor';

const optimizerFile = 'optimizer.safetensors';
const trainerFile = 'trainer.json';
/** Of `trainer.json`; another one is another layout. */
const format = 1;

/**
 * Writes weights (f32 masters, in the published layout), optimizer state and version as one folder.
 * It appears under its name only when it is complete.
 *
 * @param source folder whose tokenizer, processor and config files are carried over
 */
export function saveTrainer(
  folder: string,
  source: string,
  parts: {
    readonly optimizer: AdamW;
    readonly weights: ReadonlyMap<string, Tensor>;
    readonly version: number;
  },
): void {
  const aside = join(dirname(folder), `.${basename(folder)}.${process.pid}.partial`);
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  try {
    saveModel(aside, parts.weights, { source, dtype: 'f32' });
    writeSafetensors(join(aside, optimizerFile), parts.optimizer.state());
    const head = { format, version: parts.version };
    writeFileSync(join(aside, trainerFile), `${JSON.stringify(head)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
}

/** Reads back what `saveTrainer` wrote into a model and its optimizer; returns the version. */
export function loadTrainer(folder: string, model: QwenVL, optimizer: AdamW): number {
  const path = join(folder, trainerFile);
  if (!existsSync(path)) {
    throw new CheckpointError(
      `${folder}: expected a training checkpoint with ${trainerFile}, found none`,
    );
  }
  const head = JSON.parse(readFileSync(path, 'utf8')) as { format?: unknown; version?: unknown };
  if (head.format !== format || typeof head.version !== 'number') {
    throw new CheckpointError(
      `${path}: expected format ${format}, found ${JSON.stringify(head)}; it is from another version`,
    );
  }
  using _scope = new TensorScope('load trainer');
  using weights = new SafetensorsSet(folder);
  using state = new Safetensors(join(folder, optimizerFile));
  const missing = [...model.parameters.keys()].find((name) => !weights.names.has(name));
  if (missing !== undefined) {
    throw new CheckpointError(`${folder}: expected weights of this model, found no ${missing}`);
  }
  optimizer.restore(
    (name) => state.tensor(name),
    (name) => weights.tensor(name),
  );
  return head.version;
}
