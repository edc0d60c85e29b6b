import type { ImageRef } from '#data';

import type { ChatOptions, ChatTemplate, Message } from './chat-template.ts';
import { CheckpointError } from './checkpoint-error.ts';
import type { Part, Prompt, PromptChunk } from './prompt.ts';
import type { SpecialAs, Tokenizer } from './tokenizer.ts';

/** What turns a conversation into a prompt. */
export interface ChatTools {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly imagePad: number;
  /** The chunk that stands for a picture. */
  readonly imageChunk: (image: ImageRef) => PromptChunk & { readonly kind: 'image' };
}

/** Noncharacters of Unicode: legal in strings, never in text. */
const GUARDS = Array.from({ length: 32 }, (_, i) => String.fromCodePoint(0xfdd0 + i));

/**
 * Renders a conversation and turns it into tokens and image places. A text is tokenised together with
 * what the template puts around it, up to the next special token, as if the whole were one string; but
 * special tokens that come from a message are marked beforehand and stay text, unless `special` says
 * `tokens`.
 *
 * @throws CheckpointError if the template does not give every picture one place.
 */
export function chatPrompt(
  messages: readonly Message[],
  tools: ChatTools,
  options: ChatOptions & { readonly special?: SpecialAs } = {},
): Prompt {
  const { tokenizer, template, imagePad, imageChunk } = tools;
  const guard = options.special === 'tokens' ? '' : freeGuard(messages);
  const safe = guard === '' ? messages : messages.map((message) => guarded(message, guard, tools));
  const images = messages.flatMap(messageImages);
  const chunks: PromptChunk[] = [];
  let ids: number[] = [];
  let places = 0;
  const flush = (): void => {
    if (ids.length > 0) chunks.push({ kind: 'tokens', ids: Int32Array.from(ids) });
    ids = [];
  };
  for (const piece of tokenizer.split(template.render(safe, options))) {
    if (piece.kind === 'text') {
      const text = guard === '' ? piece.text : piece.text.replaceAll(guard, '');
      for (const id of tokenizer.encode(text)) ids.push(id);
    } else if (piece.id === imagePad) {
      flush();
      const image = images[places++];
      if (image !== undefined) chunks.push(imageChunk(image));
    } else {
      ids.push(piece.id);
    }
  }
  flush();
  if (places !== images.length) throw misplaced(images.length, places, tools);
  return { chunks, length: chunks.reduce((sum, chunk) => sum + chunkLength(chunk), 0) };
}

/** The same prompt with further tokens behind it. */
export function continuedPrompt(prompt: Prompt, ids: Int32Array): Prompt {
  if (ids.length === 0) return prompt;
  return {
    chunks: [...prompt.chunks, { kind: 'tokens', ids }],
    length: prompt.length + ids.length,
  };
}

/** [prompt.length] every token of a prompt, each image place as one `imagePad`. */
export function promptIds(prompt: Prompt, imagePad: number): Int32Array {
  const ids = new Int32Array(prompt.length);
  let start = 0;
  for (const chunk of prompt.chunks) {
    if (chunk.kind === 'tokens') ids.set(chunk.ids, start);
    else ids.fill(imagePad, start, start + chunk.length);
    start += chunkLength(chunk);
  }
  return ids;
}

function chunkLength(chunk: PromptChunk): number {
  return chunk.kind === 'tokens' ? chunk.ids.length : chunk.length;
}

/** A noncharacter that no message contains. */
function freeGuard(messages: readonly Message[]): string {
  const texts = messages.flatMap(({ content }) =>
    typeof content === 'string' ? [content] : content.flatMap(partText),
  );
  const free = GUARDS.find((guard) => texts.every((text) => !text.includes(guard)));
  if (free !== undefined) return free;
  throw new Error(
    'expected text, found all 32 noncharacters from U+FDD0 on in one conversation; remove them',
  );
}

function guarded(message: Message, guard: string, { tokenizer }: ChatTools): Message {
  const { role, content } = message;
  if (typeof content === 'string') return { role, content: tokenizer.guarded(content, guard) };
  return {
    role,
    content: content.map((part) =>
      part.kind === 'text' ? { ...part, text: tokenizer.guarded(part.text, guard) } : part,
    ),
  };
}

function partText(part: Part): readonly string[] {
  return part.kind === 'text' ? [part.text] : [];
}

function messageImages({ content }: Message): readonly ImageRef[] {
  if (typeof content === 'string') return [];
  return content.flatMap((part) => (part.kind === 'image' ? [part.image] : []));
}

function misplaced(images: number, places: number, tools: ChatTools): CheckpointError {
  const token = tools.tokenizer.specialText(tools.imagePad) ?? `token ${tools.imagePad}`;
  return new CheckpointError(
    `expected one ${token} for each of ${images} pictures, found ${places} in the rendered ` +
      'conversation; use the chat template of the original checkpoint, and keep that token out of texts',
  );
}
