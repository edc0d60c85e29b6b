import type { Patches, Prompt, PromptChunk } from '#model/processor';
import { fromArray, ops, seedTorch, setThreads, type DType, type Tensor } from '#tensor';

import type { ModelConfig } from '../config.ts';
import type { Tree } from '../packing.ts';
import { createModel, type QwenVL } from '../qwen-vl.ts';

// Products this small are faster on one thread, and threads that wait for each other slow other tests.
setThreads(1);

/** Sizes that leave nothing trivial: grouped heads, three rope sections, windows and full attention. */
export const tinyConfig: ModelConfig = {
  text: {
    vocabSize: 64,
    hiddenSize: 32,
    intermediateSize: 48,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    headDim: 8,
    rmsNormEps: 1e-6,
    ropeTheta: 1e6,
    mropeSection: [1, 1, 2],
    maxPositions: 512,
    tied: false,
  },
  vision: {
    depth: 2,
    hiddenSize: 16,
    heads: 2,
    intermediateSize: 24,
    outHiddenSize: 32,
    channels: 3,
    patchSize: 14,
    temporalPatchSize: 2,
    mergeSize: 2,
    windowSize: 56,
    fullAttentionBlocks: [1],
    ropeTheta: 10_000,
  },
  imageTokenId: 61,
  videoTokenId: 62,
};

/** A model whose attention is far from flat. */
export function tinyModel(dtype: DType = 'f32', config: ModelConfig = tinyConfig): QwenVL {
  seedTorch(3);
  return createModel(config, { deviation: 0.3, dtype });
}

/** A deterministic spread of values in −1 … 1. */
function wave(length: number, phase: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => Math.sin(index * 1.7 + phase * 3.1));
}

/** A picture of `h` × `w` patches. */
export function picture(hash: string, h: number, w: number): Patches {
  const phase = hash.charCodeAt(0);
  return { hash, grid: { t: 1, h, w }, pixels: wave(h * w * 1176, phase) };
}

/** Token ids below the special ones. */
export function words(length: number, seed: number): Int32Array {
  return Int32Array.from({ length }, (_, index) => (index * 7 + seed * 13 + index * index) % 56);
}

/** A prompt of stretches of text (by length) and pictures. */
export function promptOf(seed: number, parts: readonly (number | Patches)[]): Prompt {
  const chunks = parts.map((part, index): PromptChunk => {
    if (typeof part === 'number') return { kind: 'tokens', ids: words(part, seed + index) };
    const { hash, grid } = part;
    const length = (grid.t * grid.h * grid.w) / 4;
    const image = { hash, source: '', width: grid.w * 14, height: grid.h * 14 };
    return { kind: 'image', image, grid, length };
  });
  const length = chunks.reduce(
    (sum, chunk) => sum + (chunk.kind === 'tokens' ? chunk.ids.length : chunk.length),
    0,
  );
  return { chunks, length };
}

/** Log-probabilities of all response tokens, tree after tree, with whatever graph is recorded. */
export function logprobsOf(
  model: QwenVL,
  trees: readonly Tree[],
  pictures: readonly Patches[],
): Tensor {
  const batch = model.batch(trees);
  const features = model.encodeImages(pictures);
  const byHash = new Map(
    features.map((feature, index) => [pictures[index]?.hash ?? '', feature] as const),
  );
  const hidden = model.hidden(batch, model.embed(batch, byHash));
  return ops
    .linear(hidden.indexSelect(0, batch.predictorRows), model.decoder.head)
    .logSoftmax(-1)
    .gather(-1, batch.targets.unsqueeze(-1))
    .squeeze(-1);
}

/** Distinct weights for a weighted sum of `n` log-probabilities, so that no gradient cancels. */
export function weightsFor(count: number): Tensor {
  return fromArray(wave(count, 5));
}
