import type { ImageRef, Problem } from '#data';

import { chatPrompt, continuedPrompt } from './chat.ts';
import type { ChatTools } from './chat.ts';
import { ChatTemplate } from './chat-template.ts';
import { CheckpointError } from './checkpoint-error.ts';
import { gridTokens, imageGrid } from './image-grid.ts';
import type { ImageLayout } from './image-grid.ts';
import { PatchCache } from './patch-cache.ts';
import { PatchPool } from './patch-pool.ts';
import { problemParts } from './problem-parts.ts';
import { readProcessorFiles } from './processor-files.ts';
import type { ProcessorFiles } from './processor-files.ts';
import type { Part, ProblemPrompt, Processor, Prompt } from './prompt.ts';
import { specialIds, steeringIds } from './special-ids.ts';
import { Tokenizer } from './tokenizer.ts';

export interface ProcessorOptions {
  /** Bounds of a picture's area after resizing, instead of the checkpoint's. */
  readonly minPixels?: number;
  readonly maxPixels?: number;
  /** Patches kept in memory, in bytes; a picture of one megapixel takes 24 MB. Default: 1 GiB. */
  readonly cacheBytes?: number;
  /** Threads that cut pictures. Default: half the processors, at most four. */
  readonly threads?: number;
}

const CACHE_BYTES = 2 ** 30;

/** What the image processor of Qwen2-VL does where a checkpoint does not say. */
const DEFAULTS = {
  minPixels: 56 * 56,
  maxPixels: 28 * 28 * 1280,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;

/**
 * Opens the processor of a checkpoint: its folder, or its files read before.
 *
 * @throws CheckpointError if a file is missing, damaged or of another architecture, if the tokenizer
 *   lacks the vision tokens, or if the chat template does not place pictures.
 */
export async function createProcessor(
  checkpoint: string | ProcessorFiles,
  options: ProcessorOptions = {},
): Promise<Processor> {
  const files = typeof checkpoint === 'string' ? await readProcessorFiles(checkpoint) : checkpoint;
  const tokenizer = new Tokenizer(files.tokenizer, files.tokenizerConfig, steeringIds(files));
  const ids = specialIds(files, tokenizer);
  const layout = imageLayout(files, options);
  const grid = (image: ImageRef) => imageGrid(image, layout);
  const tools: ChatTools = {
    tokenizer,
    template: new ChatTemplate(files.chatTemplate, templateVariables(files)),
    imagePad: ids.imagePad,
    imageChunk: (image) => {
      const size = grid(image);
      return { kind: 'image', image, grid: size, length: gridTokens(size, layout.mergeSize) };
    },
  };
  checkTemplate(tools);
  const pool = new PatchPool(options.threads);
  const cut = (image: ImageRef) => pool.cut(image, layout);
  const cache = new PatchCache(options.cacheBytes ?? CACHE_BYTES, cut);
  const prompt = (parts: readonly Part[]): Prompt =>
    chatPrompt([{ role: 'user', content: parts }], tools);
  return {
    ids,
    layout,
    prompt,
    chat: (messages, chatOptions) => chatPrompt(messages, tools, chatOptions),
    problemPrompt: (problem: Problem, template: string): ProblemPrompt => {
      const { parts, placeholderInserted } = problemParts(problem, template);
      return { prompt: prompt(parts), placeholderInserted };
    },
    continued: continuedPrompt,
    encode: (text, special) => tokenizer.encode(text, special),
    decode: (tokens, keepSpecial) => tokenizer.decode(tokens, keepSpecial),
    patches: (image) => cache.get(image),
    grid,
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** Patch sizes are the model's; bounds and colours the image processor's. */
function imageLayout(files: ProcessorFiles, options: ProcessorOptions): ImageLayout {
  const { config, preprocessor } = files;
  const { patch_size, spatial_merge_size, temporal_patch_size } = config.vision_config;
  for (const [name, here, there] of [
    ['patch_size', preprocessor.patch_size, patch_size],
    ['merge_size', preprocessor.merge_size, spatial_merge_size],
    ['temporal_patch_size', preprocessor.temporal_patch_size, temporal_patch_size],
  ] as const) {
    if (here === undefined || here === there) continue;
    throw new CheckpointError(
      `preprocessor_config.json: expected ${name} ${there} as in config.json, found ${here}; ` +
        'use files of one checkpoint',
    );
  }
  const { size } = preprocessor;
  const minPixels =
    options.minPixels ?? preprocessor.min_pixels ?? size?.shortest_edge ?? DEFAULTS.minPixels;
  const maxPixels =
    options.maxPixels ?? preprocessor.max_pixels ?? size?.longest_edge ?? DEFAULTS.maxPixels;
  if (!(minPixels <= maxPixels)) {
    throw new CheckpointError(
      `expected minPixels ≤ maxPixels, found ${minPixels} and ${maxPixels}; correct the bounds`,
    );
  }
  return {
    patchSize: patch_size,
    mergeSize: spatial_merge_size,
    temporalPatchSize: temporal_patch_size,
    minPixels,
    maxPixels,
    mean: preprocessor.image_mean ?? DEFAULTS.mean,
    std: preprocessor.image_std ?? DEFAULTS.std,
  };
}

/** Special tokens by name, which templates may use. */
function templateVariables({ tokenizerConfig }: ProcessorFiles): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tokenizerConfig)
      .filter(([key]) => key.endsWith('_token'))
      .map(([key, value]) => [
        key,
        typeof value === 'object' && value !== null ? Reflect.get(value, 'content') : value,
      ]),
  );
}

/** A template that cannot place a picture is better refused before a run than in it. */
function checkTemplate(tools: ChatTools): void {
  const image = { hash: '', source: '', width: 56, height: 56 };
  const turn: readonly Part[] = [
    { kind: 'text', text: 'a' },
    { kind: 'image', image },
  ];
  chatPrompt([{ role: 'user', content: turn }], tools);
}
