export { type BanList, banList, Bans } from './bans.ts';
export { type Drawn, draw, type DrawRow, filteredLogits } from './draw.ts';
export type { SamplerFigures } from './figures.ts';
export type { Alternatives, Completion, SampleRequest, SamplingParams } from './request.ts';
export { type Following, Sampler, type SamplerOptions } from './sampler.ts';
export { SamplerError, type SamplerFault } from './sampler-error.ts';
export type { TokenEvent } from './sequence.ts';
export { TextTail } from './text-tail.ts';
export { type Sampling, TokenStream } from './token-stream.ts';
