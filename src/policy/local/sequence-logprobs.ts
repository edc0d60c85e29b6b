import { chunkedLogprobs } from '#model';
import type { Sequence } from '#policy';
import { fromArray, noGrad, TensorScope } from '#tensor';
import { join, plant } from './collate.ts';
import { forward, type ForwardSettings } from './forward.ts';
import type { Work } from './forward-backward.ts';

/** Tokens that are computed at once, each distinct prompt counted once. */
export function cutSequences<S extends Sequence>(
  sequences: readonly S[],
  tokens: number,
): readonly (readonly S[])[] {
  const portions: S[][] = [];
  let room = 0;
  let prompts = new Set<unknown>();
  for (const sequence of sequences) {
    const own = sequence.response.length;
    const fresh = (): number => (prompts.has(sequence.prompt) ? 0 : sequence.prompt.length);
    if (portions.length === 0 || own + fresh() > room) {
      portions.push([]);
      room = tokens;
      prompts = new Set();
    }
    room -= own + fresh();
    prompts.add(sequence.prompt);
    portions.at(-1)?.push(sequence);
  }
  return portions;
}

/** [T] nats of every response token under the training weights, one array per sequence. */
export function sequenceLogprobs(
  { model, pictures, bans, cache }: Omit<Work, 'options'> & Pick<ForwardSettings, 'cache'>,
  given: readonly Sequence[],
): readonly Float32Array[] {
  using _scope = new TensorScope('logprobs');
  const { trees, sequences, places } = plant(given);
  const all = noGrad(() => {
    const options = { trainVision: false, gradientCheckpointing: false, cache };
    const { batch, hidden } = forward(model, trees, pictures, options);
    const temperatures = fromArray(join(sequences, (sequence) => sequence.temperatures));
    return chunkedLogprobs(
      hidden.indexSelect(0, batch.predictorRows),
      model.decoder.head,
      batch.targets,
      { bans, temperatures: temperatures.to(model.device).unsqueeze(-1) },
    ).toArray() as Float32Array;
  });
  const starts: number[] = [];
  sequences.reduce((sum, { response }) => {
    starts.push(sum);
    return sum + response.length;
  }, 0);
  return given.map(({ response }, index) => {
    const start = starts[places[index] ?? 0] ?? 0;
    return all.slice(start, start + response.length);
  });
}
