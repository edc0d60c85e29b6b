import { createHash } from 'node:crypto';
import type { Policy } from '#policy';
import { PixelRoom } from './pixel-room.ts';
import { RequestError } from './responder.ts';
import type { Decoding, Question, Reply, Responder } from './responder.ts';

/**
 * Requests under way at once; the policy batches them. Twice as many as decode together, so that those
 * whose pictures are cut already wait for every row that becomes free.
 */
const AT_ONCE = 512;

/** Pixels of requests under way, in bytes: a picture of a megapixel takes 24 MB until it is encoded. */
const PIXEL_BYTES = 2 ** 31;

/** Answers by a policy in this process, through its sampler. */
export function localResponder(
  policy: Pick<Policy, 'processor' | 'limits' | 'sample'>,
  about: Responder['about'],
  atOnce: number = AT_ONCE,
): Responder {
  const pixels = new PixelRoom(PIXEL_BYTES);
  return {
    about,
    atOnce,
    sendsFiles: false,
    async ask(question: Question, decoding: Decoding, signal: AbortSignal): Promise<Reply> {
      const { processor } = policy;
      const prompt = processor.prompt(question.parts);
      const room = policy.limits.maxTokens - prompt.length;
      if (room < 1)
        throw new RequestError(
          `expected a prompt of less than ${policy.limits.maxTokens} tokens, found ${prompt.length}; ` +
            'lower --max-pixels',
        );
      const request = {
        prompt,
        count: 1,
        once: true,
        seed: seedOf(decoding.seed, question),
        params: {
          bannedIds: processor.ids.banned,
          repetitionPenalty: 1,
          temperature: decoding.temperature,
          topK: 0,
          topP: decoding.topP,
          minP: 0,
          stopIds: [processor.ids.end],
          stopStrings: [],
          minTokens: 0,
          maxTokens: Math.min(decoding.maxTokens, room),
        },
      };
      using _room = await pixels.enter(pixelBytes(prompt, processor.layout));
      signal.throwIfAborted();
      const [completion] = await policy.sample(request, signal);
      signal.throwIfAborted();
      if (completion === undefined || completion.stop === 'cancelled')
        throw new RequestError('expected a completion, found none');
      return {
        text: processor.decode(completion.tokens),
        finish: completion.stop === 'length' ? 'length' : 'stop',
        promptTokens: prompt.length,
        tokens: completion.tokens.length,
      };
    },
  };
}

/** Bytes of the pixels of all pictures in a prompt, as the vision tower takes them: f32, three colours. */
function pixelBytes(
  { chunks }: Parameters<Policy['sample']>[0]['prompt'],
  { temporalPatchSize, patchSize }: Policy['processor']['layout'],
): number {
  const perPatch = 4 * 3 * temporalPatchSize * patchSize ** 2;
  return chunks.reduce(
    (sum, chunk) =>
      chunk.kind === 'image' ? sum + chunk.grid.t * chunk.grid.h * chunk.grid.w * perPatch : sum,
    0,
  );
}

/** A seed of its own for every response: of 48 bits, from the run's seed, the id and the sample. */
export function seedOf(seed: number, { id, sample }: Pick<Question, 'id' | 'sample'>): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, id, sample]))
    .digest();
  return digest.readUIntBE(0, 6);
}
