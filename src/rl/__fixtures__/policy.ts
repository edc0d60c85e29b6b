import type { Policy } from '#policy';
import type { Completion, Prompt } from '../records.ts';

type Request = Parameters<Policy['sample']>[0];
/** Ids of the fake tokenizer: a letter's code point, and these. */
export const end = 1;
export const imagePad = 2;

/** One token per character: short ids keep tests readable. */
const partial: Partial<Policy['processor']> = {
  ids: {
    end,
    padding: 0,
    imagePad,
    videoPad: 3,
    visionStart: 4,
    visionEnd: 5,
    banned: [0, 2, 3, 4, 5],
  },
  continued: ({ chunks, length }, ids) => ({
    chunks: [...chunks, { kind: 'tokens', ids }],
    length: length + ids.length,
  }),
  encode: (text) => Int32Array.from(text, (letter) => letter.codePointAt(0) ?? 0),
  decode: (ids) =>
    Array.from(ids, (id) => (id > 5 ? String.fromCodePoint(id) : '')).join(''),
};
export const processor: Policy['processor'] = partial as Policy['processor'];

export function textPrompt(text: string): Prompt {
  const ids = processor.encode(text);
  return { chunks: [{ kind: 'tokens', ids }], length: ids.length };
}

/** All text of a prompt; of a second request that is question, draft and trigger. */
export function promptText({ chunks }: Prompt): string {
  return chunks.map((chunk) => (chunk.kind === 'tokens' ? processor.decode(chunk.ids) : '')).join('');
}

/** A completion that says `text` and ends; `unfinished` leaves the end token out. */
export function says(text: string, weightsVersion: number, unfinished = false): Completion {
  const tokens = Int32Array.from([...processor.encode(text), ...(unfinished ? [] : [end])]);
  return {
    tokens,
    logprobs: new Float32Array(tokens.length).fill(-0.25),
    stop: unfinished ? 'length' : 'end',
    weightsVersion,
  };
}

/** A policy that only samples; everything else is refused. */
export function sampler(
  answer: (request: Request, signal?: AbortSignal) => readonly Completion[] | Promise<readonly Completion[]>,
): Policy {
  const refuse = () => Promise.reject(new Error('this policy only samples'));
  return {
    processor,
    limits: { maxTokens: 4096, images: true, losses: ['clippedSurrogate', 'nll'], optimizer: [] },
    sample: async (request, signal) => answer(request, signal),
    logprobs: refuse,
    forwardBackward: refuse,
    optimStep: refuse,
    discardGradient: refuse,
    publish: refuse,
    save: refuse,
    load: refuse,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
