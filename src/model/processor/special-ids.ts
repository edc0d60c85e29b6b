import { CheckpointError } from './checkpoint-error.ts';
import type { ProcessorFiles } from './processor-files.ts';
import type { SpecialIds } from './prompt.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A token that `config.json` names by id, and its usual text. */
const VISION_TOKENS = {
  imagePad: { key: 'image_token_id', text: '<|image_pad|>' },
  videoPad: { key: 'video_token_id', text: '<|video_pad|>' },
  visionStart: { key: 'vision_start_token_id', text: '<|vision_start|>' },
  visionEnd: { key: 'vision_end_token_id', text: '<|vision_end|>' },
} as const;

/** Ids of `config.json` that must be special tokens, whatever `tokenizer.json` calls them. */
export function steeringIds({ config }: ProcessorFiles): readonly number[] {
  return Object.values(VISION_TOKENS).flatMap(({ key }) => config[key] ?? []);
}

/**
 * Finds the tokens that steer the model: by the ids in `config.json` (at the top or in `text_config`)
 * and `generation_config.json`, by the names in `tokenizer_config.json`.
 *
 * @throws CheckpointError if the tokenizer lacks one of them.
 */
export function specialIds(files: ProcessorFiles, tokenizer: Tokenizer): SpecialIds {
  const { config, generation, tokenizerConfig } = files;
  const vision = (token: keyof typeof VISION_TOKENS): number => {
    const { key, text } = VISION_TOKENS[token];
    const id = config[key] ?? tokenizer.specialId(text);
    if (id !== undefined && tokenizer.specialText(id) !== undefined) return id;
    const wanted = id === undefined ? text : `id ${id} (config.json, ${key})`;
    throw new CheckpointError(
      `expected a tokenizer with the vision token ${wanted}, found ${tokenizer.size} tokens without ` +
        'it; use the tokenizer files of the same Qwen2.5-VL checkpoint',
    );
  };
  const named = (key: string): number | undefined => tokenId(tokenizerConfig[key], tokenizer);
  const end =
    named('eos_token') ??
    generation.eos_token_id[0] ??
    config.eos_token_id[0] ??
    config.text_config?.eos_token_id[0];
  const padding =
    named('pad_token') ??
    config.pad_token_id ??
    config.text_config?.pad_token_id ??
    generation.pad_token_id ??
    tokenizer.specialId('<|endoftext|>');
  if (end === undefined || padding === undefined || end === padding) {
    throw new CheckpointError(
      `expected an end token and a padding token that differ, found ids ${end} and ${padding}; ` +
        'name eos_token and pad_token in tokenizer_config.json',
    );
  }
  const imagePad = vision('imagePad');
  const videoPad = vision('videoPad');
  const visionStart = vision('visionStart');
  const visionEnd = vision('visionEnd');
  const visionPad = tokenizer.specialId('<|vision_pad|>');
  const rows = config.vocab_size ?? config.text_config?.vocab_size ?? tokenizer.size;
  const banned = [padding, imagePad, videoPad, visionStart, visionEnd];
  if (visionPad !== undefined) banned.push(visionPad);
  for (let id = 0; id < rows; id++) if (!tokenizer.hasText(id)) banned.push(id);
  banned.sort((a, b) => a - b);
  return { end, padding, imagePad, videoPad, visionStart, visionEnd, banned };
}

/** Configs name a token by its text or by an object that holds it. */
function tokenId(named: unknown, tokenizer: Tokenizer): number | undefined {
  const text = typeof named === 'object' && named !== null ? Reflect.get(named, 'content') : named;
  return typeof text === 'string' ? tokenizer.specialId(text) : undefined;
}
