import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BytePairs } from './train-tokenizer.ts';

/**
 * How texts are cut before merging: as Qwen2.5 cuts them, but a blank joins the digit after it, which
 * saves a fifth of the tokens of sums.
 */
export const wordPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+| ?\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** The tokens that steer the model, in the order of their ids after the vocabulary. */
export const steeringTokens = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<|vision_start|>',
  '<|vision_end|>',
  '<|vision_pad|>',
  '<|image_pad|>',
  '<|video_pad|>',
] as const;
export type SteeringToken = (typeof steeringTokens)[number];

/** Sizes of a small model of the Qwen2.5-VL architecture. */
export interface Sizes {
  /** Rows of the embedding table; at least the vocabulary with its steering tokens. */
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly mropeSection: readonly [number, number, number];
  readonly ropeTheta: number;
  readonly maxPositions: number;
  readonly vision: {
    readonly depth: number;
    readonly hiddenSize: number;
    readonly heads: number;
    readonly intermediateSize: number;
    readonly windowSize: number;
    readonly fullAttentionBlocks: readonly number[];
  };
  /** Bounds of a picture's area. */
  readonly minPixels: number;
  readonly maxPixels: number;
}

/** The id of a steering token behind a vocabulary of `words` tokens. */
export function steeringId(words: number, token: SteeringToken): number {
  return words + steeringTokens.indexOf(token);
}

function addedToken(content: string): Record<string, unknown> {
  return {
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  };
}

function tokenizerJson({ vocabulary, merges }: BytePairs): unknown {
  const start = vocabulary.length;
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: steeringTokens.map((content, index) => ({
      id: start + index,
      ...addedToken(content),
    })),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: wordPattern }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** A template with the turns of Qwen's: a system line where none is given, pictures between their marks. */
const chatTemplate = `{%- for message in messages -%}
{%- if loop.first and message.role != 'system' -%}
{{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' -}}
{%- endif -%}
{{- '<|im_start|>' + message.role + '\\n' -}}
{%- if message.content is string -%}
{{- message.content -}}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' or 'image' in part -%}
{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}
{%- elif 'text' in part -%}
{{- part.text -}}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{{- '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n' -}}
{%- endif -%}
`;

function configJson(sizes: Sizes, words: number): Record<string, unknown> {
  const id = (token: SteeringToken): number => steeringId(words, token);
  return {
    architectures: ['Qwen2_5_VLForConditionalGeneration'],
    model_type: 'qwen2_5_vl',
    dtype: 'float32',
    image_token_id: id('<|image_pad|>'),
    video_token_id: id('<|video_pad|>'),
    vision_start_token_id: id('<|vision_start|>'),
    vision_end_token_id: id('<|vision_end|>'),
    tie_word_embeddings: true,
    text_config: {
      model_type: 'qwen2_5_vl_text',
      vocab_size: sizes.vocabSize,
      hidden_size: sizes.hiddenSize,
      intermediate_size: sizes.intermediateSize,
      num_hidden_layers: sizes.layers,
      num_attention_heads: sizes.heads,
      num_key_value_heads: sizes.kvHeads,
      hidden_act: 'silu',
      max_position_embeddings: sizes.maxPositions,
      rms_norm_eps: 1e-6,
      rope_parameters: {
        rope_type: 'default',
        rope_theta: sizes.ropeTheta,
        mrope_section: sizes.mropeSection,
      },
      tie_word_embeddings: true,
      use_sliding_window: false,
      bos_token_id: id('<|endoftext|>'),
      eos_token_id: id('<|im_end|>'),
      pad_token_id: id('<|endoftext|>'),
    },
    vision_config: {
      model_type: 'qwen2_5_vl_vision',
      depth: sizes.vision.depth,
      hidden_size: sizes.vision.hiddenSize,
      num_heads: sizes.vision.heads,
      intermediate_size: sizes.vision.intermediateSize,
      out_hidden_size: sizes.hiddenSize,
      hidden_act: 'silu',
      in_channels: 3,
      patch_size: 14,
      spatial_merge_size: 2,
      temporal_patch_size: 2,
      tokens_per_second: 2,
      window_size: sizes.vision.windowSize,
      fullatt_block_indexes: sizes.vision.fullAttentionBlocks,
    },
  };
}

/** Writes everything of a checkpoint but its weights: config, tokenizer, template, processor. */
export function writeCheckpointFiles(folder: string, pairs: BytePairs, sizes: Sizes): void {
  const words = pairs.vocabulary.length;
  const end = steeringId(words, '<|im_end|>');
  const padding = steeringId(words, '<|endoftext|>');
  const files: Record<string, unknown> = {
    'config.json': configJson(sizes, words),
    'tokenizer.json': tokenizerJson(pairs),
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      eos_token: '<|im_end|>',
      pad_token: '<|endoftext|>',
      model_max_length: sizes.maxPositions,
      clean_up_tokenization_spaces: false,
    },
    'generation_config.json': {
      eos_token_id: [end, padding],
      pad_token_id: padding,
      do_sample: false,
    },
    'preprocessor_config.json': {
      image_processor_type: 'Qwen2VLImageProcessor',
      min_pixels: sizes.minPixels,
      max_pixels: sizes.maxPixels,
      patch_size: 14,
      merge_size: 2,
      temporal_patch_size: 2,
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
    },
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
  }
  writeFileSync(join(folder, 'chat_template.jinja'), chatTemplate);
}
