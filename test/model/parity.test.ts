import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';

import { QwenVL } from '#model';
import { liveTensors, setThreads } from '#tensor';

import type { ParityResult } from '../../src/cli/parity-check.ts';
import { parity } from '../../src/cli/parity.ts';
import type * as Positions from '../../src/model/positions.ts';

// Products this small are faster on one thread.
setThreads(1);

const wrong = vi.hoisted(() => ({ positions: false }));

// What the released code's trainer did: every token counts up by one on all three axes.
vi.mock('../../src/model/positions.ts', async (original) => {
  const real = await original<typeof Positions>();
  return {
    ropeIndex: (...args: Parameters<typeof real.ropeIndex>) => {
      if (!wrong.positions) return real.ropeIndex(...args);
      const length = args[0].length + args[1];
      const line = Int32Array.from({ length }, (_, index) => index);
      return { axes: [line, line, line], next: length };
    },
  };
});

afterEach(() => {
  wrong.positions = false;
  vi.restoreAllMocks();
});

const root = fileURLToPath(new URL('../..', import.meta.url));
const own = join(root, 'test/fixtures/model');
const shared = join(root, '../shared/data/parity');
/** Comparisons that each of them holds. */
const sharedModels = [
  ['windows-gqa', 244],
  ['tied-mha', 212],
  ['mqa-sharded', 94],
  ['proportions-of-7b', 94],
] as const;

/** All lines of `vl-rethinker parity --json`, and its exit code. */
async function compare(
  folder: string,
): Promise<{ readonly code: number | void; readonly results: readonly ParityResult[] }> {
  const results: ParityResult[] = [];
  const code = await parity.run({ options: { json: true }, positionals: [folder] }, {
    out: (text: string) => void results.push(JSON.parse(text)),
    err: () => {},
    signal: new AbortController().signal,
  } as unknown as Parameters<typeof parity.run>[1]);
  return { code, results };
}

const failures = (results: readonly ParityResult[]): readonly string[] =>
  results.filter(({ pass }) => !pass).map((found) => `${found.case} ${found.quantity}`);

test('our own fixtures pass: positions, activations, gradients, greedy tokens, bf16, AdamW', async () => {
  const before = liveTensors();
  const { code, results } = await compare(own);
  expect(failures(results)).toEqual([]);
  expect(code).toBe(0);
  const kinds = new Set(results.map((found) => found.case.replace(/^.*\//, '')));
  expect(kinds).toEqual(new Set(['batch', 'greedy', 'bf16', 'adamw']));
  expect(results).toHaveLength(90);
  expect(liveTensors()).toBe(before);
});

test.skipIf(!existsSync(shared)).each(sharedModels)(
  'the shared fixture model-%s passes whole',
  { timeout: 300_000 },
  async (name, count) => {
    const { code, results } = await compare(join(shared, `model-${name}`));
    expect(failures(results)).toEqual([]);
    expect(code).toBe(0);
    expect(results).toHaveLength(count);
  },
);

/** Failures of a copy of our smallest fixture after an edit of its manifest. */
async function edited(change: (manifest: any) => void): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'parity-'));
  try {
    cpSync(join(own, 'edges'), folder, { recursive: true });
    const path = join(folder, 'fixture.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    change(manifest);
    writeFileSync(path, JSON.stringify(manifest));
    const { code, results } = await compare(folder);
    expect(code).toBe(1);
    return failures(results).map((line) => line.replace(/^[^/]*\//, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('what a manifest or a file holds and this program does not know fails', async () => {
  const of = (manifest: any, name: string) =>
    manifest.cases.find((each: any) => each.name === name);
  const found = await edited((manifest) => {
    const { tensors } = of(manifest, 'batch');
    tensors.attention_bias = { ...tensors.input_ids };
    tensors.image_gate = { ...tensors.image_embeds };
    delete tensors.rope_deltas;
    of(manifest, 'greedy').kind = 'beam';
    of(manifest, 'adamw').optimizer.amsgrad = true;
  });
  expect(found).toEqual([
    'model/batch attention_bias',
    'model/batch image_gate',
    'model/greedy case',
    'model/adamw case',
    // Named by no case that is known any more.
    'cases/batch.safetensors rope_deltas',
    'cases/batch.safetensors tokens',
    'cases/batch.safetensors token_logprobs',
    'cases/text.safetensors delta.model.layers.0.mlp.down_proj.weight',
    'cases/text.safetensors grad_norm',
    'cases/text.safetensors loss',
  ]);
});

test('a sampling case with a filter or of a kind that nobody knows fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parity-'));
  try {
    const known = {
      kind: 'sampling',
      temperature: 1,
      topK: 0,
      topP: 1,
      rows: [],
      file: '',
      tensors: {},
    };
    const manifest = {
      format: 1,
      kind: 'sampling',
      order: ['temperature', 'topK', 'topP'],
      compare: {},
      cases: [
        { ...known, name: 'filtered', minP: 0.1 },
        { ...known, name: 'beams', kind: 'beam' },
      ],
    };
    writeFileSync(join(folder, 'fixture.json'), JSON.stringify(manifest));
    const { code, results } = await compare(folder);
    expect(code).toBe(1);
    expect(failures(results).map((line) => line.replace(/^[^/]*\//, ''))).toEqual([
      'filtered case',
      'beams case',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('one-dimensional positions fail wherever there is a picture, and only there', async () => {
  wrong.positions = true;
  const { code, results } = await compare(join(own, 'windows'));
  expect(code).toBe(1);
  const failed = failures(results);
  for (const quantity of ['position_ids', 'rope_deltas', 'hidden', 'logits', 'logprobs', 'loss']) {
    expect(failed).toContain(`windows/model/batch ${quantity}`);
  }
  expect(failed).toContain('windows/model/greedy token_logprobs');
  expect(failed.filter((line) => /bf16|adamw|vision|image_embeds/.test(line))).toEqual([]);
});

test('exchanged pictures fail, although each of them is encoded rightly', async () => {
  const encode = Reflect.get(QwenVL.prototype, 'encodeImages');
  vi.spyOn(QwenVL.prototype, 'encodeImages').mockImplementation(function (this: QwenVL, pictures) {
    const [first, second, third] = encode.call(this, pictures);
    if (first === undefined || second === undefined || third === undefined) return [];
    return [first, third, second];
  });
  const { code, results } = await compare(join(own, 'windows'));
  expect(code).toBe(1);
  const failed = failures(results);
  for (const quantity of ['image_embeds', 'hidden', 'logits', 'logprobs', 'grad_norm']) {
    expect(failed).toContain(`windows/model/batch ${quantity}`);
  }
  expect(failed.filter((line) => /position|vision_hidden|bf16|adamw/.test(line))).toEqual([]);
});
