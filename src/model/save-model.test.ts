import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { liveTensors, noGrad, readSafetensorsHeader, type Tensor, TensorScope } from '#tensor';

import type { QwenVL } from './qwen-vl.ts';
import { saveModel } from './save-model.ts';
import { loadModel } from './weights.ts';

const fixtures = fileURLToPath(new URL('../../test/fixtures/model', import.meta.url));
const sourceOf = (name: string): string => join(fixtures, name, 'model');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'save-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Names that a folder of weights holds, over all of its shards. */
function namesIn(path: string): readonly string[] {
  return readdirSync(path)
    .filter((file) => file.endsWith('.safetensors'))
    .flatMap((file) => [...readSafetensorsHeader(join(path, file)).entries.keys()])
    .sort();
}

function bits(model: QwenVL): Record<string, string> {
  return Object.fromEntries(
    [...model.parameters].map(([name, tensor]) => [
      name,
      Buffer.from(tensor.detach().toArray().buffer).toString('base64'),
    ]),
  );
}

test('what is saved has the published names and loads as the same bits', () => {
  const source = sourceOf('windows');
  using model = loadModel(source, { dtype: 'bf16' });
  const out = join(folder, 'out');
  saveModel(out, model.parameters, { source, dtype: 'bf16' });
  // The fixture was written with the published names.
  expect(namesIn(out)).toEqual(namesIn(source));
  expect(readSafetensorsHeader(join(out, 'model.safetensors')).metadata).toEqual({ format: 'pt' });
  using again = loadModel(out, { dtype: 'bf16' });
  expect(bits(again)).toEqual(bits(model));
  expect(again.config).toEqual(model.config);
});

test('nested names become published ones, and a tied model has no head in its file', () => {
  const source = sourceOf('tied');
  using model = loadModel(source);
  const out = join(folder, 'out');
  saveModel(out, model.parameters, { source, dtype: 'f32' });
  const published = namesIn(source).map((name) =>
    name.replace('model.visual.', 'visual.').replace('model.language_model.', 'model.'),
  );
  expect(namesIn(out)).toEqual(published.sort());
  using again = loadModel(out);
  expect(bits(again)).toEqual(bits(model));
});

test('shards keep their limit, and the index names the shard and the size of everything', () => {
  const source = sourceOf('windows');
  using model = loadModel(source);
  const out = join(folder, 'out');
  saveModel(out, model.parameters, { source, dtype: 'bf16', shardBytes: 30_000 });
  const { metadata, weight_map: map } = JSON.parse(
    readFileSync(join(out, 'model.safetensors.index.json'), 'utf8'),
  );
  const sizes = [...model.parameters.values()].map(({ size }) => 2 * size);
  expect(metadata).toEqual({ total_size: sizes.reduce((sum, size) => sum + size, 0) });
  const shards = readdirSync(out).filter((file) => file.endsWith('.safetensors'));
  expect(shards.length).toBeGreaterThan(3);
  expect(shards[0]).toBe(`model-00001-of-0000${shards.length}.safetensors`);
  for (const file of shards) {
    const entries = [...readSafetensorsHeader(join(out, file)).entries.values()];
    expect(entries.map(({ name }) => map[name])).toEqual(entries.map(() => file));
    const bytes = entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
    // A parameter larger than the limit has a shard of its own.
    expect(bytes <= 30_000 || entries.length === 1).toBe(true);
  }
  expect(Object.keys(map).sort()).toEqual([...model.parameters.keys()].sort());
  using again = loadModel(out);
  expect(bits(again)).toEqual(bits(model));
});

test('small files are carried over; config states the new element type; weights of the source are not', () => {
  const source = join(folder, 'source');
  cpSync(sourceOf('windows'), source, { recursive: true });
  mkdirSync(join(source, 'extra.json'));
  const carried = ['tokenizer.json', 'generation_config.json', 'chat_template.jinja', 'merges.txt'];
  // The card of the source makes claims about other weights.
  const left = ['README.md', 'pytorch_model.bin', 'pytorch_model.bin.index.json'];
  for (const file of [...carried, ...left]) {
    writeFileSync(join(source, file), file);
  }
  using model = loadModel(source);
  const out = join(folder, 'out');
  saveModel(out, model.parameters, { source, dtype: 'f32' });
  expect(readdirSync(out).sort()).toEqual([...carried, 'config.json', 'model.safetensors'].sort());
  for (const file of carried) expect(readFileSync(join(out, file), 'utf8')).toBe(file);
  const [before, after] = [source, out].map((path) =>
    JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')),
  );
  expect(after).toEqual({ ...before, torch_dtype: 'float32' });
});

test('every statement of the element type in a nested config changes', () => {
  const source = sourceOf('tied');
  using model = loadModel(source);
  const out = join(folder, 'out');
  saveModel(out, model.parameters, { source, dtype: 'f32' });
  const text = readFileSync(join(out, 'config.json'), 'utf8');
  expect(text).not.toContain('bfloat16');
  expect(text).toContain('float32');
});

/** Parameters of which the last cannot be written. */
function failing(model: QwenVL): ReadonlyMap<string, Tensor> {
  const broken = noGrad(() => [...model.parameters.values()][0]?.detach().clone());
  if (broken === undefined) throw new Error('expected parameters');
  broken.dispose();
  return new Map([...model.parameters, ['last.weight', broken]]);
}

test('a save that breaks in its last shard leaves the old checkpoint and nothing else', () => {
  const source = sourceOf('windows');
  using model = loadModel(source);
  const out = join(folder, 'out');
  saveModel(out, model.parameters, { source, dtype: 'bf16' });
  const broken = failing(model);
  const before = liveTensors();
  expect(() => saveModel(out, broken, { source, dtype: 'f32', shardBytes: 30_000 })).toThrow(
    /disposed|stale|freed/,
  );
  expect(liveTensors()).toBe(before);
  expect(readdirSync(folder)).toEqual(['out']);
  using again = loadModel(out, { dtype: 'bf16' });
  expect(again.parameters.size).toBe(model.parameters.size);
  expect(existsSync(join(out, 'model.safetensors.index.json'))).toBe(false);
});

test('a newer checkpoint replaces an older one whole', () => {
  const source = sourceOf('windows');
  using model = loadModel(source);
  const out = join(folder, 'out');
  saveModel(out, model.parameters, { source, dtype: 'bf16', shardBytes: 30_000 });
  writeFileSync(join(out, 'notes.md'), 'of the older one');
  saveModel(out, model.parameters, { source, dtype: 'bf16' });
  expect(readdirSync(out).sort()).toEqual(['config.json', 'model.safetensors']);
  expect(readdirSync(folder)).toEqual(['out']);
});

test('a checkpoint can be saved over the one it came from', () => {
  const source = join(folder, 'source');
  cpSync(sourceOf('tied'), source, { recursive: true });
  using model = loadModel(source);
  saveModel(source, model.parameters, { source, dtype: 'bf16' });
  using again = loadModel(source);
  expect(bits(again)).toEqual(bits(model));
});

test('casting holds one shard at a time', () => {
  const source = sourceOf('windows');
  using model = loadModel(source);
  using _scope = new TensorScope();
  const counts: number[] = [];
  const before = liveTensors();
  // Watches how many tensors are alive whenever the next one is asked for its elements.
  const watched = new Map(
    [...model.parameters].map(([name, tensor]) => [
      name,
      new Proxy(tensor, {
        get: (target, key) => {
          if (key === 'detach') counts.push(liveTensors() - before);
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    ]),
  );
  saveModel(join(folder, 'out'), watched, { source, dtype: 'bf16', shardBytes: 8_000 });
  expect(counts).toHaveLength(model.parameters.size);
  expect(Math.max(...counts)).toBeLessThan(model.parameters.size);
});

test('what dead processes left while saving is cleared up; a checkpoint they moved aside comes back', () => {
  const source = sourceOf('tied');
  using model = loadModel(source);
  const out = join(folder, 'out');
  const { pid: dead } = spawnSync(process.execPath, ['--version']);
  cpSync(source, `${out}.${dead}.former`, { recursive: true });
  mkdirSync(`${out}.${dead}.partial`);
  const living = [`${out}.${process.ppid}.partial`, `${out}.notes`, `${out}2.${dead}.partial`];
  for (const path of living) mkdirSync(path);
  // The save itself breaks, so that what stands there afterwards is the older checkpoint.
  expect(() => saveModel(out, failing(model), { source, dtype: 'f32' })).toThrow(
    /disposed|stale|freed/,
  );
  const names = living.map((path) => path.slice(folder.length + 1));
  expect(readdirSync(folder).sort()).toEqual(['out', ...names].sort());
  using again = loadModel(out);
  expect(bits(again)).toEqual(bits(model));
});
