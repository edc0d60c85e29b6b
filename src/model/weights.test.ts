import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { CheckpointError } from '#model/processor';
import { liveTensors, ops, Safetensors, tidy, type Tensor, writeSafetensors } from '#tensor';

import { loadModel, weightBytes } from './weights.ts';

const fixtures = fileURLToPath(new URL('../../test/fixtures/model', import.meta.url));

let folder = '';
let live = 0;
beforeEach(() => {
  live = liveTensors();
  folder = mkdtempSync(join(tmpdir(), 'weights-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  const left = liveTensors() - live;
  if (left !== 0) throw new Error(`expected no tensor to stay alive, found ${left}`);
});

/** A copy of a fixture's checkpoint that may be damaged. */
function copyOf(name: 'windows' | 'tied'): string {
  cpSync(join(fixtures, name, 'model'), folder, { recursive: true });
  return folder;
}

/** Writes the single weight file of the tied checkpoint anew after `edit`. */
function rewrite(edit: (tensors: Map<string, Tensor>) => void): string {
  copyOf('tied');
  const path = join(folder, 'model.safetensors');
  tidy(() => {
    using file = new Safetensors(path);
    const tensors = new Map([...file.entries.keys()].map((name) => [name, file.load(name)]));
    edit(tensors);
    writeSafetensors(path, tensors, file.metadata);
  });
  return folder;
}

function editJson(file: string, edit: (json: any) => void): string {
  const path = join(folder, file);
  const json = JSON.parse(readFileSync(path, 'utf8'));
  edit(json);
  writeFileSync(path, JSON.stringify(json));
  return folder;
}

function messageOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
  throw new Error('expected a CheckpointError, nothing was thrown');
}

test('weights are cast while they are read, counted and freed', () => {
  for (const [dtype, width] of [
    ['f32', 4],
    ['bf16', 2],
  ] as const) {
    const seen: number[] = [];
    using model = loadModel(copyOf('windows'), {
      dtype,
      onProgress: (done, total) => seen.push(done / total),
    });
    expect(new Set([...model.parameters.values()].map((tensor) => tensor.dtype))).toEqual(
      new Set([dtype]),
    );
    expect(weightBytes(model, dtype)).toBe(
      width * [...model.parameters.values()].reduce((sum, { size }) => sum + size, 0),
    );
    expect(seen.at(-1)).toBe(1);
    expect([...model.parameters.values()].every(({ requiresGrad }) => requiresGrad)).toBe(true);
  }
});

test('nested names are read as the published ones', () => {
  using model = loadModel(copyOf('tied'));
  expect(model.parameters.has('model.layers.0.self_attn.q_proj.weight')).toBe(true);
  expect(model.parameters.has('visual.merger.ln_q.weight')).toBe(true);
  expect(
    [...model.parameters.keys()].filter((name) => /language_model|model\.visual/.test(name)),
  ).toEqual([]);
});

test('a tied model shares its head, whether the file holds one or not', () => {
  using model = loadModel(
    rewrite((tensors) => tensors.set('lm_head.weight', ops.zeros([64, 24], { dtype: 'bf16' }))),
  );
  expect(model.decoder.head).toBe(model.decoder.embedding.weight);
  expect(model.parameters.has('lm_head.weight')).toBe(false);
});

test('missing, misshapen and unexpected parameters stand in one error, and nothing stays in memory', () => {
  const message = messageOf(() =>
    loadModel(
      rewrite((tensors) => {
        tensors.delete('model.language_model.norm.weight');
        tensors.delete('model.visual.blocks.1.mlp.up_proj.bias');
        tensors.set('model.language_model.layers.0.mlp.up_proj.weight', ops.zeros([24, 32]));
        tensors.set('model.language_model.layers.7.input_layernorm.weight', ops.zeros([24]));
        tensors.set('adapter.weight', ops.zeros([2, 2]));
      }),
    ),
  );
  expect(message).toContain('5 differences');
  for (const line of [
    'model.norm.weight: expected [24], found nothing',
    'visual.blocks.1.mlp.up_proj.bias: expected [12], found nothing',
    'model.layers.0.mlp.up_proj.weight: expected [32, 24], found [24, 32]',
    'model.layers.7.input_layernorm.weight: not a parameter of this model',
    'adapter.weight: not a parameter of this model',
  ]) {
    expect(message).toContain(`\n  ${line}`);
  }
});

test('a long list of differences is cut, with a count of the rest', () => {
  copyOf('windows');
  const message = messageOf(() =>
    loadModel(
      editJson('config.json', (json) => {
        json.num_hidden_layers = 20;
      }),
    ),
  );
  expect(message).toMatch(/\(216 differences\)[^]*\n {2}… and 176 more$/);
});

test('a parameter under both of its names is refused', () => {
  const message = messageOf(() =>
    loadModel(rewrite((tensors) => tensors.set('model.norm.weight', ops.zeros([24])))),
  );
  expect(message).toMatch(
    /found model\.norm\.weight as '.*' and as '.*'; delete the weight files of another save/,
  );
});

test('an element type that is unknown, and one that is quantised, are named', () => {
  const quantised = messageOf(() =>
    loadModel(
      rewrite((tensors) =>
        tensors.set('model.language_model.norm.weight', ops.zeros([24], { dtype: 'i8' })),
      ),
    ),
  );
  expect(quantised).toMatch(/norm\.weight: expected floating-point weights, found i8; quantised/);
  const path = join(copyOf('tied'), 'model.safetensors');
  const bytes = readFileSync(path);
  // The same length, so that the header stays whole.
  bytes.set(Buffer.from('"F4E2"'), bytes.indexOf('"BF16"'));
  writeFileSync(path, bytes);
  expect(messageOf(() => loadModel(folder))).toMatch(/element type "F4E2" is not supported/);
});

test('a checkpoint cut in half, inside the data and inside the header, says so', () => {
  const path = join(copyOf('tied'), 'model.safetensors');
  truncateSync(path, Math.floor(statSync(path).size / 2));
  expect(messageOf(() => loadModel(folder))).toMatch(/cut off; fetch the checkpoint again/);
  truncateSync(path, 100);
  expect(messageOf(() => loadModel(folder))).toMatch(/cut off .*; fetch the checkpoint again/);
  truncateSync(path, 0);
  expect(messageOf(() => loadModel(folder))).toMatch(/expected 8 bytes at 0, found 0/);
});

test('an index that lies about shards and names is found out', () => {
  const index = 'model.safetensors.index.json';
  const name = 'model.norm.weight';
  copyOf('windows');
  const absent = editJson(index, (json) => {
    json.weight_map[name] = 'model-00009-of-00002.safetensors';
  });
  expect(messageOf(() => loadModel(absent))).toMatch(/cannot read the weights: .*00009-of-00002/);
  copyOf('windows');
  const elsewhere = editJson(index, (json) => {
    const [first, second] = [...new Set<string>(Object.values(json.weight_map))];
    json.weight_map[name] = json.weight_map[name] === first ? second : first;
  });
  expect(messageOf(() => loadModel(elsewhere))).toMatch(/the shard does not hold it/);
  copyOf('windows');
  const outside = editJson(index, (json) => {
    json.weight_map[name] = '../model.safetensors';
  });
  expect(messageOf(() => loadModel(outside))).toMatch(/names no file of this folder/);
  copyOf('windows');
  writeFileSync(join(folder, index), '{"weight_map":');
  expect(messageOf(() => loadModel(folder))).toMatch(/not JSON/);
});

test('a folder without a config, without weights, or with a broken config is named', () => {
  expect(messageOf(() => loadModel(folder))).toMatch(/expected a checkpoint folder with config/);
  cpSync(join(fixtures, 'tied/model/config.json'), join(folder, 'config.json'));
  expect(messageOf(() => loadModel(folder))).toMatch(/expected model\.safetensors or/);
  writeFileSync(join(folder, 'config.json'), '{');
  expect(messageOf(() => loadModel(folder))).toMatch(/config\.json: expected JSON, found/);
});

test('a load that is broken off in its middle leaves nothing', () => {
  const stopAtFifth = (done: number): void => {
    if (done === 5) throw new Error('enough');
  };
  expect(() => loadModel(copyOf('windows'), { onProgress: stopAtFifth })).toThrow('enough');
  expect(liveTensors()).toBe(live);
});

test('a device that is not there leaves nothing half-loaded', () => {
  expect(() => loadModel(copyOf('tied'), { device: 'cuda:63' })).toThrow(/cuda/i);
});
