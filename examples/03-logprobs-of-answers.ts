/**
 * How likely the model finds answers to a question about a picture, token by token. The prompt is
 * computed once for all of them.
 *
 *     node --conditions=source examples/03-logprobs-of-answers.ts <folder>
 */
import { encodePng, openImage } from '#data';
import { chunkedLogprobs, loadModel } from '#model';
import { createProcessor } from '#model/processor';
import { noGrad, TensorScope } from '#tensor';

const [, , folder = 'assets/tiny-base'] = process.argv;
await using processor = await createProcessor(folder);
using model = loadModel(folder);

const image = await openImage(encodePng(new Uint8Array(112 * 84 * 3).fill(128), 112, 84));
const patches = await processor.patches(image);
const parts = [{ kind: 'image', image } as const, { kind: 'text', text: 'A or B?' } as const];
const responses = ['A', 'B', 'Neither of them.'].map((answer) => processor.encode(answer));

{
  using _scope = new TensorScope(); // frees every tensor made below
  const logprobs = noGrad(() => {
    const batch = model.batch([{ prompt: processor.prompt(parts), responses }]);
    const [feature] = model.encodeImages([patches]);
    if (feature === undefined) throw new Error('expected the embeddings of one picture');
    const hidden = model.hidden(batch, model.embed(batch, new Map([[image.hash, feature]])));
    const chosen = hidden.indexSelect(0, batch.predictorRows);
    const plain = { bans: null, temperatures: null };
    return chunkedLogprobs(chosen, model.decoder.head, batch.targets, plain).toArray();
  });
  let at = 0;
  for (const response of responses) {
    const nats = Array.from(logprobs.subarray(at, (at += response.length)), Number);
    const sum = nats.reduce((total, value) => total + value, 0);
    console.log(`${processor.decode(response)}: ${sum.toFixed(3)} nats`);
  }
}
