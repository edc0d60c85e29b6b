import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { bytesOf, type DType, type Tensor, TensorScope, writeSafetensors } from '#tensor';
import { readJson } from './weights.ts';

const shardBytes = 5e9;

/** How a checkpoint is written. */
export interface SaveOptions {
  /** The checkpoint the model came from: its config, tokenizer and processor files are carried over. */
  readonly source: string;
  /** Type of the stored weights. */
  readonly dtype: DType;
  /** Largest shard in bytes; 5 GB unless told. */
  readonly shardBytes?: number;
}

type Tensors = ReadonlyMap<string, Tensor>;

/** Cuts parameters into shards of at most `limit` bytes (a larger parameter has one alone), in order. */
function shardsOf(tensors: Tensors, limit: number, dtype: DType): readonly Tensors[] {
  const shards: Map<string, Tensor>[] = [];
  let room = 0;
  for (const [name, tensor] of tensors) {
    const bytes = tensor.size * bytesOf(dtype);
    if (shards.length === 0 || bytes > room) {
      shards.push(new Map());
      room = limit;
    }
    shards.at(-1)?.set(name, tensor);
    room -= bytes;
  }
  return shards;
}

/** One file; the cast tensors of a shard live only while it is written. */
function writeShard(path: string, shard: Tensors, dtype: DType): void {
  using _scope = new TensorScope('save shard');
  const cast = new Map([...shard].map(([name, tensor]) => [name, tensor.detach().to(dtype)]));
  writeSafetensors(path, cast, { format: 'pt' });
}

function writeShards(folder: string, tensors: Tensors, { dtype, ...options }: SaveOptions): void {
  const shards = shardsOf(tensors, options.shardBytes ?? shardBytes, dtype);
  const [only] = shards;
  if (shards.length === 1 && only !== undefined) {
    writeShard(join(folder, 'model.safetensors'), only, dtype);
    return;
  }
  const map: Record<string, string> = {};
  const number = (index: number): string => String(index).padStart(5, '0');
  for (const [index, shard] of shards.entries()) {
    const file = `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
    writeShard(join(folder, file), shard, dtype);
    for (const name of shard.keys()) map[name] = file;
  }
  const bytes = [...tensors.values()].reduce((sum, { size }) => sum + size * bytesOf(dtype), 0);
  const index = { metadata: { total_size: bytes }, weight_map: map };
  writeFileSync(
    join(folder, 'model.safetensors.index.json'),
    `${JSON.stringify(index, null, 2)}\n`,
  );
}

type Json = Readonly<Record<string, unknown>>;

/** The config of the source with the element type that is written, wherever it is stated. */
function configWith(source: string, dtype: DType): string {
  const names: Partial<Record<DType, string>> = {
    f32: 'float32',
    bf16: 'bfloat16',
    f16: 'float16',
  };
  const stated = (object: Json): Json =>
    Object.fromEntries(
      Object.entries(object).map(([key, value]) => {
        if (key === 'dtype' || key === 'torch_dtype') return [key, names[dtype] ?? value];
        const inner = /^(text|vision)_config$/.test(key) && typeof value === 'object';
        return [key, inner && value !== null ? stated(value as Json) : value];
      }),
    );
  const config = stated(readJson(join(source, 'config.json')) as Json);
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** What a checkpoint holds beside weights: tokenizer, processor, template, generation defaults. */
function isCarriedOver(folder: string, file: string): boolean {
  const known = /\.(json|jinja|txt|model)$|^LICENSE/.test(file);
  return (
    known && !/^config\.json$|\.index\.json$/.test(file) && statSync(join(folder, file)).isFile()
  );
}

/** Puts a finished folder in the place of an older one; if that fails, the older one is back. */
function replaceFolder(finished: string, folder: string): void {
  const former = `${folder}.${process.pid}.former`;
  const replaces = existsSync(folder);
  if (replaces) renameSync(folder, former);
  try {
    renameSync(finished, folder);
  } catch (error) {
    if (replaces) renameSync(former, folder);
    throw error;
  }
  rmSync(former, { recursive: true, force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Clears up after processes that died while they saved to `folder`: unfinished checkpoints go; an older
 * one that had been moved aside comes back if its place is empty.
 */
function clearUp(folder: string): void {
  const place = dirname(folder);
  if (!existsSync(place)) return;
  const prefix = `${basename(folder)}.`;
  for (const name of readdirSync(place).filter((each) => each.startsWith(prefix))) {
    const [, pid, state] = /^(\d+)\.(partial|former)$/.exec(name.slice(prefix.length)) ?? [];
    if (pid === undefined || (Number(pid) !== process.pid && isRunning(Number(pid)))) continue;
    const left = join(place, name);
    if (state === 'former' && !existsSync(folder)) renameSync(left, folder);
    else rmSync(left, { recursive: true, force: true });
  }
}

/**
 * Writes a checkpoint in the published layout, so that transformers loads it with the same logits:
 * weights by published names in shards, `config.json`, and the small files of the source but for its
 * card, which speaks of other weights. It appears under `folder` only when it is complete; an older one
 * there stays until then.
 *
 * @param tensors what to write, e.g. `model.parameters` or an optimizer's f32 masters
 */
export function saveModel(folder: string, tensors: Tensors, options: SaveOptions): void {
  const aside = `${folder}.${process.pid}.partial`;
  clearUp(folder);
  mkdirSync(aside, { recursive: true });
  try {
    for (const file of readdirSync(options.source)) {
      if (isCarriedOver(options.source, file)) {
        copyFileSync(join(options.source, file), join(aside, file));
      }
    }
    writeFileSync(join(aside, 'config.json'), configWith(options.source, options.dtype));
    writeShards(aside, tensors, options);
    replaceFolder(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
}
