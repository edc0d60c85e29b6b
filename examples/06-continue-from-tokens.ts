/**
 * Lets the model go on behind an answer of its own, from token ids: nothing is decoded and tokenised
 * again, and with `keep` only the new tokens are computed.
 *
 *     node --conditions=source examples/06-continue-from-tokens.ts <folder>
 */
import { loadModel } from '#model';
import { createProcessor } from '#model/processor';
import { Sampler } from '#sampler';

const [, , folder = 'assets/tiny'] = process.argv;
await using processor = await createProcessor(folder);
const { ids } = processor;
await using sampler = new Sampler({
  dtype: 'f32',
  patches: (image) => processor.patches(image),
  maxRows: 8,
  prefillTokens: 2048,
  cacheBytes: 256e6,
});
await sampler.publish(loadModel(folder), 1, { take: true });

const off = { repetitionPenalty: 1, topK: 0, topP: 1, minP: 0, stopStrings: [], minTokens: 0 };
const steering = { bannedIds: ids.banned, stopIds: [ids.end] };
const params = { ...off, ...steering, temperature: 0.9, maxTokens: 40 };
const prompt = processor.prompt([{ kind: 'text', text: 'What is 2 + 3?' }]);
const drafts = await sampler.sample({ prompt, count: 4, seed: 1, keep: true, params });
const trigger = processor.encode('\n\nWait, does it seem right?');
for (const [seed, { tokens }] of drafts.entries()) {
  const given = Int32Array.from([...tokens.filter((id) => id !== ids.end), ...trigger]);
  const longer = processor.continued(prompt, given);
  const [next] = await sampler.sample({ prompt: longer, count: 1, seed, params });
  console.log(
    JSON.stringify(
      [given, next?.tokens ?? new Int32Array(0)].map((part) => processor.decode(part)),
    ),
  );
}
