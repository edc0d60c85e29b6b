import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { CheckpointError } from './checkpoint-error.ts';
import { tokenizerConfigJson, tokenizerJson } from './tokenizer.ts';
import type { TokenizerConfigJson, TokenizerJson } from './tokenizer.ts';

/** Token ids and rows, at the top of a config or in its `text_config`. */
export interface IdFields {
  /** Checkpoints give one id, several, or null. */
  readonly eos_token_id: readonly number[];
  readonly pad_token_id?: number | null | undefined;
  readonly vocab_size?: number | undefined;
}

/** What the processor needs of `config.json`. */
export interface ConfigJson extends IdFields {
  readonly model_type: string;
  readonly image_token_id?: number | undefined;
  readonly video_token_id?: number | undefined;
  readonly vision_start_token_id?: number | undefined;
  readonly vision_end_token_id?: number | undefined;
  readonly text_config?: IdFields | undefined;
  readonly vision_config: {
    readonly patch_size: number;
    readonly spatial_merge_size: number;
    readonly temporal_patch_size: number;
  };
}

/** What we use of `preprocessor_config.json`, of which every part may be absent. */
export interface PreprocessorJson {
  readonly min_pixels?: number | null | undefined;
  readonly max_pixels?: number | null | undefined;
  readonly size?:
    | {
        readonly shortest_edge?: number | null | undefined;
        readonly longest_edge?: number | null | undefined;
      }
    | null
    | undefined;
  readonly patch_size?: number | undefined;
  readonly merge_size?: number | undefined;
  readonly temporal_patch_size?: number | undefined;
  readonly image_mean?: readonly number[] | undefined;
  readonly image_std?: readonly number[] | undefined;
}

const id = z.int().nonnegative();
const count = z.int().positive();
const channels = z.array(z.number()).length(3);
const yes = z.literal(true).nullish();

const idFields = z.looseObject({
  eos_token_id: z
    .union([id, z.array(id)])
    .nullish()
    .transform((value) => (value === undefined || value === null ? [] : [value].flat())),
  pad_token_id: id.nullish(),
  vocab_size: count.optional(),
});

const configJson: z.ZodType<ConfigJson> = idFields.extend({
  model_type: z.string(),
  image_token_id: id.optional(),
  video_token_id: id.optional(),
  vision_start_token_id: id.optional(),
  vision_end_token_id: id.optional(),
  text_config: idFields.optional(),
  vision_config: z.looseObject({
    patch_size: count.default(14),
    spatial_merge_size: count.default(2),
    temporal_patch_size: count.default(2),
  }),
});

const preprocessorJson = z.looseObject({
  min_pixels: count.nullish(),
  max_pixels: count.nullish(),
  size: z.looseObject({ shortest_edge: count.nullish(), longest_edge: count.nullish() }).nullish(),
  patch_size: count.optional(),
  merge_size: count.optional(),
  temporal_patch_size: count.optional(),
  image_mean: channels.optional(),
  image_std: channels.optional(),
  // Any other value than these would change what the model sees.
  do_resize: yes,
  do_rescale: yes,
  do_normalize: yes,
  do_convert_rgb: yes,
  resample: z.literal(3).nullish(),
  rescale_factor: z
    .number()
    .refine((factor) => Math.abs(factor * 255 - 1) < 1e-6, 'expected 1/255')
    .nullish(),
});

/** What later versions of transformers write in the place of several files. */
const processorJson = z.looseObject({
  chat_template: z.string().nullish(),
  image_processor: preprocessorJson.optional(),
});
const chatTemplateJson = z.looseObject({ chat_template: z.string() });
const namedTemplates = z.array(z.looseObject({ name: z.string(), template: z.string() }));

/** The small files of a checkpoint, read and checked. */
export interface ProcessorFiles {
  readonly config: ConfigJson;
  readonly tokenizer: TokenizerJson;
  readonly tokenizerConfig: TokenizerConfigJson;
  readonly chatTemplate: string;
  readonly preprocessor: PreprocessorJson;
  readonly generation: IdFields;
}

/**
 * Reads the small files of a Hugging Face checkpoint folder. The chat template may be in
 * `chat_template.jinja`, `chat_template.json`, `processor_config.json` or `tokenizer_config.json`;
 * the first of these counts.
 *
 * @throws CheckpointError naming the file.
 */
export async function readProcessorFiles(folder: string): Promise<ProcessorFiles> {
  const config = await required(folder, 'config.json', configJson);
  if (config.model_type !== 'qwen2_5_vl') {
    throw new CheckpointError(
      `${join(folder, 'config.json')}: expected model_type qwen2_5_vl, found ${config.model_type}; ` +
        'choose a Qwen2.5-VL checkpoint',
    );
  }
  const processor = await optional(folder, 'processor_config.json', processorJson);
  const tokenizerConfig = await optional(folder, 'tokenizer_config.json', tokenizerConfigJson);
  const preprocessor = await optional(folder, 'preprocessor_config.json', preprocessorJson);
  return {
    config,
    tokenizer: await required(folder, 'tokenizer.json', tokenizerJson),
    tokenizerConfig: tokenizerConfig ?? {},
    chatTemplate:
      (await text(folder, 'chat_template.jinja')) ??
      (await optional(folder, 'chat_template.json', chatTemplateJson))?.chat_template ??
      processor?.chat_template ??
      tokenizerTemplate(tokenizerConfig, folder),
    preprocessor: preprocessor ?? processor?.image_processor ?? {},
    generation: (await optional(folder, 'generation_config.json', idFields)) ?? {
      eos_token_id: [],
    },
  };
}

/** The template of `tokenizer_config.json`: a text, or a list of named ones. */
function tokenizerTemplate(config: TokenizerConfigJson | undefined, folder: string): string {
  const found = config?.['chat_template'];
  if (typeof found === 'string') return found;
  const named = namedTemplates.safeParse(found).data ?? [];
  const chosen = named.find(({ name }) => name === 'default');
  if (chosen !== undefined) return chosen.template;
  throw new CheckpointError(
    `${folder}: expected a chat template in chat_template.jinja, chat_template.json or ` +
      `tokenizer_config.json, found none; copy it from the original checkpoint`,
  );
}

async function required<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T> {
  const found = await optional(folder, name, schema);
  if (found !== undefined) return found;
  throw new CheckpointError(
    `${folder}: expected a file ${name}, found none; name the folder of a complete Hugging Face ` +
      'checkpoint, or its hub id',
  );
}

async function optional<T>(
  folder: string,
  name: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const source = await text(folder, name);
  if (source === undefined) return undefined;
  const path = join(folder, name);
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch (error) {
    throw new CheckpointError(
      `${path}: expected JSON, found ${source.length} characters that are not ` +
        `(${error instanceof Error ? error.message : String(error)}); fetch the file again`,
      { cause: error },
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CheckpointError(
    `${path}: at ${issue?.path.join('.') || 'the top'}, ${issue?.message ?? 'unexpected content'}; ` +
      'use the file of the original checkpoint',
    { cause: parsed.error },
  );
}

/** A file's text, undefined if there is no such file. */
async function text(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
