import type { ImageRef, Problem } from '#data';

import type { ChatOptions, Message } from './chat-template.ts';
import type { ImageLayout } from './image-grid.ts';
import type { SpecialAs } from './tokenizer.ts';

/** Patches of one picture along time, height and width; an image has t = 1. */
export interface Grid {
  readonly t: number;
  readonly h: number;
  readonly w: number;
}

/** A stretch of a prompt: token ids, or a picture that takes `length` places. */
export type PromptChunk =
  | { readonly kind: 'tokens'; readonly ids: Int32Array }
  | {
      readonly kind: 'image';
      readonly image: ImageRef;
      readonly grid: Grid;
      /** Places in the token sequence: t · h · w / merge². */
      readonly length: number;
    };

/** A problem as the model reads it. A continuation is a prompt with a further `tokens` chunk. */
export interface Prompt {
  readonly chunks: readonly PromptChunk[];
  /** Tokens in all, image places included. */
  readonly length: number;
}

/** A problem's prompt, and whether its pictures had no marks and were put before the question. */
export interface ProblemPrompt {
  readonly prompt: Prompt;
  readonly placeholderInserted: boolean;
}

/** The pixels of one picture as the vision tower eats them. */
export interface Patches {
  readonly hash: string;
  readonly grid: Grid;
  /** [t·h·w, 3 · 2 · patch²], normalised; rows in merge-block order, memory shared across threads. */
  readonly pixels: Float32Array;
}

/** What goes into a turn, in order. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly image: ImageRef };

/** Problems to prompts, text to tokens and back. Holds no tensors. */
export interface Processor extends AsyncDisposable {
  readonly ids: SpecialIds;
  readonly layout: ImageLayout;
  /** One user turn, rendered by the checkpoint's chat template, ready for the model's answer. */
  prompt(parts: readonly Part[]): Prompt;
  /** A conversation. Special tokens inside its texts stay text unless asked otherwise. */
  chat(messages: readonly Message[], options?: ChatOptions & { special?: SpecialAs }): Prompt;
  /**
   * A problem's question, pictures in the places of its `<image>` marks, followed by the named prompt
   * template, as one user turn.
   */
  problemPrompt(problem: Problem, template: string): ProblemPrompt;
  /** The same prompt with further tokens behind it; text is never tokenised again. */
  continued(prompt: Prompt, ids: Int32Array): Prompt;
  /** Token ids of a text; special tokens inside it stay text unless asked otherwise. */
  encode(text: string, special?: SpecialAs): Int32Array;
  /** Text of token ids; special tokens are left out unless asked for. */
  decode(ids: Int32Array, keepSpecial?: boolean): string;
  /** Decodes, resizes and cuts a picture, off this thread; the same picture is cut once. */
  patches(image: ImageRef): Promise<Patches>;
  /** Turns a picture into its grid without decoding pixels. */
  grid(image: ImageRef): Grid;
}

/** Ids of the tokens that steer the model, read from the checkpoint. */
export interface SpecialIds {
  /** Ends a turn. */
  readonly end: number;
  readonly padding: number;
  readonly imagePad: number;
  readonly videoPad: number;
  readonly visionStart: number;
  readonly visionEnd: number;
  /** Ids that a response must never contain: vision and padding tokens, and rows without text. */
  readonly banned: readonly number[];
}
