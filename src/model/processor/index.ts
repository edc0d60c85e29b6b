export { resizeBicubic } from './bicubic.ts';
export { chatPrompt, continuedPrompt, promptIds } from './chat.ts';
export type { ChatTools } from './chat.ts';
export { ChatTemplate } from './chat-template.ts';
export type { ChatOptions, Message } from './chat-template.ts';
export { CheckpointError } from './checkpoint-error.ts';
export { cutPicture } from './cut-picture.ts';
export { gridTokens, imageGrid, smartResize } from './image-grid.ts';
export type { ImageLayout, Size } from './image-grid.ts';
export { cutPatches } from './patches.ts';
export { PlaceholderError, problemParts } from './problem-parts.ts';
export { createProcessor } from './processor.ts';
export type { ProcessorOptions } from './processor.ts';
export { readProcessorFiles } from './processor-files.ts';
export type { ProcessorFiles } from './processor-files.ts';
export type {
  Grid,
  Part,
  Patches,
  ProblemPrompt,
  Processor,
  Prompt,
  PromptChunk,
  SpecialIds,
} from './prompt.ts';
export { TemplateError, templateNames, templateText } from './templates.ts';
export { Tokenizer, tokenizerJson } from './tokenizer.ts';
export type { SpecialAs } from './tokenizer.ts';
