/**
 * Draws a group of answers to one question, with the log-prob of every token. The prompt is computed
 * once; the same seed gives the same answers.
 *
 *     node --conditions=source examples/05-sample-a-group.ts <folder>
 */
import { loadModel } from '#model';
import { createProcessor } from '#model/processor';
import { Sampler } from '#sampler';

const [, , folder = 'assets/tiny-base'] = process.argv;
await using processor = await createProcessor(folder);
await using sampler = new Sampler({
  dtype: 'f32',
  patches: (image) => processor.patches(image),
  maxRows: 8,
  prefillTokens: 2048,
  cacheBytes: 256e6,
});
await sampler.publish(loadModel(folder), 1, { take: true });

const prompt = processor.prompt([{ kind: 'text', text: 'What is 2 + 3?' }]);
const params = {
  bannedIds: processor.ids.banned,
  repetitionPenalty: 1,
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  stopIds: [processor.ids.end],
  stopStrings: [],
  minTokens: 0,
  maxTokens: 40,
};
const group = await sampler.sample({ prompt, count: 8, seed: 1, params });
for (const { tokens, logprobs, stop } of group) {
  const nats = logprobs.reduce((sum, value) => sum + value, 0).toFixed(2);
  console.log(`${nats} nats, ${stop}: ${JSON.stringify(processor.decode(tokens))}`);
}
