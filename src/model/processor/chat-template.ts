import { Template } from '@huggingface/jinja';

import { CheckpointError } from './checkpoint-error.ts';
import type { Part } from './prompt.ts';

/** One turn of a conversation. */
export interface Message {
  /** A closed list, because templates print it where special tokens count. */
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | readonly Part[];
}

export interface ChatOptions {
  /** Ends with the head of the assistant's turn. Default: true. */
  readonly addGenerationPrompt?: boolean;
  /** Numbers the pictures ("Picture 1: "). Default: false. */
  readonly addVisionId?: boolean;
}

/** The checkpoint's own chat template, in Jinja. */
export class ChatTemplate {
  readonly #template: Template;
  readonly #variables: Readonly<Record<string, unknown>>;

  /** `variables` are what templates may ask for besides the messages, such as `bos_token`. */
  constructor(source: string, variables: Readonly<Record<string, unknown>> = {}) {
    this.#variables = variables;
    try {
      this.#template = new Template(source);
    } catch (error) {
      throw failure('a chat template in Jinja', error);
    }
  }

  /** The conversation as text; every picture becomes whatever the template puts in its place. */
  render(messages: readonly Message[], options: ChatOptions = {}): string {
    const { addGenerationPrompt = true, addVisionId = false } = options;
    try {
      return this.#template.render({
        ...this.#variables,
        messages: messages.map(templateMessage),
        add_generation_prompt: addGenerationPrompt,
        add_vision_id: addVisionId,
      });
    } catch (error) {
      throw failure('a chat template that renders these turns', error);
    }
  }
}

function templateMessage({ role, content }: Message): Record<string, unknown> {
  if (typeof content === 'string') return { role, content };
  const parts = content.map((part) =>
    part.kind === 'text' ? { type: 'text', text: part.text } : { type: 'image' },
  );
  return { role, content: parts };
}

function failure(expected: string, cause: unknown): CheckpointError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CheckpointError(
    `chat template: expected ${expected}, found ${reason}; use the template of the original checkpoint`,
    { cause },
  );
}
