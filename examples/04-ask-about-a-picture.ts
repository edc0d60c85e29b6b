/**
 * Asks about a picture and prints the answer as it is drawn.
 *
 *     node --conditions=source examples/04-ask-about-a-picture.ts <folder>
 */
import { encodePng, openImage } from '#data';
import { loadModel } from '#model';
import { createProcessor } from '#model/processor';
import { Sampler } from '#sampler';

const [, , folder = 'assets/tiny-base'] = process.argv;
await using processor = await createProcessor(folder);
await using sampler = new Sampler({
  dtype: 'f32',
  patches: (image) => processor.patches(image),
  decode: (ids) => processor.decode(ids),
  maxRows: 8,
  prefillTokens: 2048,
  cacheBytes: 256e6,
});
await sampler.publish(loadModel(folder), 1, { take: true });

const image = await openImage(encodePng(new Uint8Array(112 * 84 * 3).fill(128), 112, 84));
const question = { kind: 'text', text: 'What colour is this?' } as const;
const prompt = processor.prompt([{ kind: 'image', image }, question]);
const params = {
  bannedIds: processor.ids.banned,
  repetitionPenalty: 1,
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  stopIds: [processor.ids.end],
  stopStrings: [],
  minTokens: 0,
  maxTokens: 40,
};
const stream = sampler.stream({ prompt, count: 1, seed: 0, text: true, params });
for await (const { text } of stream) process.stdout.write(text ?? '');
process.stdout.write('\n');
