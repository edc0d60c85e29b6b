export type { Grid, Part, Patches, Processor, Prompt, PromptChunk, SpecialIds } from './prompt.ts';
