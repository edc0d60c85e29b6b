export { attend, attendPacked } from './attention.ts';
export { type ModelConfig, parseConfig, type TextConfig, type VisionConfig } from './config.ts';
export { Decoder, DecoderLayer } from './decoder.ts';
export { ModelInputError } from './errors.ts';
export { FeatureCache, type FeatureSource } from './feature-cache.ts';
export {
  chunkedLogprobs,
  type HeadOptions,
  rowsPerChunk,
  type TokenLogprobs,
  tokenLogprobs,
} from './head.ts';
export {
  type Branch,
  type ImagePlace,
  pack,
  type Packed,
  type Stretch,
  type Tree,
} from './packing.ts';
export { type RopeIndex, ropeIndex } from './positions.ts';
export { type Batch, createModel, QwenVL } from './qwen-vl.ts';
export { type Rotary, rotate, textRotary } from './rotary.ts';
export { visionLayout, type VisionLayout, VisionTower } from './vision-tower.ts';
export { saveModel, type SaveOptions } from './save-model.ts';
export { type LoadOptions, loadModel, weightBytes } from './weights.ts';
export { patchPositions, windowOrder, type WindowOrder } from './windows.ts';
export { type AttentionLayout, attentionLayout, branchLayout } from './tiles.ts';
