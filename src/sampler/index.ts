export { SamplerError } from './check-request.ts';
export { type DrawRow, filteredLogits } from './draw.ts';
export { Bans } from './bans.ts';
export type { Completion, SampleRequest, SamplingParams } from './request.ts';
export { Sampler, type SamplerOptions, type Sampling } from './sampler.ts';
export type { TokenEvent } from './task.ts';
