import { join } from 'node:path';

import { loadModel } from '#model';
import { type Completion, type SampleRequest, Sampler } from '#sampler';
import { Safetensors, TensorScope } from '#tensor';

import { compared, type ParityResult } from './parity-check.ts';
import { type CaseOf, CaseTensors, readBatch } from './parity-model-case.ts';

/** Rows that decode beside the ones that are looked at. */
const neighbours = 13;

/**
 * Runs a greedy case through the sampler with its key/value cache: each prompt alone, then all of them
 * in one batch, each several times, among neighbours that draw by chance and leave at other times.
 */
export async function* checkSamplerGreedy(
  place: { readonly folder: string; readonly checkpoint: string; readonly label: string },
  found: CaseOf<'greedy'>,
): AsyncIterable<ParityResult> {
  const { batch, tokens, model } = read(place, found);
  const pictures = new Map(batch.patches.map((picture) => [picture.hash, picture]));
  await using sampler = new Sampler({
    dtype: 'f32',
    patches: async ({ hash }) => {
      const picture = pictures.get(hash);
      if (picture === undefined) throw new Error(`an unknown picture ${hash}`);
      return picture;
    },
    maxRows: 64,
    prefillTokens: 512,
    cacheBytes: 1e9,
  });
  await sampler.publish(model, 1, { take: true });
  const requests = batch.prompts.map((prompt) => greedyRequest(prompt, found.newTokens));
  const alone: number[] = [];
  for (const request of requests) {
    const [completion] = await sampler.sample(request);
    alone.push(...(completion?.tokens ?? []));
  }
  const name = (quantity: string) => ({ case: place.label, quantity });
  yield compared(name('tokens, sampler alone'), alone, tokens, 0);
  const asked = requests.map((request) => sampler.sample({ ...request, count: 3 }));
  const others = requests.flatMap((request) =>
    Array.from({ length: neighbours }, (_, index) => sampler.sample(chancy(request, index))),
  );
  const all = await Promise.all(asked);
  await Promise.all(others);
  const copy = (index: number): readonly number[] =>
    all.flatMap((completions: readonly Completion[]) => [...(completions[index]?.tokens ?? [])]);
  const three = [...copy(0), ...copy(1), ...copy(2)];
  yield compared(
    name('tokens, sampler in a full batch'),
    three,
    [...tokens, ...tokens, ...tokens],
    0,
  );
}

function read(
  { folder, checkpoint }: { readonly folder: string; readonly checkpoint: string },
  found: CaseOf<'greedy'>,
) {
  using _scope = new TensorScope('parity case');
  using file = new Safetensors(join(folder, found.file));
  const tensors = new CaseTensors(file, found.tensors);
  const model = loadModel(checkpoint, { dtype: 'f32' });
  return { model, batch: readBatch(tensors, model), tokens: tensors.ints('tokens') };
}

function greedyRequest(prompt: SampleRequest['prompt'], maxTokens: number): SampleRequest {
  return {
    prompt,
    count: 1,
    seed: 0,
    params: {
      bannedIds: [],
      repetitionPenalty: 1,
      temperature: 0,
      topK: 0,
      topP: 1,
      minP: 0,
      stopIds: [],
      stopStrings: [],
      minTokens: 0,
      maxTokens,
    },
  };
}

function chancy(request: SampleRequest, index: number): SampleRequest {
  const params = { ...request.params, temperature: 1, maxTokens: 1 + 3 * index };
  return { ...request, seed: index, params };
}
