import { CheckpointError } from '#model/processor';

/** The language model's sizes. */
export interface TextConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** How many frequency pairs turn with t, h and w; sums to half of `headDim`. */
  readonly mropeSection: readonly number[];
  readonly maxPositions: number;
  /** The output head is the embedding table. */
  readonly tied: boolean;
}

/** The vision tower's sizes. */
export interface VisionConfig {
  readonly depth: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly outHiddenSize: number;
  readonly channels: number;
  readonly patchSize: number;
  readonly temporalPatchSize: number;
  /** Patches per side that are merged into one token. */
  readonly mergeSize: number;
  /** Side of an attention window in pixels. */
  readonly windowSize: number;
  /** Blocks that attend to the whole picture. */
  readonly fullAttentionBlocks: readonly number[];
  /** Base of the rotary frequencies. */
  readonly ropeTheta: number;
}

/** What `config.json` of a Qwen2.5-VL checkpoint says, whichever of its shapes it has. */
export interface ModelConfig {
  readonly text: TextConfig;
  readonly vision: VisionConfig;
  readonly imageTokenId: number;
  readonly videoTokenId: number;
}

/** Beyond any real checkpoint; a broken file should end in a sentence, not in a full memory. */
const largestSize = 2 ** 24;
const mostLayers = 1024;

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads fields of one object and names the place in every complaint. */
class Fields {
  readonly #json: Json;
  readonly #place: string;

  constructor(json: Json, place: string) {
    this.#json = json;
    this.#place = place;
  }

  #find(names: readonly string[]): unknown {
    return names
      .map((name) => this.#json[name])
      .find((value) => value !== undefined && value !== null);
  }

  #fail(names: readonly string[], expected: string): CheckpointError {
    const found = JSON.stringify(this.#find(names)) ?? 'nothing';
    return new CheckpointError(
      `${this.#place}: expected ${names.join(' or ')} to be ${expected}, found ${found}`,
    );
  }

  /** A positive integer, not above `most`. */
  size(names: readonly string[], fallback?: number, most: number = largestSize): number {
    const value = this.#find(names) ?? fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most) {
      throw this.#fail(names, `a positive integer up to ${most}`);
    }
    return value;
  }

  /** Refuses what the model here would compute differently; absent is fine. */
  only(names: readonly string[], ...allowed: readonly unknown[]): void {
    const value = this.#find(names);
    if (value === undefined || allowed.includes(value)) return;
    throw this.#fail(names, allowed.map((choice) => JSON.stringify(choice)).join(' or '));
  }

  number(names: readonly string[], fallback?: number): number {
    const value = this.#find(names) ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#fail(names, 'a number');
    return value;
  }

  integers(names: readonly string[], fallback?: readonly number[]): readonly number[] {
    const value = this.#find(names) ?? fallback;
    const fits = (item: unknown): boolean => Number.isInteger(item) && Number(item) >= 0;
    if (!Array.isArray(value) || !value.every(fits)) {
      throw this.#fail(names, 'a list of integers, none negative');
    }
    return value as number[];
  }

  /** Whether the field stands there as null, which is not the same as being left out. */
  isNull(name: string): boolean {
    return this.#json[name] === null;
  }

  flag(name: string): boolean {
    return this.#json[name] === true;
  }

  object(names: readonly string[], fallback?: Json): Fields {
    const value = this.#find(names) ?? fallback;
    if (!isObject(value)) throw this.#fail(names, 'an object');
    return new Fields(value, `${this.#place}: ${names[0]}`);
  }
}

/** What a config leaves out has the value of upstream's class (transformers, version 4 and 5 alike). */
function readText(text: Fields, tied: boolean): TextConfig {
  const rope = text.object(['rope_scaling', 'rope_parameters']);
  text.only(['hidden_act'], 'silu');
  text.only(['use_sliding_window'], false);
  rope.only(['rope_type', 'type'], 'mrope', 'default');
  const heads = text.size(['num_attention_heads']);
  const hiddenSize = text.size(['hidden_size']);
  return {
    vocabSize: text.size(['vocab_size']),
    hiddenSize,
    intermediateSize: text.size(['intermediate_size']),
    layers: text.size(['num_hidden_layers'], undefined, mostLayers),
    heads,
    kvHeads: text.size(['num_key_value_heads'], text.isNull('num_key_value_heads') ? heads : 8),
    headDim: text.size(['head_dim'], Math.floor(hiddenSize / heads)),
    rmsNormEps: text.number(['rms_norm_eps'], 1e-5),
    ropeTheta: rope.number(['rope_theta'], text.number(['rope_theta'], 1_000_000)),
    mropeSection: rope.integers(['mrope_section']),
    maxPositions: text.size(['max_position_embeddings'], 32_768),
    tied,
  };
}

function readVision(vision: Fields): VisionConfig {
  const rope = vision.object(['rope_parameters'], {});
  vision.only(['hidden_act'], 'silu');
  rope.only(['rope_type'], 'axial', 'default');
  return {
    depth: vision.size(['depth'], undefined, mostLayers),
    hiddenSize: vision.size(['hidden_size']),
    heads: vision.size(['num_heads']),
    intermediateSize: vision.size(['intermediate_size']),
    outHiddenSize: vision.size(['out_hidden_size']),
    channels: vision.size(['in_channels', 'in_chans'], 3),
    patchSize: vision.size(['patch_size', 'spatial_patch_size'], 14),
    temporalPatchSize: vision.size(['temporal_patch_size'], 2),
    mergeSize: vision.size(['spatial_merge_size'], 2),
    windowSize: vision.size(['window_size'], 112),
    fullAttentionBlocks: vision.integers(['fullatt_block_indexes'], [7, 15, 23, 31]),
    ropeTheta: rope.number(['rope_theta'], 10_000),
  };
}

/** Throws unless `holds`; `rule` says what was expected. */
function check(holds: boolean, place: string, rule: string): void {
  if (!holds) throw new CheckpointError(`${place}: expected ${rule}`);
}

function checkText(text: TextConfig, place: string): void {
  const { hiddenSize, heads, kvHeads, headDim, mropeSection } = text;
  check(
    heads * headDim === hiddenSize,
    place,
    `hidden_size to be num_attention_heads times the head width, found ${hiddenSize}, ${heads} and ${headDim}`,
  );
  const pairs = mropeSection.reduce((sum, size) => sum + size, 0);
  check(
    mropeSection.length === 3 && pairs * 2 === headDim,
    place,
    `mrope_section to be three numbers with sum ${headDim / 2} (half of the head width), ` +
      `found [${mropeSection.join(', ')}]`,
  );
  check(
    heads % kvHeads === 0,
    place,
    `num_attention_heads to be a multiple of num_key_value_heads, found ${heads} and ${kvHeads}`,
  );
}

function checkVision(vision: VisionConfig, text: TextConfig, place: string): void {
  const { hiddenSize, heads, outHiddenSize, windowSize, mergeSize, patchSize } = vision;
  const at = `${place}: vision_config`;
  check(
    outHiddenSize === text.hiddenSize,
    at,
    `out_hidden_size to equal hidden_size ${text.hiddenSize}, found ${outHiddenSize}`,
  );
  check(
    hiddenSize % (4 * heads) === 0,
    at,
    `hidden_size to be a multiple of 4 · num_heads, found ${hiddenSize} and ${heads}`,
  );
  check(
    windowSize >= mergeSize * patchSize,
    at,
    `window_size of at least ${mergeSize * patchSize} pixels (one token), found ${windowSize}`,
  );
}

/**
 * Reads `config.json` in the shapes found in the wild: flat as published, or with `text_config` and
 * `rope_scaling` or `rope_parameters`. Throws `CheckpointError` for another architecture.
 */
export function parseConfig(json: unknown, place = 'config.json'): ModelConfig {
  if (!isObject(json)) throw new CheckpointError(`${place}: expected a JSON object`);
  const type = json['model_type'];
  if (type !== 'qwen2_5_vl') {
    throw new CheckpointError(
      `${place}: expected model_type "qwen2_5_vl", found ${JSON.stringify(type) ?? 'nothing'}; ` +
        'only checkpoints of the Qwen2.5-VL architecture can be loaded',
    );
  }
  const top = new Fields(json, place);
  const nested = isObject(json['text_config']);
  const text = nested ? top.object(['text_config']) : top;
  const tied = top.flag('tie_word_embeddings') || text.flag('tie_word_embeddings');
  const config: ModelConfig = {
    text: readText(text, tied),
    vision: readVision(top.object(['vision_config'])),
    imageTokenId: top.size(['image_token_id'], 151_655),
    videoTokenId: top.size(['video_token_id'], 151_656),
  };
  checkText(config.text, place);
  checkVision(config.vision, config.text, place);
  check(
    config.imageTokenId < config.text.vocabSize,
    place,
    `image_token_id below vocab_size ${config.text.vocabSize}, found ${config.imageTokenId}`,
  );
  return config;
}
