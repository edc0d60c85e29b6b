import type { Prompt } from '#model/processor';
import { type BanList } from './bans.ts';
import type { Drawn, DrawRow } from './draw.ts';
import type { Completion, SampleRequest, SamplingParams } from './request.ts';
import { type Decode, TextTail } from './text-tail.ts';

/** A token as it is drawn. */
export interface TokenEvent {
  /** Index of the completion in its request. */
  readonly index: number;
  readonly id: number;
  readonly logprob: number;
  readonly plainLogprob?: number;
  /** The likeliest ids of the plain distribution, when asked for. */
  readonly alternatives?: readonly { readonly id: number; readonly logprob: number }[];
  /** Text that is certain with this token and was not before; present when text is asked for. */
  readonly text?: string;
  /** Present on the last token of a completion. */
  readonly stop?: Completion['stop'];
}

/** One completion while it grows. */
export class Sequence implements DrawRow {
  readonly params: SamplingParams;
  readonly bans: BanList;
  readonly seed: number;
  readonly index: number;
  readonly tokens: number[] = [];
  readonly #request: SampleRequest;
  readonly #prompt: Prompt;
  readonly #logprobs: number[] = [];
  readonly #plain: number[] = [];
  readonly #alternatives: { count: number; readonly ids: number[]; readonly logprobs: number[] };
  readonly #tail: TextTail | undefined;
  stop: Completion['stop'] | undefined;

  constructor(
    request: SampleRequest,
    index: number,
    how: { readonly bans: BanList; readonly decode: Decode | undefined },
  ) {
    this.#request = request;
    this.params = request.params;
    this.seed = request.seed;
    this.index = index;
    this.bans = how.bans;
    this.#prompt = request.prompt;
    this.#alternatives = { count: 0, ids: [], logprobs: [] };
    const { stopStrings } = request.params;
    const reads = request.text === true || stopStrings.length > 0;
    this.#tail = reads && how.decode ? new TextTail(how.decode, stopStrings) : undefined;
  }

  get drawn(): number {
    return this.tokens.length;
  }

  readonly seen = (): readonly number[] => [
    ...this.#prompt.chunks.flatMap((chunk) => (chunk.kind === 'tokens' ? [...chunk.ids] : [])),
    ...this.tokens,
  ];

  /** Takes the token drawn at a row; sets `stop` when it was the last. */
  push(drawn: Drawn, row: number): TokenEvent {
    const id = Number(drawn.ids[row]);
    const logprob = drawn.logprobs[row] ?? Number.NaN;
    this.tokens.push(id);
    this.#logprobs.push(logprob);
    const text = this.#tail?.push(id, this.tokens.length >= this.params.minTokens);
    if (this.params.stopIds.includes(id)) this.stop = 'end';
    else if (this.#tail?.stopped === true) this.stop = 'stop';
    else if (this.tokens.length >= this.params.maxTokens) this.stop = 'length';
    const rest = this.stop === undefined ? '' : this.#tail?.end();
    return {
      index: this.index,
      id,
      logprob,
      ...this.#pushPlain(drawn, row),
      ...(this.#request.text === true && { text: `${text ?? ''}${rest ?? ''}` }),
      ...(this.stop !== undefined && { stop: this.stop }),
    };
  }

  #pushPlain(drawn: Drawn, row: number): Pick<TokenEvent, 'plainLogprob' | 'alternatives'> {
    const plain = this.#request.plainLogprobs === true ? drawn.plainLogprobs?.[row] : undefined;
    if (plain !== undefined) this.#plain.push(plain);
    const wanted = this.#request.alternatives ?? 0;
    const { alternatives: all } = drawn;
    if (all === undefined || wanted === 0) {
      return plain === undefined ? {} : { plainLogprob: plain };
    }
    const count = Math.min(wanted, all.count);
    const start = row * all.count;
    const ids = [...all.ids.subarray(start, start + count)];
    const logprobs = [...all.logprobs.subarray(start, start + count)];
    this.#alternatives.count = count;
    this.#alternatives.ids.push(...ids);
    this.#alternatives.logprobs.push(...logprobs);
    const alternatives = ids.map((id, index) => ({ id, logprob: logprobs[index] ?? Number.NaN }));
    return { ...(plain !== undefined && { plainLogprob: plain }), alternatives };
  }

  completion(weightsVersion: number): Completion {
    const { count, ids, logprobs } = this.#alternatives;
    this.#tail?.end();
    return {
      tokens: Int32Array.from(this.tokens),
      logprobs: Float32Array.from(this.#logprobs),
      ...(this.#request.plainLogprobs === true && {
        plainLogprobs: Float32Array.from(this.#plain),
      }),
      ...((this.#request.alternatives ?? 0) > 0 && {
        alternatives: {
          count,
          ids: Int32Array.from(ids),
          logprobs: Float32Array.from(logprobs),
        },
      }),
      ...(this.#request.text === true && { text: this.#tail?.text ?? '' }),
      stop: this.stop ?? 'cancelled',
      weightsVersion,
    };
  }
}
