export { AdamW, type AdamWSettings } from './adamw.ts';
export { clipGradNorm, gradNorm } from './clip-grad-norm.ts';
export { Embedding } from './embedding.ts';
export { LayerNorm } from './layer-norm.ts';
export { Linear } from './linear.ts';
export { type MakeParameter, Parameters } from './parameters.ts';
export { RMSNorm, rmsNorm } from './rms-norm.ts';
