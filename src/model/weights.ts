import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bytesOf,
  type DType,
  SafetensorsError,
  SafetensorsSet,
  type Tensor,
  TensorScope,
} from '#tensor';
import { CheckpointError } from '#model/processor';
import type { MakeParameter } from '#nn';
import { parseConfig } from './config.ts';
import { QwenVL } from './qwen-vl.ts';

/** The published name of a parameter, whichever name a file has for it. */
function publishedName(name: string): string {
  return name
    .replace(/^model\.visual\./, 'visual.')
    .replace(/^model\.language_model\./, 'model.')
    .replace(/^language_model\.model\./, 'model.')
    .replace(/^language_model\.lm_head\./, 'lm_head.');
}

/** Parses a JSON file of a checkpoint; throws `CheckpointError`. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CheckpointError(`${path}: expected JSON, found ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Runs what reads weight files; what is wrong with them becomes a `CheckpointError`. */
function readingWeights<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (!(cause instanceof SafetensorsError) && !absent) throw cause;
    throw new CheckpointError(
      `cannot read the weights: ${(cause as Error).message}; fetch the checkpoint again`,
      { cause },
    );
  }
}

function listed(sentences: readonly string[]): string {
  const shown = sentences.slice(0, 40).map((sentence) => `\n  ${sentence}`);
  const more = sentences.length > 40 ? `\n  … and ${sentences.length - 40} more` : '';
  return shown.join('') + more;
}

/** How a checkpoint is held in memory. */
export interface LoadOptions {
  /** Type to compute with; each weight is cast while it is read. Default: f32. */
  readonly dtype?: DType;
  /** Default: cpu. */
  readonly device?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads a Hugging Face folder of a Qwen2.5-VL model: one file or shards, published or nested names,
 * any floating type. Throws `CheckpointError` that lists every missing, unexpected and misshapen
 * parameter; nothing half-loaded stays in memory.
 */
export function loadModel(folder: string, options: LoadOptions = {}): QwenVL {
  const { dtype = 'f32', device = 'cpu' } = options;
  const configPath = join(folder, 'config.json');
  if (!existsSync(configPath)) {
    throw new CheckpointError(
      `${folder}: expected a checkpoint folder with config.json, found none`,
    );
  }
  const config = parseConfig(readJson(configPath), configPath);
  using files = readingWeights(() => new SafetensorsSet(folder));
  const names = publishedNames(files);
  const made: Tensor[] = [];
  let done = 0;
  const make: MakeParameter = (name, shape) => {
    const fileName = names.get(name);
    const entry = fileName === undefined ? undefined : files.entry(fileName);
    if (fileName === undefined || entry === undefined) return undefined;
    options.onProgress?.(++done, names.size);
    using scope = new TensorScope(name);
    const fits = entry.shape.join() === shape.join();
    const read = fits ? files.load(fileName, dtype).to(device) : files.tensor(fileName);
    made.push(scope.keep(fits ? read.requiresGrad_(true) : read));
    return made.at(-1);
  };
  try {
    const model = readingWeights(() => new QwenVL(config, make, { dtype, device }));
    const problems = differences(model, names);
    if (problems.length === 0) return model;
    model[Symbol.dispose]();
    throw new CheckpointError(
      `${folder}: the weights do not fit config.json (${problems.length} differences):${listed(problems)}`,
    );
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    throw error;
  }
}

/** The name in the files of each published name. */
function publishedNames(files: SafetensorsSet): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of files.names.keys()) {
    const published = publishedName(name);
    const other = found.get(published);
    if (other !== undefined) {
      throw new CheckpointError(
        `expected each parameter once, found ${published} as '${other}' and as '${name}'; ` +
          'delete the weight files of another save',
      );
    }
    const dtype = files.entry(name)?.dtype;
    if (dtype === undefined || !floating.has(dtype)) {
      throw new CheckpointError(
        `${name}: expected floating-point weights, found ${dtype}; quantised checkpoints cannot be ` +
          'loaded, use the original one',
      );
    }
    found.set(published, name);
  }
  return found;
}

const floating: ReadonlySet<DType> = new Set(['f32', 'bf16', 'f16', 'f64']);

/** Sentences about parameters that are missing, misshapen or not wanted. */
function differences(model: QwenVL, names: ReadonlyMap<string, string>): readonly string[] {
  const misshapen = new Set(model.problems.map((problem) => problem.replace(/: expected .*$/, '')));
  const unexpected = [...names.keys()].filter(
    (name) =>
      !model.parameters.has(name) &&
      !misshapen.has(name) &&
      !isHarmless(name, model.config.text.tied),
  );
  return [...model.problems, ...unexpected.map((name) => `${name}: not a parameter of this model`)];
}

/** Stored by some writers although the model computes or shares them. */
function isHarmless(name: string, tied: boolean): boolean {
  return name.endsWith('rotary_emb.inv_freq') || (tied && name === 'lm_head.weight');
}

/** Bytes of a model's weights in some type. */
export function weightBytes(model: QwenVL, dtype: DType): number {
  return [...model.parameters.values()].reduce((sum, { size }) => sum + size * bytesOf(dtype), 0);
}
