import type { QwenVL } from '#model';
import { fromInts, noGrad, type Tensor, TensorScope } from '#tensor';

import type { CaseBatch } from './parity-model-case.ts';

/** Greedy tokens and their log-probabilities [B · count], by a whole pass per token. */
export function greedyContinuation(
  model: QwenVL,
  batch: CaseBatch,
  count: number,
): { readonly tokens: readonly number[]; readonly logprobs: readonly number[] } {
  using _scope = new TensorScope('greedy');
  const features = noGrad(() => model.encodeImages(batch.patches));
  const byHash = new Map(
    features.map((feature, index) => [batch.patches[index]?.hash ?? '', feature]),
  );
  const replies = batch.prompts.map((): number[] => []);
  const logprobs = batch.prompts.map((): number[] => []);
  for (let step = 0; step < count; step++) {
    using _step = new TensorScope('greedy step');
    const all = noGrad(() => lastLogprobs(model, batch, replies, byHash));
    const ids = all.argmax(-1).toArray();
    const best = all.amax(-1).toArray();
    for (const [row, reply] of replies.entries()) {
      reply.push(Number(ids[row]));
      logprobs[row]?.push(Number(best[row]));
    }
  }
  return { tokens: replies.flat(), logprobs: logprobs.flat() };
}

/** [B, V] log-probabilities of the token after each prompt and reply. */
function lastLogprobs(
  model: QwenVL,
  batch: CaseBatch,
  replies: readonly (readonly number[])[],
  features: ReadonlyMap<string, Tensor>,
): Tensor {
  // Replies are responses: an image token that was generated is a word there, not a picture's place.
  const trees = batch.prompts.map((prompt, row) => ({
    prompt,
    responses: [Int32Array.from(replies[row] ?? [])],
  }));
  const plan = model.batch(trees);
  const hidden = model.hidden(plan, model.embed(plan, features));
  const { roots, branches } = plan.packed;
  const last = branches.map(({ root, start, length }) => {
    const prompt = roots[root] ?? { start: 0, length: 1 };
    return length > 0 ? start + length - 1 : prompt.start + prompt.length - 1;
  });
  return model.decoder.logits(hidden.indexSelect(0, fromInts(last))).logSoftmax(-1);
}
