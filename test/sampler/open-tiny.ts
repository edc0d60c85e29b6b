import type { Patches } from '#model/processor';
import { type SampleRequest, Sampler, type SamplerOptions, type SamplingParams } from '#sampler';
import { picture, tinyModel } from '../../src/model/__fixtures__/tiny.ts';

/** Pictures that the tiny sampler knows, by hash. */
export const pictures: ReadonlyMap<string, Patches> = new Map(
  [picture('a', 4, 6), picture('b', 8, 8), picture('c', 2, 2)].map((each) => [each.hash, each]),
);

/** A text for every id: letters, and a word for some. */
export function letters(ids: Int32Array): string {
  return [...ids]
    .map((id) => (id % 9 === 0 ? ' end' : String.fromCodePoint(97 + (id % 26))))
    .join('');
}

export const params: SamplingParams = {
  bannedIds: [61, 62],
  repetitionPenalty: 1,
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  stopIds: [63],
  stopStrings: [],
  minTokens: 0,
  maxTokens: 12,
};

export async function patchesOf({ hash }: { readonly hash: string }): Promise<Patches> {
  const found = pictures.get(hash);
  if (found === undefined) throw new Error(`there is no picture ${hash}`);
  return found;
}

/** A sampler of a tiny model with random weights, published. */
export async function openTiny(
  options: Partial<SamplerOptions> = {},
  model = tinyModel(),
): Promise<{ readonly sampler: Sampler; readonly model: ReturnType<typeof tinyModel> }> {
  const sampler = new Sampler({
    dtype: 'f32',
    patches: patchesOf,
    decode: letters,
    maxRows: 32,
    prefillTokens: 256,
    cacheBytes: 1e8,
    ...options,
  });
  await sampler.publish(model);
  return { sampler, model };
}

export function ask(
  prompt: SampleRequest['prompt'],
  more: Partial<Omit<SampleRequest, 'params'>> & { readonly params?: Partial<SamplingParams> } = {},
): SampleRequest {
  return { count: 1, seed: 1, ...more, prompt, params: { ...params, ...more.params } };
}
