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
  const trees = batch.prompts.map((prompt, row) => ({
    prompt: {
      chunks: [
        ...prompt.chunks,
        { kind: 'tokens' as const, ids: Int32Array.from(replies[row] ?? []) },
      ],
      length: prompt.length + (replies[row]?.length ?? 0),
    },
    responses: [],
  }));
  const plan = model.batch(trees);
  const hidden = model.hidden(plan, model.embed(plan, features));
  const last = plan.packed.roots.map(({ start, length }) => start + length - 1);
  return model.decoder.logits(hidden.indexSelect(0, fromInts(last))).logSoftmax(-1);
}
