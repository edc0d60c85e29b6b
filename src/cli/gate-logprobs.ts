import { encodePng, openImage } from '#data';
import type { ImageRef } from '#data';
import type { Sequence } from '#policy';
import type { Answered, GateCheck, GateWork, Prompt } from './gate.ts';

/** Every response of the gate with its prompt. */
export function sequencesOf({ answered, config }: GateWork): readonly Sequence[] {
  return answered.flatMap(({ prompt, completions }) =>
    completions.map(({ tokens }) => ({
      prompt,
      response: tokens,
      temperatures: new Float32Array(tokens.length).fill(config.rollout.temperature),
    })),
  );
}

/** Places in a prompt, patches of a picture and its grid have to tell the same size. */
export async function checkPictureTokens({ answered, live }: GateWork): Promise<GateCheck[]> {
  const { processor } = live;
  const wrong: string[] = [];
  let pictures = 0;
  let tokens = 0;
  for (const { prompt } of answered) {
    for (const chunk of prompt.chunks) {
      if (chunk.kind !== 'image') continue;
      const { grid, pixels } = await processor.patches(chunk.image);
      const rows = grid.t * grid.h * grid.w;
      const { patchSize, mergeSize, temporalPatchSize } = processor.layout;
      const cells = pixels.length / (3 * temporalPatchSize * patchSize ** 2);
      pictures += 1;
      tokens += chunk.length;
      if (rows === cells && chunk.length * mergeSize ** 2 === rows) continue;
      wrong.push(`${chunk.length} places, a grid of ${rows} patches, ${cells} patches cut`);
    }
  }
  const found = wrong[0] ?? `${tokens} places for ${pictures} pictures`;
  return [{ name: 'picture tokens', passed: wrong.length === 0, found }];
}

/** Log-probabilities of the sampler against the trainer's (algorithm.md, mismatch). */
export async function checkSampler(work: GateWork): Promise<GateCheck[]> {
  const { policy, config, answered } = work;
  const trainer = await policy.logprobs(sequencesOf(work));
  const sampled = answered.flatMap(({ completions }) => completions.map((one) => one.logprobs));
  let [count, kl, probability, largest] = [0, 0, 0, 0];
  for (const [place, ours] of trainer.entries()) {
    for (const [at, value] of ours.entries()) {
      const theirs = sampled[place]?.[at] ?? NaN;
      const gap = value - theirs;
      count += 1;
      kl += Math.exp(gap) - 1 - gap;
      probability += Math.abs(Math.exp(value) - Math.exp(theirs));
      largest = Math.max(largest, Math.abs(gap));
    }
  }
  // A narrower sampler (top-p, top-k) differs by design, and the run is stamped for it.
  const narrow = config.rollout.topP < 1 || config.rollout.topK > 0;
  const bound = config.alarms.mismatchProb;
  const [meanKl, mean] = [kl / count, probability / count];
  const passed = narrow
    ? Number.isFinite(meanKl)
    : mean <= bound && meanKl <= config.alarms.mismatchKl;
  const found =
    `mean |Δp| ${figure(mean)} (bound ${bound}), kl ${figure(meanKl)}, largest |Δ| ${figure(largest)} ` +
    `over ${count} tokens${narrow ? '; top-p or top-k narrow the sampler' : ''}`;
  return [{ name: 'sampler and trainer agree', passed: count > 0 && passed, found }];
}

/** What stands beside a sequence in a microbatch must not matter. */
export async function checkPacking(work: GateWork): Promise<GateCheck[]> {
  const sequences = sequencesOf(work);
  const together = await work.policy.logprobs(sequences);
  let largest = 0;
  for (const [place, sequence] of sequences.entries()) {
    const [alone] = await work.policy.logprobs([sequence]);
    largest = Math.max(largest, gap(alone, together[place]));
  }
  const bound = work.rounding;
  const found = `largest |Δ logprob| ${figure(largest)} between alone and together (bound ${bound})`;
  return [{ name: 'padding and neighbours do not matter', passed: largest <= bound, found }];
}

/** A blank picture in the place of each must change what the model says. */
export async function checkPictures(work: GateWork): Promise<GateCheck[]> {
  const seen = work.answered.filter(({ pictures }) => pictures > 0);
  if (seen.length === 0) return [];
  const given = sequencesOf({ ...work, answered: seen });
  const masked = await Promise.all(seen.map(blanked));
  const before = await work.policy.logprobs(given);
  const after = await work.policy.logprobs(sequencesOf({ ...work, answered: masked }));
  let [sum, count] = [0, 0];
  for (const [place, own] of before.entries()) {
    for (const [at, value] of own.entries()) {
      sum += Math.abs(value - (after[place]?.[at] ?? NaN));
      count += 1;
    }
  }
  const mean = sum / count;
  const bound = 1e-6;
  const found = `mean |Δ logprob| ${figure(mean)} with blank pictures (at least ${bound})`;
  return [{ name: 'pictures are looked at', passed: mean > bound, found }];
}

async function blanked(answered: Answered): Promise<Answered> {
  const chunks: Prompt['chunks'][number][] = [];
  for (const chunk of answered.prompt.chunks) {
    chunks.push(chunk.kind === 'image' ? { ...chunk, image: await blank(chunk.image) } : chunk);
  }
  return { ...answered, prompt: { ...answered.prompt, chunks } };
}

/** Black on the left, white on the right: no picture of any set. */
async function blank({ width, height }: ImageRef): Promise<ImageRef> {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, index) =>
    Math.floor(index / 3) % width < width / 2 ? 0 : 255,
  );
  return openImage(encodePng(rgb, width, height));
}

export function figure(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

/** Largest difference of two arrays; infinite where either is missing. */
export function gap(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a === undefined || b === undefined || a.length !== b.length) return Infinity;
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? NaN))), 0);
}
