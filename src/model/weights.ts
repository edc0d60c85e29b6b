import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import {
  bytesOf,
  type DType,
  SafetensorsError,
  SafetensorsSet,
  type Tensor,
  TensorScope,
  writeSafetensors,
} from '#tensor';
import { CheckpointError } from '#model/processor';
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

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CheckpointError(`${path}: expected JSON, found ${(cause as Error).message}`, {
      cause,
    });
  }
}

function openWeights(folder: string): SafetensorsSet {
  try {
    return new SafetensorsSet(folder);
  } catch (cause) {
    if (!(cause instanceof SafetensorsError)) throw cause;
    throw new CheckpointError(
      `cannot read the weights: ${cause.message}; fetch the checkpoint again`,
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
  using files = openWeights(folder);
  const fileNames = new Map([...files.names.keys()].map((name) => [publishedName(name), name]));
  let done = 0;
  const model = new QwenVL(
    config,
    (name, shape) => {
      const fileName = fileNames.get(name);
      const entry = fileName === undefined ? undefined : files.entry(fileName);
      if (fileName === undefined || entry === undefined) return undefined;
      options.onProgress?.(++done, fileNames.size);
      using scope = new TensorScope(name);
      const fits = entry.shape.join() === shape.join();
      const read = fits ? files.load(fileName, dtype).to(device) : files.tensor(fileName);
      return scope.keep(fits ? read.requiresGrad_(true) : read);
    },
    { dtype, device },
  );
  const unexpected = [...fileNames.keys()]
    .filter((name) => !model.parameters.has(name) && !isHarmless(name, config.text.tied))
    .filter((name) => !model.problems.some((problem) => problem.startsWith(`${name}:`)))
    .map((name) => `${name}: not a parameter of this model`);
  const problems = [...model.problems, ...unexpected];
  if (problems.length > 0) {
    model[Symbol.dispose]();
    throw new CheckpointError(
      `${folder}: the weights do not fit config.json (${problems.length} differences):${listed(problems)}`,
    );
  }
  return model;
}

/** Stored by some writers although the model computes or shares them. */
function isHarmless(name: string, tied: boolean): boolean {
  return name.endsWith('rotary_emb.inv_freq') || (tied && name === 'lm_head.weight');
}

const shardBytes = 5e9;

/** Cuts parameters into shards of at most 5 GB, in order. */
function shardsOf(
  tensors: ReadonlyMap<string, Tensor>,
  limit: number,
): readonly ReadonlyMap<string, Tensor>[] {
  const shards: Map<string, Tensor>[] = [];
  let room = 0;
  for (const [name, tensor] of tensors) {
    if (shards.length === 0 || tensor.byteLength > room) {
      shards.push(new Map());
      room = limit;
    }
    shards.at(-1)?.set(name, tensor);
    room -= tensor.byteLength;
  }
  return shards;
}

function writeShards(folder: string, tensors: ReadonlyMap<string, Tensor>, limit: number): void {
  const shards = shardsOf(tensors, limit);
  const metadata = { format: 'pt' };
  const [only] = shards;
  if (shards.length === 1 && only !== undefined) {
    writeSafetensors(join(folder, 'model.safetensors'), only, metadata);
    return;
  }
  const map: Record<string, string> = {};
  const number = (index: number): string => String(index).padStart(5, '0');
  for (const [index, shard] of shards.entries()) {
    const file = `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
    writeSafetensors(join(folder, file), shard, metadata);
    for (const name of shard.keys()) map[name] = file;
  }
  const bytes = [...tensors.values()].reduce((sum, tensor) => sum + tensor.byteLength, 0);
  const index = { metadata: { total_size: bytes }, weight_map: map };
  writeFileSync(
    join(folder, 'model.safetensors.index.json'),
    `${JSON.stringify(index, null, 2)}\n`,
  );
}

/** The config of the source with the element type that is written. */
function configWith(source: string, dtype: DType): string {
  const json = readJson(join(source, 'config.json')) as Record<string, unknown>;
  const names: Partial<Record<DType, string>> = {
    f32: 'float32',
    bf16: 'bfloat16',
    f16: 'float16',
  };
  const stated = (object: Record<string, unknown>): Record<string, unknown> => {
    const key = 'dtype' in object ? 'dtype' : 'torch_dtype';
    return key in object ? { ...object, [key]: names[dtype] } : object;
  };
  const text = json['text_config'];
  const nested =
    typeof text === 'object' && text !== null
      ? { text_config: stated(text as Record<string, unknown>) }
      : {};
  return `${JSON.stringify({ ...stated(json), ...nested }, null, 2)}\n`;
}

/** What a checkpoint holds beside weights: tokenizer, processor, template, generation defaults. */
function isCarriedOver(file: string): boolean {
  return (
    /\.(json|jinja|txt|md|model)$/.test(file) &&
    !/^(config|model\.safetensors\.index)\.json$/.test(file)
  );
}

/**
 * Writes a checkpoint in the published layout, so that transformers loads it with the same logits:
 * weights by published names in shards of at most 5 GB, `config.json`, and the small files of
 * `source`. It appears under `folder` only when it is complete; an older one there is replaced.
 *
 * @param tensors what to write, e.g. `model.parameters` or an optimizer's f32 masters
 */
export function saveModel(
  folder: string,
  tensors: ReadonlyMap<string, Tensor>,
  options: { readonly source: string; readonly dtype: DType; readonly shardBytes?: number },
): void {
  const aside = `${folder}.${process.pid}.partial`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  try {
    using _scope = new TensorScope('save');
    for (const file of readdirSync(options.source)) {
      if (isCarriedOver(file)) copyFileSync(join(options.source, file), join(aside, file));
    }
    writeFileSync(join(aside, 'config.json'), configWith(options.source, options.dtype));
    const cast = new Map(
      [...tensors].map(([name, tensor]) => [name, tensor.detach().to(options.dtype)]),
    );
    writeShards(aside, cast, options.shardBytes ?? shardBytes);
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
}

/** Bytes of a model's weights in some type. */
export function weightBytes(model: QwenVL, dtype: DType): number {
  return [...model.parameters.values()].reduce((sum, { size }) => sum + size * bytesOf(dtype), 0);
}
