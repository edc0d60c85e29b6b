import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QwenVL } from '#model';
import { noGrad, Safetensors, type Tensor, TensorScope, writeSafetensors } from '#tensor';
import type { Optimizers } from './optimizers.ts';

/** How far a base model is. */
export interface ProgressMark {
  /** What is being made; another recipe, seed or scale is another model. */
  readonly recipe: string;
  /** Index of the supervised part under way, and the step that comes next in it. */
  readonly part: number;
  readonly step: number;
}

const markFile = 'progress.json';
const weightsFile = 'weights.safetensors';
const optimizerFile = 'optimizer.safetensors';

/** Weights and optimizers of a half-made base model, so that an interrupted run can go on. */
export class PretrainProgress {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is stored, if it belongs to the same recipe. */
  find(recipe: string): ProgressMark | undefined {
    const path = join(this.#folder, markFile);
    if (!existsSync(path)) return undefined;
    const mark = JSON.parse(readFileSync(path, 'utf8')) as ProgressMark;
    return mark.recipe === recipe ? mark : undefined;
  }

  /** Replaces what is stored; a crash leaves the old or the new one whole. */
  save(mark: ProgressMark, model: QwenVL, optimizers: Optimizers | undefined): void {
    const aside = `${this.#folder}.next`;
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside, { recursive: true });
    using _scope = new TensorScope('save progress');
    const weights = new Map([...model.parameters].map(([name, own]) => [name, own.detach()]));
    writeSafetensors(join(aside, weightsFile), weights);
    if (optimizers !== undefined) writeSafetensors(join(aside, optimizerFile), optimizers.state());
    writeFileSync(join(aside, markFile), JSON.stringify(mark));
    rmSync(this.#folder, { recursive: true, force: true });
    renameSync(aside, this.#folder);
  }

  /** Copies the stored weights into a model. */
  restore(model: QwenVL): void {
    using _scope = new TensorScope('restore progress');
    using file = new Safetensors(join(this.#folder, weightsFile));
    noGrad(() => {
      for (const [name, parameter] of model.parameters) parameter.copy_(file.tensor(name));
    });
  }

  /** The stored moments by name; undefined where the part has not begun. */
  moments(): ((name: string) => Tensor) | undefined {
    const path = join(this.#folder, optimizerFile);
    if (!existsSync(path)) return undefined;
    const file = new Safetensors(path);
    return (name) => file.tensor(name);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
