/**
 * Lets the model go on behind answers of its own about a puzzle, from token ids: nothing is decoded and
 * tokenised again, and with `keep` only the new tokens are computed.
 *
 *     node --conditions=source examples/06-continue-from-tokens.ts <folder>
 */
import { encodePng, openImage, puzzle } from '#data';
import { loadModel } from '#model';
import { createProcessor } from '#model/processor';
import { Sampler } from '#sampler';

const [, , folder = 'assets/tiny-base'] = process.argv;
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

const { pixels, size, problem } = puzzle(1, 'test', 0, { levels: [1] });
const image = await openImage(encodePng(pixels, size, size));
const prompt = processor.prompt([
  { kind: 'image', image },
  { kind: 'text', text: problem.question.replace('<image>\n', '') },
]);
const off = { repetitionPenalty: 1, topK: 0, topP: 1, minP: 0, stopStrings: [], minTokens: 0 };
const steering = { bannedIds: ids.banned, stopIds: [ids.end], temperature: 0.9, maxTokens: 60 };
const params = { ...off, ...steering };
const drafts = await sampler.sample({ prompt, count: 4, seed: 1, keep: true, params });
const trigger = processor.encode('\n\nWait, does it seem right?');
for (const [seed, { tokens }] of drafts.entries()) {
  const given = Int32Array.from([...tokens.filter((id) => id !== ids.end), ...trigger]);
  const longer = processor.continued(prompt, given);
  const [next] = await sampler.sample({ prompt: longer, count: 1, seed, params });
  console.log([given, next?.tokens ?? []].map((part) => processor.decode(Int32Array.from(part))));
}
