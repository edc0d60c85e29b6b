import type { Prompt } from '#model/processor';
import type { DrawRow } from './draw.ts';
import type { Completion, SampleRequest, SamplingParams } from './request.ts';

/** One completion while it grows. */
export class Sequence implements DrawRow {
  readonly params: SamplingParams;
  readonly seed: number;
  readonly index: number;
  readonly tokens: number[] = [];
  readonly #prompt: Prompt;
  readonly #logprobs: number[] = [];
  readonly #plain: number[] = [];
  stop: Completion['stop'] | undefined;

  constructor(request: SampleRequest, index: number) {
    this.params = request.params;
    this.seed = request.seed;
    this.index = index;
    this.#prompt = request.prompt;
  }

  get drawn(): number {
    return this.tokens.length;
  }

  readonly seen = (): readonly number[] => [
    ...this.#prompt.chunks.flatMap((chunk) => (chunk.kind === 'tokens' ? [...chunk.ids] : [])),
    ...this.tokens,
  ];

  /** Takes the next token; sets `stop` when it was the last. */
  push(id: number, logprob: number, plain: number | undefined): void {
    this.tokens.push(id);
    this.#logprobs.push(logprob);
    if (plain !== undefined) this.#plain.push(plain);
    if (this.params.stopIds.includes(id)) this.stop = 'end';
    else if (this.tokens.length >= this.params.maxTokens) this.stop = 'length';
  }

  completion(weightsVersion: number): Completion {
    return {
      tokens: Int32Array.from(this.tokens),
      logprobs: Float32Array.from(this.#logprobs),
      ...(this.#plain.length > 0 && { plainLogprobs: Float32Array.from(this.#plain) }),
      stop: this.stop ?? 'cancelled',
      weightsVersion,
    };
  }
}
