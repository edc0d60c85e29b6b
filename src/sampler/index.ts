export type { Completion, SampleRequest, SamplingParams } from './request.ts';
