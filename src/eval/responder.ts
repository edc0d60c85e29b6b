import type { ImageRef } from '#data';

/** A stretch of a user turn, with its pictures opened. */
export type AskedPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly image: ImageRef };

/** One question as it is put to a model. */
export interface Question {
  readonly id: string;
  /** Which of several responses to the same question, from 0. */
  readonly sample: number;
  readonly parts: readonly AskedPart[];
}

/** How responses are drawn. */
export interface Decoding {
  /** 0 = greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  readonly seed: number;
}

/** What a model answered. */
export interface Reply {
  readonly text: string;
  /** `length`: cut by the token limit. */
  readonly finish: 'stop' | 'length';
  readonly promptTokens: number | null;
  readonly tokens: number | null;
}

/** Something that answers: a policy in this process, or a server. */
export interface Responder {
  /** What a card says about it; never a key. */
  readonly about: Readonly<Record<string, string | number | null>>;
  /** Questions under way at once. */
  readonly atOnce: number;
  /** Whether pictures are sent as their files are, so that their bytes should come with the question. */
  readonly sendsFiles: boolean;
  /**
   * @throws RequestError where this question has no answer; `fatal` where none will have one.
   */
  ask(question: Question, decoding: Decoding, signal: AbortSignal): Promise<Reply>;
}

/** A question that got no answer; it is no wrong answer. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** Whether the same request may succeed when it is made again. */
  readonly retryable: boolean;
  /** Whether every further request would fail the same way: wrong key, wrong address. */
  readonly fatal: boolean;
  /** What the server asked for, in milliseconds. */
  readonly waitMs: number | undefined;

  constructor(
    message: string,
    options: {
      retryable?: boolean;
      fatal?: boolean;
      waitMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable ?? false;
    this.fatal = options.fatal ?? false;
    this.waitMs = options.waitMs;
  }
}
