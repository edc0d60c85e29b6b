import { z } from 'zod';

import type { Patches, Prompt, PromptChunk } from '#model/processor';
import type { QwenVL } from '#model';
import type { Safetensors, TensorArray } from '#tensor';

const tensorEntry = z.looseObject({
  dtype: z.string(),
  shape: z.array(z.int()),
  role: z.enum(['input', 'expected', 'reference']),
  tolerance: z.number().optional(),
  where: z.string().optional(),
});
const norms = z.looseObject({ tolerance: z.number(), values: z.record(z.string(), z.number()) });
const common = {
  name: z.string(),
  file: z.string(),
  tensors: z.record(z.string(), tensorEntry),
};

/** The kinds of cases of a `model` fixture. */
export const modelCase = z.discriminatedUnion('kind', [
  z.looseObject({ ...common, kind: z.literal('forward'), gradNorms: norms.optional() }),
  z.looseObject({ ...common, kind: z.literal('greedy'), newTokens: z.int() }),
  z.looseObject({
    ...common,
    kind: z.literal('bf16'),
    rmsLimit: z.number(),
    maxAbsLimit: z.number(),
  }),
  z.looseObject({
    ...common,
    kind: z.literal('adamw'),
    // Strict: a setting we do not know would be left out.
    optimizer: z.strictObject({
      decayed: z.literal('all parameters').optional(),
      lr: z.number(),
      betas: z.tuple([z.number(), z.number()]),
      eps: z.number(),
      clipGradNorm: z.number(),
      steps: z.int(),
      weightDecay: z.number(),
    }),
    deltaNorms: norms,
  }),
]);
export type ModelCase = z.output<typeof modelCase>;
export type CaseOf<Kind extends ModelCase['kind']> = Extract<ModelCase, { kind: Kind }>;

/** Inputs that `readBatch` and the loss understand; masks of `where` may have any name. */
const knownInputs: ReadonlySet<string> = new Set([
  'input_ids',
  'attention_mask',
  'loss_mask',
  'pixel_values',
  'image_grid_thw',
]);

/** Inputs of a case that nobody would look at: leaving them out might change what is computed. */
export function unknownInputs({ tensors }: ModelCase): readonly string[] {
  const masks = new Set(Object.values(tensors).map(({ where }) => where));
  return Object.entries(tensors)
    .filter(([name, { role }]) => role === 'input' && !knownInputs.has(name) && !masks.has(name))
    .map(([name]) => name);
}

export const modelManifest = z.looseObject({
  format: z.literal(1),
  kind: z.literal('model'),
  name: z.string(),
  checkpoints: z.array(z.looseObject({ path: z.string() })),
  cases: z.array(z.looseObject({ name: z.string(), kind: z.string() })),
});

/** The tensors of one case by name, as plain arrays. */
export class CaseTensors {
  readonly #file: Safetensors;
  readonly #entries: ModelCase['tensors'];

  constructor(file: Safetensors, entries: ModelCase['tensors']) {
    this.#file = file;
    this.#entries = entries;
  }

  has(name: string): boolean {
    return this.#file.entries.has(name);
  }

  /** Elements in reading order; bf16 and other floats as f32. */
  values(name: string): TensorArray {
    const tensor = this.#file.tensor(name);
    return tensor.dtype === 'bf16' ? tensor.to('f32').toArray() : tensor.toArray();
  }

  shape(name: string): readonly number[] {
    return this.#file.entries.get(name)?.shape ?? [];
  }

  ints(name: string): readonly number[] {
    return Array.from(this.values(name), Number);
  }

  /** Names of tensors with a role, in the order of the manifest. */
  named(role: 'input' | 'expected' | 'reference'): readonly string[] {
    return Object.entries(this.#entries).flatMap(([name, entry]) =>
      entry.role === role ? [name] : [],
    );
  }

  entry(name: string): ModelCase['tensors'][string] | undefined {
    return this.#entries[name];
  }
}

/** The rows of a padded batch as our model takes them. */
export interface CaseBatch {
  readonly prompts: readonly Prompt[];
  readonly patches: readonly Patches[];
  /** [B][n] columns of the tokens that count, row by row. */
  readonly columns: readonly (readonly number[])[];
  readonly width: number;
}

/** Reads prompt tensors: unpads the rows, turns runs of image tokens into image chunks. */
export function readBatch(tensors: CaseTensors, model: QwenVL): CaseBatch {
  const [rows = 0, width = 0] = tensors.shape('input_ids');
  const ids = tensors.ints('input_ids');
  const mask = tensors.ints('attention_mask');
  const patches = readPatches(tensors);
  const images = patches.values();
  const columns = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (_, column) => column).filter(
      (column) => mask[row * width + column] === 1,
    ),
  );
  const prompts = columns.map((kept, row) =>
    promptOf(
      kept.map((column) => ids[row * width + column] ?? 0),
      images,
      model,
    ),
  );
  return { prompts, patches, columns, width };
}

function readPatches(tensors: CaseTensors): readonly Patches[] {
  if (!tensors.has('pixel_values')) return [];
  const pixels = tensors.values('pixel_values') as Float32Array;
  const [, width = 0] = tensors.shape('pixel_values');
  const grids = tensors.ints('image_grid_thw');
  let start = 0;
  return Array.from({ length: grids.length / 3 }, (_, index) => {
    const [t = 0, h = 0, w = 0] = grids.slice(index * 3, index * 3 + 3);
    const end = start + t * h * w * width;
    const own = pixels.subarray(start, end);
    start = end;
    return { hash: `picture ${index}`, grid: { t, h, w }, pixels: own };
  });
}

function promptOf(ids: readonly number[], images: Iterator<Patches>, model: QwenVL): Prompt {
  const { imageTokenId, vision } = model.config;
  const chunks: PromptChunk[] = [];
  let text: number[] = [];
  const flush = (): void => {
    if (text.length > 0) chunks.push({ kind: 'tokens', ids: Int32Array.from(text) });
    text = [];
  };
  for (let at = 0; at < ids.length;) {
    if (ids[at] !== imageTokenId) {
      text.push(ids[at++] ?? 0);
      continue;
    }
    flush();
    const next = images.next();
    if (next.done === true) throw new Error('an image token without an image');
    const { hash, grid } = next.value;
    const length = (grid.t * grid.h * grid.w) / vision.mergeSize ** 2;
    const image = { hash, source: '', width: 0, height: 0 };
    chunks.push({ kind: 'image', image, grid, length });
    at += length;
  }
  flush();
  return { chunks, length: ids.length };
}

/** Values of packed tokens spread over the padded batch: [B, T, width], zero at padding. */
export function spread(values: ArrayLike<number>, batch: CaseBatch, size: number): Float64Array {
  const out = new Float64Array(batch.columns.length * batch.width * size);
  let at = 0;
  for (const [row, columns] of batch.columns.entries()) {
    for (const column of columns) {
      for (let index = 0; index < size; index++) {
        out[(row * batch.width + column) * size + index] = values[at * size + index] ?? Number.NaN;
      }
      at++;
    }
  }
  return out;
}
