import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createModel, parseConfig, saveModel, type Tree } from '#model';
import type { Patches, Prompt } from '#model/processor';
import { type DType, fromArray, fromInts, seedTorch, tidy, writeSafetensors } from '#tensor';

/** A Qwen2.5-VL of some size as `config.json` has it. */
export function configOf(sizes: {
  readonly vocab: number;
  readonly text: Readonly<Record<string, number>>;
  readonly vision: Readonly<Record<string, unknown>>;
}): Readonly<Record<string, unknown>> {
  const { hidden_size: hidden = 0, num_attention_heads: heads = 1 } = sizes.text;
  const pairs = hidden / heads / 2;
  const part = Math.floor((3 * pairs) / 8);
  return {
    architectures: ['Qwen2_5_VLForConditionalGeneration'],
    model_type: 'qwen2_5_vl',
    hidden_act: 'silu',
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    rope_theta: 1e6,
    rope_scaling: { type: 'mrope', mrope_section: [pairs - 2 * part, part, part] },
    tie_word_embeddings: false,
    torch_dtype: 'float32',
    vocab_size: sizes.vocab,
    image_token_id: sizes.vocab - 5,
    video_token_id: sizes.vocab - 4,
    vision_start_token_id: sizes.vocab - 8,
    vision_end_token_id: sizes.vocab - 7,
    bos_token_id: sizes.vocab - 2,
    eos_token_id: sizes.vocab - 3,
    ...sizes.text,
    vision_config: {
      hidden_act: 'silu',
      in_chans: 3,
      out_hidden_size: hidden,
      patch_size: 14,
      spatial_merge_size: 2,
      temporal_patch_size: 2,
      window_size: 112,
      ...sizes.vision,
    },
  };
}

/** Writes a random checkpoint of a config; returns the number of parameters. */
export function writeRandomCheckpoint(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  dtype: DType = 'f32',
): number {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  seedTorch(1);
  using model = createModel(parseConfig(config), { deviation: 0.04, dtype });
  saveModel(folder, model.parameters, { source: folder, dtype });
  return [...model.parameters.values()].reduce((sum, { size }) => sum + size, 0);
}

/** One sequence: text, a picture, text, and the response. */
export interface Shape {
  readonly before: number;
  readonly picture: { readonly h: number; readonly w: number };
  readonly after: number;
  readonly response: number;
}

export interface BatchData {
  readonly trees: readonly Tree[];
  readonly pictures: readonly Patches[];
  readonly tokens: number;
  /** Share of places that a padded batch wastes. */
  readonly padding: number;
}

/** Random sequences of given shapes, and the same as a right-padded batch in a safetensors file. */
export function writeBatch(
  path: string,
  shapes: readonly Shape[],
  config: Readonly<Record<string, unknown>>,
): BatchData {
  const [vocab, pad] = [Number(config['vocab_size']), Number(config['image_token_id'])];
  let state = 12_345;
  const draw = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const words = (count: number): Int32Array =>
    Int32Array.from({ length: count }, () => Math.floor(draw() * (vocab - 16)));
  const pictures = shapes.map(({ picture: { h, w } }, index): Patches => ({
    hash: `picture ${index}`,
    grid: { t: 1, h, w },
    pixels: Float32Array.from({ length: h * w * 1176 }, () => 4 * draw() - 2),
  }));
  const trees = shapes.map((shape, index): Tree => {
    const grid = pictures[index]?.grid ?? { t: 1, h: 0, w: 0 };
    const length = (grid.h * grid.w) / 4;
    const image = { hash: `picture ${index}`, source: '', width: 0, height: 0 };
    const start = Int32Array.of(...words(shape.before), vocab - 8);
    const end = Int32Array.of(vocab - 7, ...words(shape.after));
    const prompt: Prompt = {
      chunks: [
        { kind: 'tokens', ids: start },
        { kind: 'image', image, grid, length },
        { kind: 'tokens', ids: end },
      ],
      length: start.length + length + end.length,
    };
    return { prompt, responses: [words(shape.response)] };
  });
  return { trees, pictures, ...writePadded(path, trees, { pictures, pad }) };
}

function writePadded(
  path: string,
  trees: readonly Tree[],
  { pictures, pad }: { readonly pictures: readonly Patches[]; readonly pad: number },
): { readonly tokens: number; readonly padding: number } {
  const rows = trees.map(({ prompt, responses }) => [
    ...prompt.chunks.flatMap((chunk) =>
      chunk.kind === 'tokens' ? [...chunk.ids] : Array<number>(chunk.length).fill(pad),
    ),
    ...(responses[0] ?? []),
  ]);
  const width = Math.max(...rows.map(({ length }) => length));
  const shape = [rows.length, width];
  const padded = (of: (row: number, column: number) => number): Int32Array =>
    Int32Array.from({ length: rows.length * width }, (_, index) =>
      of(Math.floor(index / width), index % width),
    );
  const firstOf = trees.map(({ prompt }) => prompt.length);
  tidy(() => {
    const ints = (of: (row: number, column: number) => number) => fromInts(padded(of), shape);
    const pixels = Float32Array.from(pictures.flatMap((picture) => [...picture.pixels]));
    writeSafetensors(
      path,
      new Map([
        ['input_ids', ints((row, column) => rows[row]?.[column] ?? 0)],
        ['attention_mask', ints((row, column) => (column < (rows[row]?.length ?? 0) ? 1 : 0))],
        [
          'response_mask',
          ints((row, column) => {
            const inside = column >= (firstOf[row] ?? 0) && column < (rows[row]?.length ?? 0);
            return inside ? 1 : 0;
          }),
        ],
        ['pixel_values', fromArray(pixels, [pixels.length / 1176, 1176])],
        [
          'image_grid_thw',
          fromInts(
            pictures.flatMap(({ grid: { t, h, w } }) => [t, h, w]),
            [pictures.length, 3],
          ),
        ],
      ]),
    );
  });
  const tokens = rows.reduce((sum, { length }) => sum + length, 0);
  return { tokens, padding: 1 - tokens / (rows.length * width) };
}
