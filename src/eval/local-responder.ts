import { createHash } from 'node:crypto';
import type { Policy } from '#policy';
import { RequestError } from './responder.ts';
import type { Decoding, Question, Reply, Responder } from './responder.ts';

/** Requests under way at once; the policy batches them. */
const AT_ONCE = 256;

/** Answers by a policy in this process, through its sampler. */
export function localResponder(
  policy: Policy,
  about: Responder['about'],
  atOnce: number = AT_ONCE,
): Responder {
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

/** A seed of its own for every response: of 48 bits, from the run's seed, the id and the sample. */
export function seedOf(seed: number, { id, sample }: Pick<Question, 'id' | 'sample'>): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, id, sample]))
    .digest();
  return digest.readUIntBE(0, 6);
}
