/**
 * Turns a question with a picture into what the model reads: tokens, a grid of patches, positions.
 * Needs no libtorch for the prompt itself.
 *
 *     node --conditions=source examples/02-describe-a-prompt.ts <folder>
 */
import { encodePng, openImage } from '#data';
import { ropeIndex } from '#model';
import { createProcessor } from '#model/processor';

const [, , folder = 'assets/tiny-base'] = process.argv;
await using processor = await createProcessor(folder);

// Any file, URL, data URL or bytes; here a grey square of 112 × 84 pixels.
const image = await openImage(encodePng(new Uint8Array(112 * 84 * 3).fill(128), 112, 84));
const prompt = processor.prompt([
  { kind: 'image', image },
  { kind: 'text', text: 'What do you see?' },
]);

for (const chunk of prompt.chunks) {
  if (chunk.kind === 'tokens') {
    console.log(`${chunk.ids.length} tokens: ${JSON.stringify(processor.decode(chunk.ids, true))}`);
  } else {
    const { h, w } = chunk.grid;
    console.log(`${chunk.length} image places: ${h} × ${w} patches, four to a place`);
  }
}
const { axes, next } = ropeIndex(prompt, 0, processor.layout.mergeSize);
console.log(`${prompt.length} tokens in all; the answer starts at position ${next}`);
for (const [index, name] of ['t', 'h', 'w'].entries()) {
  console.log(`${name}: ${axes[index]?.join(' ')}`);
}
